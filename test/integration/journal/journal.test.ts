import fs from "node:fs";
import Database from "libsql";
import { describe, expect, test } from "vitest";
import { JournalUnavailable } from "../../../electron/journal/journal.ts";
import { openJournal } from "../../../electron/journal/open-journal.ts";
import { openJournalReader, verifyJournalFile } from "../../../electron/journal/reader.ts";
import type { JournalDraft, JournalRecord } from "../../../shared/model/journal-entry.ts";
import { allRecords, appendCalls, createTestAnchor, dispatched, finished, until } from "../../fixtures/journal/parts.ts";
import { useJournalPlace } from "../../fixtures/journal/use-place.ts";

const place = useJournalPlace();
const { open } = place;

/** What another process would see now, in the log and the database together. */
async function recordsOnDisk(): Promise<number> {
  const reader = openJournalReader(place.file);
  try {
    return (await allRecords(reader)).length;
  } finally {
    reader.close();
  }
}

/** Of these, those in the database. */
function rowsInDatabase(): number {
  const database = new Database(place.file);
  const { rows } = database.prepare("SELECT count(*) AS rows FROM records").get() as { rows: number };
  database.close();
  return rows;
}

describe("appending", () => {
  test("append is in the journal when it returns; appendSoon within milliseconds or with the next append, in order", async () => {
    const journal = await open();
    journal.append(dispatched("a"));
    expect(await recordsOnDisk()).toBe(1);
    journal.appendSoon(finished("a"));
    expect(await recordsOnDisk()).toBe(1);
    expect(journal.records()).toBe(1);
    journal.append(dispatched("b"));
    expect(await recordsOnDisk()).toBe(3);
    expect(journal.records()).toBe(3);
    journal.appendSoon(finished("b"));
    const before = performance.now();
    await expect.poll(recordsOnDisk, { interval: 5 }).toBe(4);
    expect(performance.now() - before).toBeLessThan(1000);
    expect((await allRecords(journal)).map((record) => [record.seq, record.kind, record.call])).toEqual([
      [1, "call-dispatched", "a"],
      [2, "call-finished", "a"],
      [3, "call-dispatched", "b"],
      [4, "call-finished", "b"],
    ]);
  });

  test("in a quiet moment what is in the log gets into the database, and the log is emptied", async () => {
    const journal = await open();
    appendCalls(journal, 300);
    expect(rowsInDatabase()).toBe(0);
    expect(fs.statSync(`${place.file}-log`).size).toBeGreaterThan(300 * 200);
    await until(() => rowsInDatabase() === 600, "the records are in the database");
    expect(await recordsOnDisk()).toBe(600);
    await until(() => fs.statSync(`${place.file}-log`).size === 0, "the log is empty");
    expect(await recordsOnDisk()).toBe(600);
    expect(await allRecords(journal)).toHaveLength(600);
  });

  test("under a load without pauses the log stays bounded, and readers see every record once", async () => {
    const journal = await open();
    const filler = "x".repeat(16_000);
    const seen: number[][] = [];
    let longest = 0;
    let appended = 0;
    while (appended < 12_000) {
      for (let call = 0; call < 20; call += 1) journal.append(dispatched(`c${(appended += 1)}`, { detail: { filler } }));
      longest = Math.max(longest, fs.statSync(`${place.file}-log`).size);
      if (appended % 1_800 === 0) {
        const newest = (await journal.page({ limit: 2 })).records.map(({ seq }) => appended - seq);
        seen.push([...newest, (await journal.page({ limit: 2, call: `c${appended - 1_500}` })).records.length]);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.filter((found) => found.join() !== "0,1,1")).toEqual([]);
    // It waits for the disk when it has grown to 128 MB, and the calls with it only at 256.
    expect(longest).toBeLessThan(260 << 20);
    await until(() => fs.statSync(`${place.file}-log`).size === 0, "the log is empty", 30_000);
    const seqs = (await allRecords(journal)).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: appended }, (_item, index) => index + 1));
    expect(await journal.verify()).toMatchObject({ kind: "intact", records: appended });
  });

  test("256 records that wait are written without a timer's turn", async () => {
    const journal = await open();
    for (let call = 1; call <= 255; call += 1) journal.appendSoon(finished(`c${call}`));
    expect(await recordsOnDisk()).toBe(0);
    journal.appendSoon(finished("c256"));
    expect(await recordsOnDisk()).toBe(256);
  });

  test("a detail that JSON cannot hold is the caller's error and harms nothing", async () => {
    const journal = await open();
    journal.append(dispatched("a"));
    expect(() => journal.append(dispatched("b", { detail: { n: Number.NaN } }))).toThrow(TypeError);
    expect(journal.fault()).toBeNull();
    journal.append(finished("a"));
    expect(journal.records()).toBe(2);
    expect(await journal.verify()).toMatchObject({ kind: "intact", records: 2 });
  });

  test("only the owner can read the files", { skip: process.platform === "win32" }, async () => {
    const journal = await open();
    appendCalls(journal, 3);
    for (const side of ["", "-log", "-wal", "-shm"]) expect((fs.statSync(place.file + side).mode & 0o777).toString(8)).toBe("600");
    await journal.close();
    fs.chmodSync(place.file, 0o644);
    await open();
    expect((fs.statSync(place.file).mode & 0o777).toString(8)).toBe("600");
  });

  test("UPDATE and DELETE are refused by the database", async () => {
    const journal = await open();
    appendCalls(journal, 2);
    await until(() => rowsInDatabase() === 4, "the records are in the database");
    const database = new Database(place.file);
    expect(() => database.exec("UPDATE records SET body = '{}' WHERE seq = 2")).toThrow(/append-only/);
    expect(() => database.exec("DELETE FROM records")).toThrow(/append-only/);
    database.close();
  });

  test("listeners get what was written, in batches, until they leave; one that throws harms nobody", async () => {
    const errors: unknown[] = [];
    const journal = await openJournal({
      file: place.file,
      anchor: createTestAnchor(),
      now: () => 1234.75,
      onError: (error) => errors.push(error),
    });
    place.undo.push(() => journal.close());
    const batches: (readonly JournalRecord[])[] = [];
    journal.onAppended(() => {
      throw new Error("a bug in a listener");
    });
    const leave = journal.onAppended((records) => batches.push(records));
    appendCalls(journal, 5);
    expect(batches).toHaveLength(0);
    await until(() => batches.flat().length === 10, "ten records");
    expect(batches.length).toBeLessThanOrEqual(2);
    expect(batches.flat()).toEqual(await allRecords(journal));
    expect(batches.flat()[0]?.at).toBe(1234);
    expect(errors[0]).toMatchObject({ message: "a bug in a listener" });
    leave();
    journal.append(dispatched("z"));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(batches.flat()).toHaveLength(10);
  });
});

describe("closing and opening again", () => {
  test("the chain goes on; nothing that waited is lost; a closed journal refuses", async () => {
    const anchor = createTestAnchor();
    const first = await open(anchor);
    let faults = 0;
    first.onFault(() => (faults += 1));
    first.append(dispatched("a"));
    first.appendSoon(finished("a"));
    await first.close();
    await first.close();
    expect(faults).toBe(0);
    expect(() => first.append(dispatched("b"))).toThrow(JournalUnavailable);
    expect(JSON.parse(anchor.text ?? "")).toMatchObject({ seq: 2 });
    const second = await open(anchor);
    expect(second.records()).toBe(2);
    second.append(dispatched("b"));
    second.append(finished("b"));
    expect(await second.verify()).toMatchObject({ kind: "intact", records: 4, anchor: "keychain" });
  });

  test("calls that were open are ended as lost, once", async () => {
    const first = await open();
    first.append({ kind: "app-started" });
    first.append(dispatched("done"));
    first.append(finished("done"));
    first.append(dispatched("open 1", { tool: "write_file" }));
    first.append(dispatched("open 2"));
    first.append({ kind: "call-denied", call: "denied", decision: "deny" });
    await first.close();
    for (let round = 0; round < 2; round += 1) {
      const journal = await open();
      if (round === 0) journal.append({ kind: "app-started" });
      const lost = (await allRecords(journal)).filter((record) => record.outcome === "lost");
      expect(lost.map((record) => [record.kind, record.call, record.tool, record.detail])).toEqual([
        ["call-finished", "open 1", "write_file", { reason: "the app ended before the answer" }],
        ["call-finished", "open 2", "read_text_file", { reason: "the app ended before the answer" }],
      ]);
      // Whose they were and who let them pass, as in any other end.
      const whose = { client: "claude-code", server: "filesystem", decision: "allow", by: "rule 3f2a" };
      expect(lost).toMatchObject([whose, whose]);
      await journal.close();
    }
  });

  test("questions that were open are ended as denied, once", async () => {
    const asked = (call: string): JournalDraft => ({ kind: "call-asked", call, client: "cursor", server: "files", tool: "write_file" });
    const first = await open();
    first.append({ kind: "app-started" });
    for (const call of ["allowed", "denied", "open"]) first.append(asked(call));
    first.append(dispatched("allowed"));
    first.append(finished("allowed"));
    first.append({ kind: "call-denied", call: "denied", decision: "deny", by: "person", outcome: "refused" });
    await first.close();
    for (let round = 0; round < 2; round += 1) {
      const journal = await open();
      if (round === 0) journal.append({ kind: "app-started" });
      const ends = (await allRecords(journal)).filter(({ call, kind }) => call === "open" && kind !== "call-asked");
      expect(ends).toMatchObject([
        { kind: "call-denied", client: "cursor", server: "files", tool: "write_file", decision: "deny", by: "closing", outcome: "refused" },
      ]);
      expect(await allRecords(journal)).toHaveLength(9);
      await journal.close();
    }
  });

  test("calls of today, by server, also over a start and a midnight", async () => {
    let now = new Date(2026, 10, 20, 23, 59, 58).getTime();
    const first = await open(createTestAnchor(), () => now);
    first.append(dispatched("a", { server: "one" }));
    first.append(finished("a", { server: "one" }));
    first.append({ kind: "call-denied", call: "b", server: "two", decision: "deny" });
    expect([...first.callsToday()]).toEqual([
      ["one", 1],
      ["two", 1],
    ]);
    await first.close();
    const second = await open(createTestAnchor(), () => now);
    second.append(dispatched("c", { server: "one" }));
    expect(second.callsToday().get("one")).toBe(2);
    now += 2_000;
    expect(second.callsToday().size).toBe(0);
    second.append(dispatched("d", { server: "one" }));
    expect(second.callsToday().get("one")).toBe(1);
    now -= 2_000;
    expect(second.callsToday().get("one")).toBe(3);
  });

  test("calls of today that are written together right after midnight are counted once, and what was told before stays", async () => {
    let now = new Date(2026, 10, 20, 23, 59, 58).getTime();
    const journal = await open(createTestAnchor(), () => now);
    journal.append(dispatched("a"));
    const told = journal.callsToday();
    journal.append(dispatched("b"));
    expect([told.get("filesystem"), journal.callsToday().get("filesystem")]).toEqual([1, 2]);
    now += 2_000;
    journal.appendAll([dispatched("c"), dispatched("d"), dispatched("e")]);
    expect(journal.callsToday().get("filesystem")).toBe(3);
  });
});

describe("the reader", () => {
  test("pages, verifies and exports while the app writes", async () => {
    const anchor = createTestAnchor();
    const journal = await open(anchor);
    appendCalls(journal, 300);
    const reader = openJournalReader(place.file);
    const verdict = reader.verify(anchor);
    appendCalls(journal, 300, "d");
    expect(await verdict).toMatchObject({ kind: "intact" });
    await until(() => reader.page({ limit: 1 }).records[0]?.seq === 1200, "the last record");
    expect(reader.page({ limit: 3 }).records.map((record) => record.call)).toEqual(["d300", "d300", "d299"]);
    expect(reader.page({ limit: 5, call: "c7" }).records.map((record) => record.kind)).toEqual(["call-finished", "call-dispatched"]);
    const lines = [...reader.exportRecords("jsonl", { server: "filesystem" })].join("").trimEnd().split("\n");
    expect(lines).toHaveLength(1200);
    expect((JSON.parse(lines[0] ?? "") as JournalRecord).seq).toBe(1);
    const csv = [...reader.exportRecords("csv", { call: "c7" })].join("").trimEnd().split("\r\n");
    expect(csv).toHaveLength(3);
    journal.append(dispatched("last"));
    expect(reader.page({ limit: 1 }).records[0]?.call).toBe("last");
    reader.close();
  });

  test("cannot write, and says what it cannot open", async () => {
    const journal = await open();
    journal.append(dispatched("a"));
    expect(() => openJournalReader(`${place.file}.none`)).toThrow(/ENOENT/);
    expect(await verifyJournalFile(`${place.file}.none`, null)).toEqual({ kind: "unreadable", reason: "it is not there" });
    fs.writeFileSync(`${place.file}.other`, "");
    expect(() => openJournalReader(`${place.file}.other`)).toThrow(/format/);
    fs.mkdirSync(`${place.file}.folder`);
    expect(await verifyJournalFile(`${place.file}.folder`, null)).toMatchObject({
      kind: "unreadable",
      reason: "it is not an ordinary file",
    });
  });

  test("verifying 10,000 records never holds the event loop for 50 ms", async () => {
    const anchor = createTestAnchor();
    const journal = await open(anchor);
    appendCalls(journal, 5_000);
    journal.append({ kind: "app-stopped" });
    const longest = await longestTurn(async () => {
      expect(await journal.verify()).toMatchObject({ kind: "intact", records: 10_001 });
    });
    expect(longest).toBeLessThan(50);
  });

  test.each([
    ["in the log", 0],
    ["in the database", 40_000],
  ])("a search that looks at everything leaves the event loop free: %s", async (_where, stored) => {
    const journal = await open();
    const draft = dispatched("c", { detail: { arguments: { path: "/home/ann/notes.txt", text: "lorem ipsum ".repeat(20) } } });
    for (let appended = 0; appended < 40_000; appended += 500) journal.appendAll(Array.from({ length: 500 }, () => draft));
    if (stored > 0) await until(() => rowsInDatabase() === stored, "the records are in the database", 30_000);
    // Letters beyond ASCII are not folded by the database: each record is looked at by us.
    const longest = await longestTurn(async () => {
      for (const text of ["ö", "nowhere"]) expect(await journal.page({ text, limit: 10 })).toEqual({ records: [], more: false });
      expect(await journal.page({ client: "nobody", limit: 10 })).toEqual({ records: [], more: false });
    });
    expect(longest).toBeLessThan(50);
    const found = await journal.page({ text: "IPSUM", limit: 10, before: 39_000 });
    expect(found.records.map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, index) => 38_999 - index));
  });

  test("a search that is under way when the journal is closed finds nothing, and harms nothing", async () => {
    const journal = await open();
    for (let appended = 0; appended < 40_000; appended += 500) {
      journal.appendAll(Array.from({ length: 500 }, (_, index) => dispatched(`c${String(appended + index)}`)));
    }
    const searched = journal.page({ text: "ö", limit: 10 });
    await journal.close();
    expect(await searched).toEqual({ records: [], more: false });
  });
});

/**
 * The most milliseconds of work, other tasks waiting, within `work`: in CPU time of this thread, because a busy machine stops us at any
 * time; the best of three runs leaves out the collector.
 */
async function longestTurn(work: () => Promise<void>): Promise<number> {
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let best = Infinity;
  for (let run = 0; run < 3; run += 1) {
    let worst = 0;
    let last = cpuMs();
    const state = { working: true };
    const watch = async (): Promise<void> => {
      while (state.working) {
        await new Promise((resolve) => setImmediate(resolve));
        const now = cpuMs();
        worst = Math.max(worst, now - last);
        last = now;
      }
    };
    const watching = watch();
    await work();
    state.working = false;
    await watching;
    best = Math.min(best, worst);
  }
  return best;
}
