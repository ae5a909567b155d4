import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRig, until } from "../fixtures/registry/rig.ts";
import type { Rig } from "../fixtures/registry/rig.ts";

// Threats 28 and 29: what a program needs to be read is found by looking at the disk, and a server can write to some of that disk. What it
// writes there must never open anything at its next start.
let rig: Rig;
const someone = { client: "a", sessionId: "a" };
beforeAll(async () => {
  rig = await createRig();
  put("private/diary.txt", "DIARY");
});
afterAll(async () => {
  await rig.close();
});

function put(file: string, text: string, mode = 0o644): string {
  const full = path.join(rig.home, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text, { mode });
  return full;
}

/** What it wrote to stdout until it ended, or why it was not started. */
async function output(name: string): Promise<string> {
  const launched = await rig.registry.launch(name, someone);
  if (!launched.ok) return `${launched.error.code}: ${launched.error.message}`;
  let said = "";
  launched.value.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  await launched.value.exited;
  await until("its output was read", () => launched.value.stdout.readableEnded || launched.value.stdout.destroyed);
  return said.trim();
}

/** The Python behind every link and shim, or null where there is none. */
function python(): string | null {
  try {
    const said = execFileSync("python3", ["-c", "import os, sys; print(os.path.realpath(sys.executable))"], { encoding: "utf8" });
    return said.trim();
  } catch {
    return null;
  }
}

describe("a server that prepares its own next start", () => {
  test("opens nothing by a link that is named like the value of an option", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const diary = path.join(rig.home, "private/diary.txt");
    const script = put(
      "option/server.js",
      `const fs = require("fs");
       const read = (f) => { try { return fs.readFileSync(f, "utf8") } catch (e) { return e.code } };
       console.log(read(${JSON.stringify(diary)}));
       for (const name of ["ExperimentalWarning", "named.js"]) {
         try { fs.symlinkSync(${JSON.stringify(path.dirname(diary))}, process.env.HOME + "/" + name) } catch {}
       }`,
    );
    await rig.registry.add("option", { command: process.execPath, args: ["--disable-warning", "ExperimentalWarning", script] }, true);
    expect(await output("option")).toBe("ENOENT");
    expect(await output("option")).toBe("ENOENT");
  });

  test("opens nothing by a link in its own folder that has the name of its script", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    // Node finds no such script at either start; what counts is what was opened for it.
    await rig.registry.add("relative", { command: process.execPath, args: ["server.js"] }, true);
    await output("relative");
    fs.symlinkSync(path.join(rig.home, "private/diary.txt"), path.join(rig.data, "state", "relative", "server.js"));
    const explained = await rig.registry.explain("relative");
    expect(explained.ok ? explained.value.plan.join("\n") : explained.error.message).not.toContain(path.join(rig.home, "private"));
  });

  test("opens nothing by the `home` of its virtual environment", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const real = python() ?? "";
    if (real === "") skip("there is no python3 here");
    fs.mkdirSync(path.join(rig.home, "private/deep"));
    // A folder with a Python in it is no installation of that Python either.
    fs.mkdirSync(path.join(rig.home, "private/bin"));
    fs.symlinkSync(real, path.join(rig.home, "private/bin/python3"));
    const diary = path.join(rig.home, "private/diary.txt");
    put("project/.venv/pyvenv.cfg", `home = ${path.dirname(real)}\n`);
    fs.mkdirSync(path.join(rig.home, "project/.venv/bin"));
    fs.symlinkSync(real, path.join(rig.home, "project/.venv/bin/python"));
    const script = put(
      "project/server.py",
      [
        "import os, sys",
        "try: print(open(sys.argv[1]).read())",
        "except OSError as error: print(error.strerror)",
        "config = sys.prefix + '/pyvenv.cfg'",
        "name = 'deep' if 'deep' not in open(config).read() else 'bin'",
        "open(config, 'w').write('home = ' + os.path.dirname(sys.argv[1]) + '/' + name + '\\n')",
      ].join("\n"),
    );
    await rig.registry.add(
      "venv",
      {
        command: path.join(rig.home, "project/.venv/bin/python"),
        args: [script, diary],
        sandbox: { write: [path.join(rig.home, "project")] },
      },
      true,
    );
    expect(await output("venv")).toBe("No such file or directory");
    for (const name of ["deep", "bin"]) {
      put("project/.venv/pyvenv.cfg", `home = ${path.join(rig.home, "private", name)}\n`);
      const explained = await rig.registry.explain("venv");
      const plan = explained.ok ? explained.value.plan.filter((line) => line.startsWith("May")).join("\n") : explained.error.message;
      expect(plan).toContain(path.join(rig.home, "project"));
      expect(plan).not.toContain(path.join(rig.home, "private"));
    }
  });
});
