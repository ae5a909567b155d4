import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { diskTrouble, folderTrouble } from "../../../electron/commands/disk-trouble.ts";
import { resolvePaths } from "../../../electron/settings/paths.ts";

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-trouble-"));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

const pathsIn = (folder: string): ReturnType<typeof resolvePaths> => resolvePaths({ PORTCULLIS_HOME: folder }, "linux");
const failed = (code: string, file: string): Error => Object.assign(new Error(`${code}: ${file}`), { code, path: file });

describe.skipIf(process.platform === "win32")("what a disk refuses, in words and with what mends it", () => {
  it("one of our folders that is ours but closed", () => {
    const paths = pathsIn(home);
    fs.mkdirSync(paths.config);
    const trouble = diskTrouble(failed("EACCES", path.join(paths.config, "config.json")), paths);
    expect(trouble?.message).toContain("permission was refused");
    expect(trouble?.hint).toBe(`chmod -R u+rwX '${paths.config}'`);
  });

  it.skipIf(process.getuid?.() !== 0)("one of our folders that is another user's", () => {
    const paths = pathsIn(home);
    fs.mkdirSync(paths.config);
    fs.chownSync(paths.config, 65534, 65534);
    const trouble = diskTrouble(failed("EACCES", path.join(paths.config, "config.json")), paths);
    expect(trouble?.hint).toBe(`sudo chown -R "$(id -un)" '${paths.config}'`);
  });

  it("a folder that may not be made names nothing but that folder", () => {
    const paths = pathsIn(path.join(home, "it's", "deep"));
    expect(diskTrouble(failed("EACCES", paths.config), paths)?.hint).toBe(
      `sudo install -d -m 700 -o "$(id -un)" '${home}/it'\\''s/deep/config'`,
    );
  });

  it("a file where PORTCULLIS_HOME should be a folder", () => {
    const file = path.join(home, "file");
    fs.writeFileSync(file, "");
    const paths = pathsIn(file);
    const trouble = folderTrouble(paths);
    expect(trouble?.message).toBe(`${paths.config} cannot be used: a file stands where a folder has to be`);
    expect(trouble?.hint).toContain(`mv '${file}'`);
  });

  it("gives no command for what is not ours, and takes nothing else for it", () => {
    expect(diskTrouble(failed("EACCES", "/somewhere/else"), pathsIn(home))).toEqual({
      code: "not-allowed",
      message: "/somewhere/else cannot be used: permission was refused",
    });
    expect(diskTrouble(new TypeError("x is not a function"), pathsIn(home))).toBeNull();
    expect(diskTrouble(failed("ENOENT", home), pathsIn(home))).toBeNull();
    expect(folderTrouble(pathsIn(path.join(home, "not", "there", "yet")))).toBeNull();
    expect(fs.readdirSync(home)).toEqual([]);
  });
});
