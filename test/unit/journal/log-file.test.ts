import fs from "node:fs";
import { afterEach, expect, test } from "vitest";
import { genesisHash, recordBody } from "../../../electron/journal/chain.ts";
import { logPath, newestInLog, openLogFile, readLog } from "../../../electron/journal/log-file.ts";
import { createLogLines } from "../../../electron/journal/log-lines.ts";
import { createJournalPlace, dispatched } from "../../fixtures/journal/parts.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
});

test("a log that is emptied and written again while it is read from its end gives no record of both", () => {
  const place = createJournalPlace();
  const file = logPath(place.file);
  const log = openLogFile(file);
  undo.push(
    () => place.remove(),
    () => log.close(),
  );
  const lines = createLogLines();
  const chain = { hash: genesisHash, seq: 0 };
  const append = (count: number, filler: string): void => {
    for (let i = 0; i < count; i += 1) {
      chain.seq += 1;
      chain.hash = lines.add(chain.hash, recordBody(chain.seq, 1, dispatched(filler)));
    }
    log.append(lines.take());
  };
  append(1_000, "x".repeat(1_000));
  const before = readLog(file).rows;
  const rows = newestInLog(file);
  const first = rows.next().value;
  log.empty();
  // Lines of the same length: the end of the old ones would fit on them.
  append(1_000, "x".repeat(1_000));
  const seen = [first, ...rows];
  expect(seen.length).toBeGreaterThan(50);
  expect(seen.length).toBeLessThan(1_000);
  expect(seen).toEqual(before.toReversed().slice(0, seen.length));
});

test("a log that is emptied while it is read is read again: its records are those of one moment", () => {
  const place = createJournalPlace();
  const file = logPath(place.file);
  const log = openLogFile(file);
  undo.push(
    () => place.remove(),
    () => log.close(),
  );
  const lines = createLogLines();
  let hash = genesisHash;
  let seq = 0;
  const append = (count: number): void => {
    for (let i = 0; i < count; i += 1) {
      seq += 1;
      hash = lines.add(hash, recordBody(seq, 1, dispatched(`c${"x".repeat(seq)}`)));
    }
    log.append(lines.take());
  };
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
