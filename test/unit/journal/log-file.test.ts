import fs from "node:fs";
import { afterEach, expect, test } from "vitest";
import { genesisHash, recordBody } from "../../../electron/journal/chain.ts";
import { logPath, newestInLog, openLogFile, readLog } from "../../../electron/journal/log-file.ts";
import type { LogFile } from "../../../electron/journal/log-file.ts";
import { createLogLines } from "../../../electron/journal/log-lines.ts";
import { createJournalPlace, dispatched } from "../../fixtures/journal/parts.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
});

/** A log of its own. */
function newLog(): { file: string; log: LogFile } {
  const place = createJournalPlace();
  const file = logPath(place.file);
  const log = openLogFile(file);
  undo.push(
    () => place.remove(),
    () => log.close(),
  );
  return { file, log };
}

/** Appends so many records more, each of the call that `callOf` says for its number. */
function appender(log: LogFile, callOf: (seq: number) => string): (count: number) => void {
  const lines = createLogLines();
  let hash = genesisHash;
  let seq = 0;
  return (count) => {
    for (let i = 0; i < count; i += 1) {
      seq += 1;
      hash = lines.add(hash, recordBody(seq, 1, dispatched(callOf(seq))));
    }
    log.append(lines.take());
  };
}

test("a log that is emptied and written again while it is read from its end gives no record of both", () => {
  const { file, log } = newLog();
  const append = appender(log, () => "x".repeat(1_000));
  append(1_000);
  const before = readLog(file).rows;
  const rows = newestInLog(file);
  const first = rows.next().value;
  log.empty();
  // Lines of the same length: the end of the old ones would fit on them.
  append(1_000);
  const seen = [first, ...rows];
  expect(seen.length).toBeGreaterThan(50);
  expect(seen.length).toBeLessThan(1_000);
  expect(seen).toEqual(before.toReversed().slice(0, seen.length));
});

test("a log that is emptied while it is read is read again: its records are those of one moment", () => {
  const { file, log } = newLog();
  const append = appender(log, (seq) => `c${"x".repeat(seq)}`);
  append(10);
  let reads = 0;
  const cut = 1_000;
  const read = (name: string): Buffer => {
    reads += 1;
    const before = fs.readFileSync(name);
    if (reads > 1) return before;
    log.empty();
    append(12);
    // A long file is read piece by piece: the first piece came before that, the others after it.
    return Buffer.concat([before.subarray(0, cut), fs.readFileSync(name).subarray(cut)]);
  };
  const { rows, badLine } = readLog(file, read);
  expect(badLine).toBeNull();
  expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 12 }, (_, index) => 11 + index));
  expect(reads).toBe(2);
});

/** A log of its own, and the lines of `count` records that are not in it yet. */
function useLog(count: number): { file: string; log: LogFile; lines: readonly string[] } {
  const { file, log } = newLog();
  const made = createLogLines();
  let hash = genesisHash;
  for (let seq = 1; seq <= count; seq += 1) hash = made.add(hash, recordBody(seq, 1, dispatched(`c${seq}`)));
  const lines = Buffer.from(made.take())
    .toString()
    .split(/(?<=\n)/u);
  return { file, log, lines };
}

/** No more than so many: what never ends is not read to its end. */
function newest(file: string, most = 10): readonly number[] {
  const seqs: number[] = [];
  for (const row of newestInLog(file)) if (seqs.push(row.seq) >= most) break;
  return seqs;
}

test("a log that is not there has no records", () => {
  const place = createJournalPlace();
  undo.push(() => place.remove());
  expect([readLog(logPath(place.file)), newest(logPath(place.file))]).toEqual([{ rows: [], badLine: null }, []]);
});

test("a line without its end is no record, whoever reads it", () => {
  const { file, lines } = useLog(2);
  const [first = "", second = ""] = lines;
  const read = (text: string): unknown => {
    fs.writeFileSync(file, text);
    const { rows, badLine } = readLog(file);
    return [rows.map(({ seq }) => seq), badLine, newest(file)];
  };
  expect(read(first + second)).toEqual([[1, 2], null, [2, 1]]);
  expect(read(first + second.trimEnd())).toEqual([[1], null, [1]]);
  expect(read(first.trimEnd())).toEqual([[], null, []]);
});

test("a whole line that is no record is named; zeros after a power failure were never a line", () => {
  const { file, lines } = useLog(3);
  const [first = "", second = "", third = ""] = lines;
  const bad = (text: string): unknown => {
    fs.writeFileSync(file, text);
    const { rows, badLine } = readLog(file);
    return [rows.length, badLine];
  };
  expect(bad(`${first}what is this\n${third}`)).toEqual([1, 2]);
  expect(bad(first + second.replace(" ", "\t") + third)).toEqual([1, 2]);
  expect(bad(`\n${first}`)).toEqual([0, 1]);
  expect(bad(`${first}${"\0".repeat(100)}\n`)).toEqual([1, null]);
});

test("a log that begins with an empty line is read to its beginning, and no further", () => {
  const { file, lines } = useLog(1);
  fs.writeFileSync(file, `\n${lines.join("")}`);
  expect(newest(file)).toEqual([1]);
});

test("what stands in the log's place and is no file is a bad line", () => {
  const { file, lines } = useLog(1);
  fs.renameSync(file, `${file}.away`);
  fs.mkdirSync(file);
  expect(readLog(file)).toEqual({ rows: [], badLine: 1 });
  fs.rmdirSync(file);
  fs.writeFileSync(`${file}.away`, lines.join(""));
  fs.symlinkSync(`${file}.away`, file);
  expect(readLog(file)).toEqual({ rows: [], badLine: 1 });
});

test("a log is opened by its own name only, and for its owner only", { skip: process.platform === "win32" }, () => {
  const { file } = useLog(0);
  fs.chmodSync(file, 0o644);
  openLogFile(file).close();
  expect((fs.statSync(file).mode & 0o777).toString(8)).toBe("600");
  fs.renameSync(file, `${file}.away`);
  fs.symlinkSync(`${file}.away`, file);
  expect(() => openLogFile(file)).toThrow(/ELOOP/);
});

test("a copy in the log's place, of the same length, is not the log", () => {
  const { file, log, lines } = useLog(1);
  log.append(Buffer.from(lines.join("")));
  expect(log.isOurs()).toBe(true);
  fs.renameSync(file, `${file}.away`);
  fs.copyFileSync(`${file}.away`, file);
  expect(log.isOurs()).toBe(false);
});

test("a line that was taken back while the log was read is not of it", () => {
  const { file, lines } = useLog(2);
  const [first = "", second = ""] = lines;
  fs.writeFileSync(file, first + second);
  let reads = 0;
  const read = (name: string): Buffer => {
    reads += 1;
    const bytes = fs.readFileSync(name);
    // As an append that failed takes back what was written of it.
    fs.truncateSync(name, first.length);
    return bytes;
  };
  expect(readLog(file, read).rows.map(({ seq }) => seq)).toEqual([1]);
  expect(reads).toBe(2);
});

test("a log that is emptied at each reading is taken as it was read", () => {
  const { file, lines } = useLog(30);
  let reads = 0;
  const read = (name: string): Buffer => {
    const bytes = Buffer.from(lines[reads] ?? "");
    reads += 1;
    fs.writeFileSync(name, lines[reads] ?? "");
    return bytes;
  };
  fs.writeFileSync(file, "");
  expect(readLog(file, read).rows.map(({ seq }) => seq)).toEqual([9]);
  expect(reads).toBe(9);
});
