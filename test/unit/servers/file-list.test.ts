import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { firstDifference, hashTimes, listFiles } from "../../../electron/servers/file-list.ts";

const nothing = /^$/;
let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-list-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function put(part: string, text = "x"): string {
  const file = path.join(folder, part);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

test.skipIf(process.platform === "win32")("all that can be run is listed, whatever it is called", async () => {
  for (const part of ["a.js", "a.d.ts", "a.d.mts", "a.js.map", "b.json", "c.ts", "folder.map/d.js", "own/e.js", "deep/own/f.js"]) put(part);
  fs.symlinkSync("../elsewhere.js", path.join(folder, "link.map"));
  const list = await listFiles(folder, /^own(?:\/|$)/);
  expect(list.map(([part]) => part)).toEqual([
    "a.js",
    "b.json",
    "c.ts",
    "deep",
    "deep/own",
    "deep/own/f.js",
    "folder.map",
    "folder.map/d.js",
    "link.map",
  ]);
  const is = new Map(list);
  expect([is.get("folder.map"), is.get("link.map")]).toEqual(["folder", "link ../elsewhere.js"]);
  expect(is.get("a.js")).toBe("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
});

test.skipIf(process.platform === "win32")("what is neither file nor folder nor link is refused", async () => {
  execFileSync("mkfifo", [path.join(folder, "pipe.js")]);
  await expect(listFiles(folder, nothing)).rejects.toThrow("pipe.js");
});

test("another part, one less and one more are a difference", () => {
  const was = [
    ["a", "1"],
    ["b", "2"],
  ] as const;
  expect(firstDifference(was, was)).toBeNull();
  expect(
    firstDifference(was, [
      ["a", "1"],
      ["b", "3"],
    ]),
  ).toBe("b");
  expect(firstDifference(was, [["b", "2"]])).toBe("a");
  expect(firstDifference(was, [...was, ["c", "1"]])).toBe("c");
});

test("a file among many that was written to is noticed, also where its size and its time of writing are as before", async () => {
  for (let at = 0; at < 300; at += 1) put(`${String(at).padStart(3, "0")}.js`);
  put("own/lock");
  const list = await listFiles(folder, /^own/);
  const hash = (): Promise<string> => hashTimes(folder, list, /^own/);
  const before = await hash();
  put("own/another");
  put("own-2");
  expect(await hash()).toBe(before);
  for (const part of ["000.js", "299.js"]) {
    fs.utimesSync(path.join(folder, part), 1_000, 1_000);
    const unchanged = await hash();
    fs.utimesSync(put(part, "y"), 1_000, 1_000);
    expect(await hash(), part).not.toBe(unchanged);
  }
});

test("a name that is new at the top is noticed", async () => {
  put("a.js");
  const list = await listFiles(folder, nothing);
  const before = await hashTimes(folder, list, nothing);
  put("b.js");
  expect(await hashTimes(folder, list, nothing)).not.toBe(before);
});
