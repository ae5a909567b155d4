import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { firstScript, programFolders } from "../../../electron/servers/program-folders.ts";
import { behindShim, isShim } from "../../../electron/servers/shims.ts";

let home: string;
beforeEach(() => {
  home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "program-folders-")));
});
afterEach(() => {
  fs.rmSync(home, { recursive: true, force: true });
});

const put = (file: string, text = ""): string => {
  const full = path.join(home, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text, { mode: 0o755 });
  return full;
};
const node = fs.realpathSync(process.execPath);
const ask = (program: string, args: readonly string[] = [], cwd = home): ReturnType<typeof programFolders> =>
  programFolders({ program, args, cwd, home, findInterpreter: (name) => Promise.resolve(name === "node" ? node : null) });

describe("what a program needs to be read", () => {
  test("a script of a project: the project, not the folder around it", async () => {
    put("code/server/package.json", "{}");
    const script = put("code/server/dist/index.js");
    const found = await ask(node, ["--enable-source-maps", script]);
    expect(found.programs).toEqual([node, script, path.join(home, "code/server")]);
    expect(found).toMatchObject({ argv: [node], isNode: true });
  });

  test("a script named from the working folder", async () => {
    put("code/server/package.json", "{}");
    const script = put("code/server/main.js");
    expect((await ask(node, ["main.js"], path.dirname(script))).programs).toContain(path.dirname(script));
  });

  test("a script in the home folder itself opens the script and nothing else", async () => {
    put("package.json", "{}");
    const script = put("server.js");
    expect((await ask(node, [script])).programs).toEqual([node, script]);
  });

  test("a global package by its link: itself, run by Node that a login shell finds", async () => {
    const entry = put(".nvm/versions/node/v24/lib/node_modules/@x/server/dist/cli.js", "#!/usr/bin/env -S node --no-warnings\n");
    put(".nvm/versions/node/v24/lib/node_modules/other/secret.js");
    const link = path.join(home, ".nvm/versions/node/v24/bin/server");
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(entry, link);
    const found = await ask(link, ["--a"]);
    expect(found.argv).toEqual([node, "--no-warnings", entry]);
    expect(found.isNode).toBe(true);
    expect(found.programs).toEqual([entry, path.join(home, ".nvm/versions/node/v24/lib/node_modules/@x/server"), node]);
  });

  test("a project's own package: the node_modules that its dependencies are in", async () => {
    const entry = put("code/app/node_modules/server/cli.js", "#!/usr/bin/env node\n");
    put("code/app/package.json", "{}");
    expect((await ask(entry)).programs).toContain(path.join(home, "code/app/node_modules"));
    expect((await ask(entry)).programs).not.toContain(path.join(home, "code/app"));
  });

  test("a Python environment: its folder and the installation it was made from", async () => {
    const real = put(".pyenv/versions/3.12/bin/python3.12", "");
    put("code/app/.venv/pyvenv.cfg", `home = ${path.dirname(real)}\nversion = 3.12\n`);
    const python = path.join(home, "code/app/.venv/bin/python");
    fs.mkdirSync(path.dirname(python), { recursive: true });
    fs.symlinkSync(real, python);
    const found = await ask(python, ["-m", "server"]);
    // Called by its own name: that is how Python finds its environment.
    expect(found.argv).toEqual([python]);
    expect(found.isNode).toBe(false);
    expect(found.programs).toEqual([real, path.join(home, "code/app/.venv"), path.join(home, ".pyenv/versions/3.12")]);
  });

  test("never the home folder or anything above it, wherever a program lies", async () => {
    for (const file of ["bin/python3", "python3"]) {
      for (const folder of (await ask(put(file))).programs)
        expect(path.relative(folder, home).startsWith("..") || path.relative(home, folder) === file).toBe(true);
    }
  });
});

test("the script among an interpreter's arguments", () => {
  expect(firstScript(["--require", "a.js", "b.js", "c"], "node")).toBe("b.js");
  expect(firstScript(["run", "x.ts"], "bun")).toBe("x.ts");
  expect(firstScript(["-m", "module"], "python")).toBeNull();
  expect(firstScript(["-e", "1"], "node")).toBeNull();
  expect(firstScript(["--", "-odd.js"], "node")).toBe("-odd.js");
  expect(firstScript([], "node")).toBeNull();
});

test("a version manager's shim leads to the interpreter itself", async () => {
  const shim = put("versions/shims/node", `#!/bin/sh\nexec ${node} "$@"\n`);
  expect(isShim(shim, shim)).toBe(true);
  expect(isShim("/usr/bin/node", "/usr/bin/node")).toBe(false);
  expect(await behindShim(shim)).toBe(process.execPath === node ? node : process.execPath);
  expect(await behindShim(put("versions/shims/mystery", "#!/bin/sh\n"))).toBeNull();
});
