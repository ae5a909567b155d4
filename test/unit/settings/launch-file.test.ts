import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { launchFilePath, readLaunchFile, writeLaunchFile } from "../../../electron/settings/launch-file.ts";
import { resolvePaths } from "../../../electron/settings/paths.ts";
import type { Paths } from "../../../electron/settings/paths.ts";

let home: string;
let paths: Paths;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "launch-"));
  paths = resolvePaths({ PORTCULLIS_HOME: home }, process.platform);
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

function put(record: unknown): void {
  fs.mkdirSync(paths.data, { recursive: true });
  fs.writeFileSync(launchFilePath(paths), JSON.stringify(record));
}

describe("how the app is started again", () => {
  const relaunch = { command: "/opt/portcullis", args: ["serve"] };

  it("is kept with what the session needs and nothing else of the environment", async () => {
    const session = { DISPLAY: ":0", XDG_RUNTIME_DIR: "/run/user/1", PORTCULLIS_HOME: home };
    await writeLaunchFile(paths, relaunch, { ...session, LANG: "", GITHUB_TOKEN: "secret", LD_PRELOAD: "/x.so", PATH: "/bin" });
    expect(readLaunchFile(paths)).toEqual({ ...relaunch, run: paths.run, env: session });
    expect(fs.readdirSync(paths.data)).toEqual(["launch.json"]);
  });

  it.skipIf(process.platform === "win32")("can be read by nobody else", async () => {
    await writeLaunchFile(paths, relaunch, {});
    expect(fs.statSync(launchFilePath(paths)).mode & 0o777).toBe(0o600);
  });

  it("is what a file says only where it says all of it, and of its variables those of a session", () => {
    const record = { ...relaunch, run: "/run/user/1", env: { DISPLAY: ":0", LD_PRELOAD: "/x.so", LANG: 7 } };
    put(record);
    expect(readLaunchFile(paths)).toEqual({ ...record, env: { DISPLAY: ":0" } });
    for (const wrong of [
      { command: "portcullis" },
      { command: 7 },
      { args: "serve" },
      { args: [1] },
      { run: "run" },
      { env: null },
      { env: [] },
    ]) {
      put({ ...record, ...wrong });
      expect(readLaunchFile(paths), JSON.stringify(wrong)).toBeNull();
    }
    put([]);
    expect(readLaunchFile(paths)).toBeNull();
    fs.writeFileSync(launchFilePath(paths), "{");
    expect(readLaunchFile(paths)).toBeNull();
    fs.rmSync(launchFilePath(paths));
    expect(readLaunchFile(paths)).toBeNull();
  });

  it("leaves nothing behind where it cannot be written", async () => {
    fs.mkdirSync(launchFilePath(paths), { recursive: true });
    await expect(writeLaunchFile(paths, relaunch, {})).rejects.toThrow("EISDIR");
    expect(fs.readdirSync(paths.data)).toEqual(["launch.json"]);
  });
});
