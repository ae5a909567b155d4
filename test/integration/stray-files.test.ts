import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";

// Open files that we were started with, above a gap: Node closes only those below it in what it starts.

const linux = process.platform === "linux";
if (!linux) console.log("skipped: inherited files: other systems pass on nothing but a child's streams");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-strays-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Runs a module with a secret file open as number 200 and 203, and returns what it prints. */
async function withStrays(code: string): Promise<string> {
  const file = path.join(folder, "secret");
  fs.writeFileSync(file, "the terminal's own");
  const held = fs.openSync(file, "r");
  const stdio: ("ignore" | "pipe" | "inherit" | number)[] = ["ignore", "pipe", "inherit"];
  while (stdio.length < 200) stdio.push("ignore");
  stdio.push(held, "ignore", "ignore", held);
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio, cwd: import.meta.dirname });
  fs.closeSync(held);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const list = `"/bin/ls", ["-l", "/proc/self/fd"]`;

test.skipIf(!linux)("are not handed on to what we start", async () => {
  const plain = await withStrays(`
    import { spawn } from "node:child_process";
    spawn(${list}, { stdio: ["ignore", "inherit", "inherit"] });`);
  // What is to be kept from happening does happen otherwise.
  expect(plain).toMatch(/ 200 -> .*secret$/m);
  const ours = await withStrays(`
    import { runProgram } from "../../electron/run-program.ts";
    const { stdout } = await runProgram(${list}, { env: {}, timeoutMs: 5000, maxBytes: 65536 });
    process.stdout.write(stdout);`);
  expect(ours).not.toContain("secret");
  expect(ours).toMatch(/ 200 -> \/dev\/null$/m);
  expect(ours).toMatch(/ 203 -> \/dev\/null$/m);
  expect(ours).not.toMatch(/ 20[12] -> /);
});

test.skipIf(!linux)("do not hide that a program cannot be started", async () => {
  const said = await withStrays(`
    import { runProgram } from "../../electron/run-program.ts";
    const { problem } = await runProgram("/no/such/program", [], { env: {}, timeoutMs: 5000, maxBytes: 65536 });
    process.stdout.write(problem);`);
  expect(said).toContain("ENOENT");
});

test.skipIf(!linux)(
  "where hardly a file can be opened any more, are no reason to end: a program that cannot be run is a failure like any other",
  async () => {
    const code = `
    import fs from "node:fs";
    import { runProgram } from "../../electron/run-program.ts";
    import { createEnvironment } from "../../electron/servers/environment.ts";
    const seen = [];
    const held = [];
    const fill = () => { try { for (;;) held.push(fs.openSync("/dev/null", "r")) } catch {} };
    await runProgram("/bin/true", [], { env: {}, timeoutMs: 5000, maxBytes: 100 });
    for (let free = 0; free <= 10; free += 1) {
      fill();
      for (let i = 0; i < free; i += 1) fs.closeSync(held.pop());
      const { problem } = await runProgram("/bin/true", [], { env: {}, timeoutMs: 5000, maxBytes: 100 });
      const found = await createEnvironment({ env: { SHELL: "/bin/sh", PATH: "/usr/bin" }, platform: "linux", home: "/nowhere" }).searchPath();
      seen.push([problem === null ? "ran" : "failed", found.split(":").includes("/usr/bin")]);
    }
    for (const file of held) fs.closeSync(file);
    process.stdout.write(JSON.stringify(seen));`;
    const child = spawn("/bin/sh", ["-c", 'ulimit -n 256; exec "$0" "$@"', process.execPath, "--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: import.meta.dirname,
    });
    const said = ["", ""];
    for (const [index, stream] of [child.stdout, child.stderr].entries())
      stream.on("data", (chunk: Buffer) => (said[index] += chunk.toString()));
    await new Promise((resolve) => child.once("close", resolve));
    expect(said[1]).toBe("");
    const seen = JSON.parse(said[0] ?? "") as [string, boolean][];
    expect(seen[0]).toEqual(["failed", true]);
    expect(seen.at(-1)).toEqual(["ran", true]);
    expect(seen.every(([, found]) => found)).toBe(true);
  },
);
