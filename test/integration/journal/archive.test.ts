import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { archiveJournal } from "../../../electron/journal/archive.ts";
import type { Journal } from "../../../electron/journal/journal.ts";
import { verifyJournalFile } from "../../../electron/journal/reader.ts";
import { allRecords, appendCalls, createTestAnchor, dispatched, openTestJournal, thrownBy, until } from "../../fixtures/journal/parts.ts";
import { useJournalPlace } from "../../fixtures/journal/use-place.ts";

const place = useJournalPlace();
const open = (file = place.file, anchor = createTestAnchor()): Promise<Journal> => place.open(anchor, undefined, file);

class Killed extends Error {}

describe("putting a journal aside", () => {
  test("keeps it whole, with its log, and the new chain names its head", async () => {
    const anchor = createTestAnchor();
    const first = await openTestJournal(place.file, anchor);
    appendCalls(first, 10);
    const head = (await first.page({ limit: 1 })).records[0];
    first.append(dispatched("last"));
    const last = (await first.page({ limit: 1 })).records[0];
    expect(last?.seq).toBe((head?.seq ?? 0) + 2);
    await first.close();
    const one = await archiveJournal(place.file, anchor, 0);
    const two = await archiveJournal(place.file, anchor, 0);
    if (!one.ok || !two.ok) throw new Error("not archived");
    expect(one.value).toMatchObject({ seq: last?.seq, hash: last?.hash });
    expect(two.value.file).not.toBe(one.value.file);
    expect(await verifyJournalFile(one.value.file, null)).toMatchObject({ kind: "intact", records: last?.seq, head: last?.hash });
    const fresh = await open(place.file, anchor);
    expect(fresh.fault()).toBeNull();
    expect((await fresh.page({ limit: 1 })).records[0]?.detail).toMatchObject({ previous: { seq: 1, hash: two.value.hash } });
  });

  test.for(Array.from({ length: 12 }, (_item, step) => step))(
    "killed before its step %i: the old journal is whole, and doing it again ends it",
    async (step) => {
      const anchor = createTestAnchor();
      // Its records are in the database's log only, and a few more in the log in front of it, as after a kill.
      const journal = await openTestJournal(place.file, anchor);
      appendCalls(journal, 20);
      await until(() => fs.statSync(`${place.file}-log`).size === 0, "the log is empty");
      journal.append(dispatched("last"));
      const before = path.join(place.dir, "before.db");
      for (const side of ["", "-log", "-wal", "-shm"]) fs.copyFileSync(place.file + side, before + side);
      await journal.close();
      for (const side of ["", "-log", "-wal", "-shm"]) {
        fs.rmSync(place.file + side, { force: true });
        fs.renameSync(before + side, place.file + side);
      }
      anchor.text = null;

      const { linkSync, renameSync, unlinkSync } = fs;
      let steps = 0;
      const dying =
        <A extends unknown[]>(work: (...args: A) => void) =>
        (...args: A): void => {
          // Nothing after the kill happens, not even what clears up.
          if (steps >= step) throw new Killed();
          steps += 1;
          work(...args);
        };
      fs.linkSync = dying(linkSync);
      fs.renameSync = dying(renameSync);
      fs.unlinkSync = dying(unlinkSync);
      const { rmSync } = fs;
      fs.rmSync = (...args) => {
        if (steps < step) rmSync(...args);
      };
      await archiveJournal(place.file, anchor, 0).finally(() => Object.assign(fs, { linkSync, renameSync, unlinkSync, rmSync }));

      // A start that cannot ask the anchor's store must not go on with a part of it.
      const locked = createTestAnchor();
      locked.mode = "fails";
      const started = await openTestJournal(place.file, locked);
      const fault = started.fault();
      const records = started.records();
      await started.close();
      // Four links and four names taken away: after that there is a new journal.
      const wasDone = step >= 8;
      expect({ step, isWhole: wasDone || fault !== null || records >= 41 }).toEqual({ step, isWhole: true });
      const ended = wasDone || (await archiveJournal(place.file, anchor, 60_000)).ok;
      expect({ step, ended }).toEqual({ step, ended: true });
      const verdicts = await Promise.all(
        fs
          .readdirSync(place.dir)
          .filter((name) => /^journal-.*\.db$/.test(name))
          .map((name) => verifyJournalFile(path.join(place.dir, name), null)),
      );
      expect(verdicts.some((verdict) => verdict.kind === "intact" && verdict.records >= 41)).toBe(true);
      const fresh = await open(place.file, anchor);
      expect(fresh.fault()).toBeNull();
      const [begun] = await allRecords(fresh);
      expect(begun).toMatchObject({ kind: "app-started", by: "person" });
      // With what only its log held; a start before it was put aside has added to that.
      const named = (begun?.detail?.["previous"] as { seq: number | null } | undefined)?.seq;
      expect({ step, isNamed: !wasDone || named === 41 }).toEqual({ step, isNamed: true });
    },
  );

  test("while the app that met the fault still runs: its anchor is left alone, also by a write under way and by the close", async () => {
    const anchor = createTestAnchor();
    let release: (() => void) | null = null;
    const slow = createTestAnchor();
    slow.read = () => anchor.read();
    slow.write = async (text) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await anchor.write(text);
    };
    const journal = await open(place.file, slow);
    appendCalls(journal, 300);
    await until(() => release !== null, "the anchor is on its way");
    appendCalls(journal, 300, "more");
    fs.renameSync(`${place.file}-log`, `${place.file}.away`);
    await until(() => thrownBy(() => journal.append(dispatched("x"))) !== null, "the fault", 2_000);
    const left = journal.leaveAnchor();
    (release as (() => void) | null)?.();
    await left;
    expect(anchor.writes).toBe(1);
    const archived = await archiveJournal(place.file, anchor, 0);
    expect(archived).toMatchObject({ ok: true, value: { anchored: true } });
    const { text } = anchor;
    expect(text).toMatch(/"seq":1,/);
    await journal.close();
    expect(anchor.text).toBe(text);
    const fresh = await open(place.file, anchor);
    expect(fresh.fault()).toBeNull();
    expect(await fresh.verify()).toMatchObject({ kind: "intact", anchor: "keychain" });
  });

  test.each([
    ["in front of it", 1],
    ["in the middle", 2],
  ])("a disk that fails %s: nothing is left under a new name, and the journal goes on", async (_where, failing) => {
    const anchor = createTestAnchor();
    const first = await openTestJournal(place.file, anchor);
    appendCalls(first, 10);
    await first.close();
    const { linkSync } = fs;
    let links = 0;
    fs.linkSync = (from, to) => {
      if ((links += 1) === failing) throw Object.assign(new Error("EIO: i/o error, link"), { code: "EIO" });
      linkSync(from, to);
    };
    const archived = await archiveJournal(place.file, anchor, 0).finally(() => Object.assign(fs, { linkSync }));
    expect(archived).toMatchObject({
      ok: false,
      error: { code: "journal-unavailable", message: expect.stringMatching(/put aside: EIO/) as string },
    });
    expect(fs.readdirSync(place.dir).filter((name) => name.startsWith("journal-"))).toEqual([]);
    const again = await open(place.file, anchor);
    expect([again.fault(), again.records()]).toEqual([null, 20]);
  });

  test("on a disk where a file has one name only it is copied; the new one is anchored when the disk has it", async () => {
    const store = createTestAnchor();
    const first = await openTestJournal(place.file, store);
    appendCalls(first, 10);
    await first.close();
    const { linkSync } = fs;
    fs.linkSync = () => {
      throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
    };
    let inDatabase = false;
    const anchor = {
      ...store,
      read: () => store.read(),
      write: (text: string) => {
        inDatabase = (fs.statSync(`${place.file}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
        return store.write(text);
      },
    };
    const archived = await archiveJournal(place.file, anchor, 86_400_000).finally(() => Object.assign(fs, { linkSync }));
    if (!archived.ok) throw new Error("not archived");
    expect(await verifyJournalFile(archived.value.file, null)).toMatchObject({ kind: "intact", records: 20 });
    expect([inDatabase, JSON.parse(store.text ?? "")]).toEqual([true, { seq: 1, hash: expect.any(String) as string, at: 86_400_000 }]);
    expect((await open(place.file, store)).fault()).toBeNull();
  });

  test("says so when there is none, and when the anchor could not be moved", async () => {
    const anchor = createTestAnchor();
    expect(await archiveJournal(place.file, anchor, 0)).toMatchObject({ ok: false, error: { code: "not-found" } });
    const first = await openTestJournal(place.file, anchor);
    appendCalls(first, 10);
    await first.close();
    anchor.mode = "fails";
    expect(await archiveJournal(place.file, anchor, 0)).toMatchObject({ ok: true, value: { anchored: false } });
    anchor.mode = "ok";
    const refused = await open(place.file, anchor);
    expect(refused.fault()).toMatch(/are missing/);
    await refused.close();
    expect(await archiveJournal(place.file, anchor, 0)).toMatchObject({ ok: true, value: { anchored: true } });
    expect((await open(place.file, anchor)).fault()).toBeNull();
  });
});
