import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createServerLog } from "../../../electron/servers/server-log.ts";
import type { ServerLog, ServerLogOptions } from "../../../electron/servers/server-log.ts";
import { createRedactor, redactedMark } from "../../../shared/text/redact.ts";

let folder: string;
let file: string;
const secret = "s3cr3t-value-that-nobody-may-see";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "server-log-"));
  file = path.join(folder, "logs", "server-x.log");
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

const open = (options: ServerLogOptions = {}): ServerLog =>
  createServerLog(
    file,
    () => createRedactor([secret]),
    () => 0,
    options,
  );
const all = (): string =>
  fs
    .readdirSync(path.dirname(file))
    .map((name) => fs.readFileSync(path.join(path.dirname(file), name), "utf8"))
    .join("");
const withoutTime = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^\S+ /u, ""));

describe("what a server writes to stderr", () => {
  test("is kept a line at a time, with its time, oldest first", async () => {
    const log = open();
    const one = log.instance();
    one.write(Buffer.from("first\nsec"));
    one.write(Buffer.from("ond\r\nthird"));
    one.end();
    expect(await log.tail(10)).toEqual([
      "1970-01-01T00:00:00.000Z first",
      "1970-01-01T00:00:00.000Z second",
      "1970-01-01T00:00:00.000Z third",
    ]);
    expect(withoutTime(await log.tail(2))).toEqual(["second", "third"]);
  });

  test("that is cut off by its end has no beginning of a secret at its end", async () => {
    const log = open();
    const one = log.instance();
    one.write(Buffer.from(`token ${secret.slice(0, -1)}`));
    one.end();
    expect(withoutTime(await log.tail(10))).toEqual([`token ${redactedMark}`]);
  });

  test("two processes do not run into each other's lines", async () => {
    const log = open();
    const [one, two] = [log.instance(), log.instance()];
    one.write(Buffer.from("from "));
    two.write(Buffer.from("I am two\n"));
    one.write(Buffer.from("one\n"));
    expect(withoutTime(await log.tail(9))).toEqual(["I am two", "from one"]);
  });

  test("a secret is gone however it is cut into pieces, in every encoding (threat 25)", async () => {
    const log = open();
    const forms = [
      secret,
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("hex"),
      encodeURIComponent(secret),
      JSON.stringify(secret),
    ];
    for (const form of forms) {
      for (let cut = 1; cut < form.length; cut += 1) {
        const one = log.instance();
        one.write(Buffer.from(`token=${form.slice(0, cut)}`));
        one.write(Buffer.from(`${form.slice(cut)}.\n`));
        one.end();
      }
    }
    const lines = await log.tail(10_000);
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) expect(line).toContain(redactedMark);
    for (const form of forms) expect(all()).not.toContain(form);
  });

  test("nor does cutting a long line leave the beginning of a secret", async () => {
    const log = open({ lineLength: 100 });
    for (let before = 60; before < 110; before += 1) {
      const one = log.instance();
      one.write(Buffer.from(`${"x".repeat(before)}${secret}${"y".repeat(300_000)}\nnext\n`));
      one.end();
    }
    await log.close();
    expect(all()).not.toContain(secret.slice(0, 8));
    expect(withoutTime(await log.tail(1))).toEqual(["next"]);
  });

  test("control characters are written out (threat 14)", async () => {
    const log = open();
    log.instance().write(Buffer.from("a\u001b[2K\rb \u001b]8;;http://x\u0007link \u001b]52;c;AAAA\u0007 \u202eevil \u009b31m\n"));
    await log.close();
    expect(all()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u);
    expect(all()).toContain("⟨U+001B⟩");
  });

  test("bytes that are no text, and characters cut in two", async () => {
    const log = open();
    const one = log.instance();
    const text = Buffer.from("grün 🔒\n");
    for (const byte of text) one.write(Buffer.from([byte]));
    one.write(Buffer.from([0xff, 0xfe, 10]));
    expect(withoutTime(await log.tail(2))).toEqual(["grün 🔒", "\ufffd\ufffd"]);
  });
});

describe("on disk", () => {
  test("files are bounded, rotated and ours alone", async () => {
    const log = open({ fileBytes: 2000, files: 3 });
    const one = log.instance();
    for (let index = 0; index < 500; index += 1) {
      one.write(Buffer.from(`line number ${index}\n`));
      if (index % 50 === 0) await log.tail(1);
    }
    await log.close();
    const names = fs.readdirSync(path.dirname(file)).sort();
    expect(names).toEqual(["server-x.log", "server-x.log.1", "server-x.log.2"]);
    for (const name of names) {
      const stat = fs.statSync(path.join(path.dirname(file), name));
      expect(stat.size).toBeLessThanOrEqual(2000);
      expect(stat.mode & 0o777).toBe(process.platform === "win32" ? 0o666 : 0o600);
    }
    const tail = withoutTime(await log.tail(80));
    expect(tail).toEqual(Array.from({ length: 80 }, (_, index) => `line number ${420 + index}`));
  });

  test("goes on where it was after a restart", async () => {
    const before = open({ fileBytes: 1000 });
    before.note("one");
    await before.close();
    const after = open({ fileBytes: 1000 });
    after.note("two");
    expect(withoutTime(await after.tail(5))).toEqual(["[portcullis] one", "[portcullis] two"]);
  });

  test("a flood costs lines, not memory, and says how many (threat 34)", async () => {
    const log = open();
    const one = log.instance();
    const chunk = Buffer.from(`${"flood ".repeat(20)}\n`.repeat(500));
    const before = process.memoryUsage().rss;
    const started = performance.now();
    for (let index = 0; index < 4000; index += 1) {
      one.write(chunk);
      if (index % 400 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const took = performance.now() - started;
    one.end();
    await log.close();
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * 1024 * 1024);
    expect(took).toBeLessThan(8000);
    expect(all()).toMatch(/\d+ lines were dropped/u);
    const size = fs.readdirSync(path.dirname(file)).reduce((sum, name) => sum + fs.statSync(path.join(path.dirname(file), name)).size, 0);
    expect(size).toBeLessThanOrEqual(3 * 1024 * 1024 + 4096);
  });

  test("a flood of empty lines takes no more time than one of long ones", async () => {
    const log = open({ queueBytes: 128 * 1024 });
    const one = log.instance();
    one.write(Buffer.from("\n".repeat(64 * 1024)));
    one.end();
    await log.close();
    const lines = all().split("\n").length;
    expect(lines).toBeGreaterThan(100);
    expect(lines).toBeLessThan(1024);
    expect(all()).toMatch(/\d+ lines were dropped/u);
  });

  test("what was dropped last is told even where nothing comes after it", async () => {
    const log = open({ queueBytes: 2_000 });
    const one = log.instance();
    for (let index = 0; index < 500; index += 1) one.write(Buffer.from(`line ${index} ${"x".repeat(50)}\n`));
    // At once: the queue is still full.
    await log.close();
    expect(all()).toMatch(/\d+ lines were dropped/u);
  });

  test("nor does a flood glue the rest of one line to the beginning of another, and it is counted line by line (threats 25, 34)", async () => {
    const log = open({ queueBytes: 1000 });
    const one = log.instance();
    const fill = (): void => one.write(Buffer.from(`${"x".repeat(99)}\n`.repeat(12)));
    const breathe = async (): Promise<void> => void (await log.tail(1));

    // The beginning of a line waits when the flood sets in; the flood ends inside of a line, in the middle of the secret.
    one.write(Buffer.from(`${"x".repeat(1200)}\nbegun `));
    one.write(Buffer.from(`lost\nlost\ntoken=${secret.slice(0, 12)}`));
    await breathe();
    one.write(Buffer.from(`${secret.slice(12)} rest\nwhole ${secret}\n`));
    await breathe();
    // The flood ends inside of a character.
    fill();
    one.write(Buffer.from("ü").subarray(0, 1));
    await breathe();
    one.write(Buffer.from([...Buffer.from("ü").subarray(1), 10, ...Buffer.from("clear\n")]));
    await breathe();
    // It ends with a line, and one line is lost in three pieces.
    fill();
    for (const piece of ["a", "b", "c\n"]) one.write(Buffer.from(piece));
    await breathe();
    one.write(Buffer.from("next\n"));
    one.end();
    await log.close();

    expect(all()).not.toContain(secret.slice(12));
    expect(all()).not.toContain(secret.slice(0, 12));
    const said = withoutTime(await log.tail(100)).filter((line) => !line.startsWith("x"));
    expect(said).toEqual([
      "[portcullis] 3 lines were dropped: more came than could be written",
      `whole ${redactedMark}`,
      expect.stringMatching(/^\[portcullis\] \d+ lines were dropped/u),
      "clear",
      expect.stringMatching(/^\[portcullis\] \d+ lines were dropped/u),
      "next",
    ]);
  });

  test("a line without an end is bounded, and what follows it is kept", async () => {
    const log = open();
    const one = log.instance();
    const piece = Buffer.from("x".repeat(64 * 1024));
    for (let index = 0; index < 1600; index += 1) one.write(piece);
    one.write(Buffer.from("\nafter\n"));
    one.end();
    const lines = await log.tail(10);
    expect(lines).toHaveLength(2);
    expect(lines[0]?.length).toBeLessThan(9000);
    expect(lines[1]).toContain("after");
  });

  test("a folder that cannot be written costs the lines and nothing else", async () => {
    fs.writeFileSync(path.join(folder, "logs"), "a file in the folder's place");
    const log = open();
    log.instance().write(Buffer.from("lost\n"));
    expect(await log.tail(5)).toEqual([]);
    await log.close();
  });
});
