import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { JournalUnavailable, NoAnchorStore } from "../../../electron/journal/journal.ts";
import { verifyJournalFile } from "../../../electron/journal/reader.ts";
import { appendCalls, createTestAnchor, dispatched, openTestJournal, tamper, until } from "../../fixtures/journal/parts.ts";
import { useJournalPlace } from "../../fixtures/journal/use-place.ts";

const place = useJournalPlace();
const { open } = place;

describe("the anchor", () => {
  test("is taken after 500 records without being waited for, and covers records that are on disk", async () => {
    const anchor = createTestAnchor();
    const journal = await open(anchor);
    appendCalls(journal, 200);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(anchor.writes).toBe(0);
    appendCalls(journal, 100, "d");
    await until(() => anchor.writes > 0, "an anchor");
    expect((JSON.parse(anchor.text ?? "") as { seq: number }).seq).toBeGreaterThanOrEqual(500);
    const verdict = await journal.verify();
    const { at } = JSON.parse(anchor.text ?? "") as { at: number };
    expect(verdict).toMatchObject({ kind: "intact", anchor: "keychain", anchoredAt: at });
  });

  test("a store that fails is no fault: the verdict says that it was not compared; it is tried again at the close", async () => {
    const anchor = createTestAnchor();
    anchor.mode = "fails";
    const journal = await open(anchor);
    expect(journal.fault()).toBeNull();
    appendCalls(journal, 400);
    expect(await journal.verify()).toEqual({
      kind: "unchecked",
      records: 800,
      head: (await journal.page({ limit: 1 })).records[0]?.hash,
      anchor: "keychain",
      reason: "the keychain is locked",
    });
    expect(journal.fault()).toBeNull();
    anchor.mode = "ok";
    await journal.close();
    expect(JSON.parse(anchor.text ?? "")).toMatchObject({ seq: 800 });
  });

  test("a store that hangs delays neither a start, nor a record, nor the close beyond their bounds", async () => {
    const anchor = createTestAnchor();
    anchor.mode = "hangs";
    const started = performance.now();
    const journal = await open(anchor);
    expect(performance.now() - started).toBeLessThan(4_500);
    const appending = performance.now();
    appendCalls(journal, 600);
    expect(performance.now() - appending).toBeLessThan(2_000);
    const closing = performance.now();
    await journal.close();
    expect(performance.now() - closing).toBeLessThan(5_000);
    expect(await verifyJournalFile(place.file, null)).toMatchObject({ kind: "intact", records: 1200 });
  });

  test("a locked store is compared once it can be asked, before anything is written over it", async () => {
    const anchor = createTestAnchor();
    const first = await open(anchor);
    appendCalls(first, 20);
    await first.close();
    const kept = anchor.text;
    fs.rmSync(place.file);
    for (const side of ["-wal", "-shm"]) fs.rmSync(place.file + side, { force: true });
    anchor.mode = "fails";
    const second = await open(anchor);
    const reasons: string[] = [];
    second.onFault((reason) => reasons.push(reason));
    second.append(dispatched("x"));
    anchor.mode = "ok";
    appendCalls(second, 600);
    await until(() => second.fault() !== null, "the fault");
    expect(reasons).toEqual([second.fault()]);
    expect(reasons[0]).toMatch(/not the record that was anchored/);
    expect(anchor.text).toBe(kept);
    expect(() => second.append(dispatched("y"))).toThrow(JournalUnavailable);
  });
});

describe("a store that could not be asked at the start", () => {
  test("is compared when it says that it can be, without a record or a timer", async () => {
    const anchor = createTestAnchor();
    const first = await open(anchor);
    appendCalls(first, 20);
    await first.close();
    tamper(place.file, (db) => db.exec("DELETE FROM records WHERE seq > 30; DELETE FROM search WHERE seq > 30"));
    anchor.mode = "fails";
    const second = await open(anchor);
    expect(second.fault()).toBeNull();
    second.compareAnchor();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(second.fault()).toBeNull();
    anchor.mode = "ok";
    second.compareAnchor();
    await until(() => second.fault() !== null, "the fault");
    expect(second.fault()).toMatch(/not the one that was last written: records 31 to 40 are missing/);
    expect(() => second.append(dispatched("x"))).toThrow(JournalUnavailable);
  });

  test("agrees with an honest journal, whose anchor goes on then", async () => {
    const anchor = createTestAnchor();
    const first = await open(anchor);
    appendCalls(first, 20);
    await first.close();
    anchor.mode = "fails";
    const second = await open(anchor);
    appendCalls(second, 20, "d");
    anchor.mode = "ok";
    second.compareAnchor();
    second.compareAnchor();
    await second.close();
    expect(second.fault()).toBe("The journal is closed.");
    expect(JSON.parse(anchor.text ?? "")).toMatchObject({ seq: 80 });
  });

  test("there is none at all: the verdict says so, and is intact", async () => {
    const anchor = { ...createTestAnchor(), kind: "none", read: () => Promise.reject(new NoAnchorStore("no session bus")) };
    const journal = await openTestJournal(place.file, anchor);
    place.undo.push(() => journal.close());
    appendCalls(journal, 5);
    expect(await journal.verify()).toMatchObject({ kind: "intact", anchor: "none", anchoredAt: null });
    expect(await verifyJournalFile(place.file, anchor)).toMatchObject({ kind: "intact", anchor: "none" });
  });
});
