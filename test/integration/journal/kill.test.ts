import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import type { AnchorStore } from "../../../electron/journal/journal.ts";
import { openJournalReader, verifyJournalFile } from "../../../electron/journal/reader.ts";
import { allRecords, createJournalPlace, createRandom, openTestJournal } from "../../fixtures/journal/parts.ts";

const place = createJournalPlace();
const printed = new Map<number, string>();
const random = createRandom(99);

const anchor: AnchorStore = {
  kind: "file",
  read: () => Promise.resolve(fs.existsSync(`${place.file}.anchor`) ? fs.readFileSync(`${place.file}.anchor`, "utf8") : null),
  write: () => Promise.resolve(),
};

afterAll(() => place.remove());

/** Runs the appender on the one journal and kills it `afterMs` after its first record, or after its start. Gives what it printed. */
async function runAndKill(afterMs: number, padding: number, from: "first record" | "start"): Promise<string> {
  const child = spawn(process.execPath, [path.resolve("test/fixtures/journal/appender.ts"), place.file, String(padding)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const first = new Promise<void>((resolve) => {
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
      resolve();
    });
    child.on("exit", () => resolve());
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  if (from === "first record") await first;
  await delay(afterMs);
  child.kill("SIGKILL");
  await closed;
  return output;
}

test.for(Array.from({ length: 20 }, (_item, point) => point))("kill -9 under load, point %i", async (point) => {
  const padding = [0, 200, 5_000, 60_000][point % 4] ?? 0;
  const output =
    point % 5 === 4 ? await runAndKill(60 + random() * 200, padding, "start") : await runAndKill(random() * 30, padding, "first record");
  expect(output).not.toContain("fault");
  // The last line may be cut by the kill; a whole line was printed after its append returned.
  for (const line of output.split("\n").slice(0, -1)) {
    const [seq = "", call = ""] = line.split(" ");
    printed.set(Number(seq), call);
  }

  // A start that was killed before it made the file leaves none, or an empty one.
  if (!fs.existsSync(place.file) || fs.statSync(place.file).size === 0) return;
  const verdict = await verifyJournalFile(place.file, anchor);
  if (verdict.kind === "unreadable" && printed.size === 0) return;
  expect(verdict).toMatchObject({ kind: "intact" });
  const reader = openJournalReader(place.file);
  const found = new Map((await allRecords(reader)).map((record) => [record.seq, record.call]));
  reader.close();
  for (const [seq, call] of printed) expect([seq, found.get(seq)]).toEqual([seq, call]);
});

test("after all of them every dispatched call has exactly one end, and the open ones were lost", async () => {
  expect(printed.size).toBeGreaterThan(500);
  const journal = await openTestJournal(place.file, anchor);
  expect(journal.fault()).toBeNull();
  journal.append({ kind: "app-stopped" });
  const ends = new Map<string, number>();
  const calls: string[] = [];
  let lost = 0;
  for (const record of await allRecords(journal)) {
    if (record.kind === "call-dispatched") calls.push(record.call ?? "");
    if (record.kind !== "call-finished") continue;
    ends.set(record.call ?? "", (ends.get(record.call ?? "") ?? 0) + 1);
    if (record.outcome === "lost") lost += 1;
  }
  expect(calls.filter((call) => ends.get(call) !== 1)).toEqual([]);
  expect(ends.size).toBe(calls.length);
  expect(lost).toBeGreaterThan(0);
  expect(await journal.verify()).toMatchObject({ kind: "intact" });
  await journal.close();
});
