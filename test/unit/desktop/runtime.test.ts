import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installRuntime, type RuntimeSources } from "../../../electron/desktop/runtime.ts";

let folder: string;
let data: string;
let sources: RuntimeSources;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "portcullis-runtime-"));
  data = path.join(folder, "data");
  sources = { node: path.join(folder, "node"), bridge: path.join(folder, "bridge.cjs") };
  await writeFile(sources.node, "node 1", { mode: 0o644 });
  await writeFile(sources.bridge, "bridge 1");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function install(version = "1.0.0"): Promise<void> {
  const result = await installRuntime(sources, data, version, "linux");
  expect(result).toEqual({
    ok: true,
    value: {
      nodePath: path.join(data, "bin", "node"),
      bridgePath: path.join(data, "bin", "bridge.cjs"),
    },
  });
}

const installed = (name: string): Promise<string> => readFile(path.join(data, "bin", name), "utf8");

describe("the runtime that clients' configs launch", () => {
  it("is put into our data folder, executable by its owner alone, with nothing left over", async () => {
    await install();
    expect(await installed("node")).toBe("node 1");
    expect(await installed("bridge.cjs")).toBe("bridge 1");
    expect((await stat(path.join(data, "bin", "node"))).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(data, "bin"))).mode & 0o777).toBe(0o700);
    expect((await readdir(path.join(data, "bin"))).sort()).toEqual(["bridge.cjs", "node", "runtime.json"]);
  });

  it("is left alone while nothing differs", async () => {
    await install();
    const before = await stat(path.join(data, "bin", "node"));
    await install();
    const after = await stat(path.join(data, "bin", "node"));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  it("is replaced by a new version, by another source, and when the copy was changed or cut short", async () => {
    await install();
    const inode = async (): Promise<number> => (await stat(path.join(data, "bin", "node"))).ino;
    let before = await inode();
    await install("1.0.1");
    expect(await inode()).not.toBe(before);

    await writeFile(sources.node, "node 2 is longer");
    await install("1.0.1");
    expect(await installed("node")).toBe("node 2 is longer");

    await writeFile(path.join(data, "bin", "node"), "evil");
    await install("1.0.1");
    expect(await installed("node")).toBe("node 2 is longer");

    before = await inode();
    await utimes(sources.node, new Date(1_000_000), new Date(1_000_000));
    await install("1.0.1");
    expect(await inode()).not.toBe(before);

    await writeFile(path.join(data, "bin", "bridge.cjs"), "evil");
    await install("1.0.1");
    expect(await installed("bridge.cjs")).toBe("bridge 1");
  });

  it("removes what an interrupted start left", async () => {
    await mkdir(path.join(data, "bin"), { recursive: true });
    await writeFile(path.join(data, "bin", "node.0123456789ab.new"), "half");
    await writeFile(path.join(data, "bin", "node.exe.0123456789ab.old"), "old");
    await install();
    expect((await readdir(path.join(data, "bin"))).sort()).toEqual(["bridge.cjs", "node", "runtime.json"]);
  });

  it("says why when it cannot be put there", async () => {
    await rm(sources.node);
    const result = await installRuntime(sources, data, "1", "linux");
    expect(result).toMatchObject({ ok: false, error: { code: "internal" } });
    expect(result.ok ? "" : result.error.message).toContain("ENOENT");
  });
});
