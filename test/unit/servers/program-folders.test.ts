import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { programFolders } from "../../../electron/servers/program-folders.ts";
import { firstScript } from "../../../electron/servers/script-argument.ts";
import { createShims } from "../../../electron/servers/shims.ts";

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
const ask = (program: string, args: readonly string[] = [], cwd: string | null = null): ReturnType<typeof programFolders> =>
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

  test("a script named from nowhere, a folder and what is no file open nothing", async () => {
    put("code/server/package.json", "{}");
    const script = put("code/server/main.js");
    fs.symlinkSync("/", path.join(home, "all"));
    expect((await ask(node, ["main.js"])).programs).toEqual([node]);
    for (const value of [home, path.join(home, "all"), "/dev/null", path.join(home, "code")])
      expect((await ask(node, [value])).programs).toEqual([node]);
    expect((await ask(node, [path.dirname(script)])).programs).toEqual([
      node,
      path.join(home, "code/server/package.json"),
      path.join(home, "code/server"),
    ]);
  });

  test("a folder's own entry is not taken from where a link leads", async () => {
    put("private/package.json", "{}");
    fs.mkdirSync(path.join(home, "code"));
    fs.symlinkSync(path.join(home, "private/package.json"), path.join(home, "code/package.json"));
    expect((await ask(node, [path.join(home, "code")])).programs).toEqual([node]);
  });

  test("a home folder that is a link itself is not opened by its real name", async () => {
    put("real/package.json", "{}");
    put("real/server.js");
    const link = path.join(home, "link");
    fs.symlinkSync(path.join(home, "real"), link);
    const question = { program: node, args: [path.join(link, "server.js")], cwd: null, home: link };
    const found = await programFolders({ ...question, findInterpreter: () => Promise.resolve(null) });
    expect(found.programs).toEqual([node, path.join(link, "server.js")]);
  });

  test("a script in the home folder itself opens the script and nothing else", async () => {
    put("package.json", "{}");
    const script = put("server.js");
    expect((await ask(node, [script])).programs).toEqual([node, script]);
  });

  test("a global package by its link: itself, run by Node that a login shell finds", async () => {
    const entry = put(
      ".nvm/versions/node/v24/lib/node_modules/@x/server/dist/cli.js",
      "#!/usr/bin/env -S node --no-warnings --conditions=x\n",
    );
    put(".nvm/versions/node/v24/lib/node_modules/other/secret.js");
    const link = path.join(home, ".nvm/versions/node/v24/bin/server");
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(entry, link);
    const found = await ask(link, ["--a"]);
    expect(found.argv).toEqual([node, "--no-warnings", "--conditions=x", entry]);
    expect(found.isNode).toBe(true);
    expect(found.programs).toEqual([link, path.join(home, ".nvm/versions/node/v24/lib/node_modules/@x/server"), node]);
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
    expect(found.programs).toEqual([python, path.join(home, "code/app/.venv"), path.join(home, ".pyenv/versions/3.12")]);
  });

  test("a Python environment that names another installation than its own: only its folder", async () => {
    const real = put("python/bin/python3.13t", "");
    const python = path.join(home, "code/.venv/bin/python");
    fs.mkdirSync(path.dirname(python), { recursive: true });
    fs.symlinkSync(real, python);
    put("private/notes.txt");
    fs.mkdirSync(path.join(home, "private/bin"));
    fs.symlinkSync(real, path.join(home, "private/bin/python3"));
    for (const base of [path.join(home, "private/notes"), path.join(home, "private/bin"), "/", "private", path.join(home, "none")]) {
      put("code/.venv/pyvenv.cfg", `home = ${base}\n`);
      expect((await ask(python)).programs).toEqual([python, path.join(home, "code/.venv")]);
    }
    put("code/.venv/pyvenv.cfg", `home = ${path.dirname(real)}\n`);
    expect((await ask(python)).programs).toEqual([python, path.join(home, "code/.venv"), path.join(home, "python")]);
  });

  test("what is in the place of a pyvenv.cfg is not waited for", async () => {
    const real = put("python/bin/python3", "");
    const python = path.join(home, "code/.venv/bin/python");
    fs.mkdirSync(path.dirname(python), { recursive: true });
    fs.symlinkSync(real, python);
    const config = path.join(home, "code/.venv/pyvenv.cfg");
    for (const device of ["/dev/zero", "fifo"]) {
      if (device === "fifo") execFileSync("mkfifo", [config]);
      else fs.symlinkSync(device, config);
      expect((await ask(python)).programs).toEqual([python, path.join(home, "python")]);
      fs.rmSync(config);
    }
  });

  test("never the home folder or anything above it, wherever a program lies", async () => {
    for (const file of ["bin/python3", "python3"]) {
      for (const folder of (await ask(put(file))).programs)
        expect(path.relative(folder, home).startsWith("..") || path.relative(home, folder) === file).toBe(true);
    }
  });
});

test.each<[string, string, string | null]>([
  ["node", "--require a.js b.js c", "b.js"],
  ["node", "--disable-warning ExperimentalWarning s.js", "s.js"],
  ["node", "--disable_warning X --title t --experimental-config-file=c s.js", "s.js"],
  ["node", "--inspect --inspect-port 1 --enable-source-maps -C dev -i s.js", "s.js"],
  ["node", "-e 1", null],
  ["node", "-pe 1", null],
  ["node", "--eval=1 s.js", null],
  ["node", "--run start", null],
  ["node", "- s.js", null],
  ["node", "-- -odd.js", "-odd.js"],
  ["node", "--print 1 s.js", null],
  ["node", "-r=a.js s.js", "s.js"],
  ["bun", "exec x.ts", null],
  ["bun", "--print 1 x.ts", null],
  ["deno", "eval 1 x.ts", null],
  ["deno", "repl x.ts", null],
  ["deno", "x jsr:@a/b x.ts", null],
  ["python", "-Wdefault s.py", "s.py"],
  ["ruby", "-W:no-deprecated s.rb", "s.rb"],
  ["ruby", "-e 1 s.rb", null],
  ["perl", "-E 1 s.pl", null],
  ["perl", "-w=e s.pl", "s.pl"],
  ["php", "-fs.php x", "s.php"],
  ["php", "--file s.php x", "s.php"],
  ["php", "-r 1 s.php", null],
  ["php", "--run 1 s.php", null],
  ["node", "--max-old-space-size=100 s.js", "s.js"],
  ["node", "", null],
  ["bun", "run x.ts", "x.ts"],
  ["bun", "--cwd /p --preload a run --smol x.ts run", "x.ts"],
  ["bun", "x cowsay", null],
  ["bun", "run run", "run"],
  ["deno", "run -A --config d.json -L debug --allow-net=a x.ts", "x.ts"],
  ["deno", "run -ARc d.json x.ts", "x.ts"],
  ["deno", "serve --port 1 x.ts", "x.ts"],
  ["deno", "task x.ts", null],
  ["python", "-m module", null],
  ["python", "-Im module", null],
  ["python", "-c code s.py", null],
  ["python", "-uW default -X dev -Xutf8 --check-hash-based-pycs never -I s.py x", "s.py"],
  ["ruby", "-W0 -I lib -rjson -C /p s.rb", "s.rb"],
  ["perl", "-Mstrict -I lib -w s.pl", "s.pl"],
  ["perl", "-we 1", null],
  ["php", "-d a=b -f s.php x", "s.php"],
  ["php", "--file=s.php", "s.php"],
  ["php", "-S localhost:1 s.php", null],
])("the script among the arguments of %s: %s", (interpreter, args, script) => {
  expect(
    firstScript(
      args.split(" ").filter((arg) => arg !== ""),
      interpreter,
    ),
  ).toBe(script);
});

test("no option of the Node that runs here is unknown", () => {
  const code = "console.log(JSON.stringify([...require('internal/options').getCLIOptionsInfo().options]))";
  const said = execFileSync(process.execPath, ["--expose-internals", "-e", code], { encoding: "utf8" });
  // Node's own numbers: 0 to 2 are no option, one of V8's, and a switch.
  const taking = (JSON.parse(said) as [string, { readonly type: number }][]).filter(([, { type }]) => type > 2).map(([name]) => name);
  expect(taking.length).toBeGreaterThan(50);
  for (const name of taking)
    expect(firstScript([name, "value", "s.js"], "node"), name).toBe(["--eval", "--run"].includes(name) ? null : "s.js");
});

test("a version manager's shim leads to the interpreter itself", async () => {
  const moved = path.join(home, "elsewhere");
  const env = { PYENV_ROOT: moved, ASDF_DATA_DIR: "relative" };
  const shims = createShims({ env, home, searchPath: () => Promise.resolve("/usr/bin:/bin"), mark: () => ({}) });
  const shim = put(".nodenv/shims/node", `#!/bin/sh\nexec ${node} "$@"\n`);
  expect(shims.isShim(shim)).toBe(true);
  expect(await shims.behind(shim)).toBe(node);
  expect(await shims.behind(put(".nodenv/shims/mystery", "#!/bin/sh\n"))).toBeNull();
  for (const folder of [".pyenv/shims", ".rbenv/shims", ".asdf/shims", ".local/share/mise/shims", ".volta/bin", "elsewhere/shims"])
    expect(shims.isShim(path.join(home, folder, "node")), folder).toBe(true);
  for (const folder of ["shims", "work/shims", "work/.volta/bin", ".pyenv/shims/more", ".pyenv", "relative/shims"])
    expect(shims.isShim(path.join(home, folder, "node")), folder).toBe(false);
});
