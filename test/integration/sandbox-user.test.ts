// The same box for an ordinary user, who has no right but to make user namespaces; and what the limits really do.
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { findTool } from "../../electron/sandbox/linux-machine.ts";
import type { BoxRequest } from "../../electron/sandbox/sandbox.ts";
import { createTestBox, node } from "../fixtures/sandbox/test-box.ts";

const box = await createTestBox();
const root = process.geteuid?.() === 0;
const NOBODY = 65_534;
const once = fileURLToPath(new URL("../fixtures/sandbox/box-once.ts", import.meta.url));

interface Answer {
  readonly capability?: { readonly kind: string; readonly reason?: string };
  readonly stdout?: string;
  readonly stderr?: string;
  readonly error?: { readonly message: string };
}

function runAsUser(home: string, over: Partial<BoxRequest>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    execFile(
      node,
      [once, home, JSON.stringify(over)],
      { ...(root ? { uid: NOBODY, gid: NOBODY } : {}), cwd: "/", env: { PATH: process.env["PATH"] ?? "", HOME: home } },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`${error.message}\n${stderr}`));
        else resolve(JSON.parse(stdout) as Answer);
      },
    );
  });
}

function userHome(): string {
  const home = fs.mkdtempSync("/var/tmp/portcullis-user-");
  fs.mkdirSync(path.join(home, ".ssh"));
  fs.writeFileSync(path.join(home, ".ssh", "id_rsa"), "PRIVATE KEY");
  fs.writeFileSync(path.join(home, "note"), "a note");
  if (root) for (const place of ["", ".ssh", ".ssh/id_rsa", "note"]) fs.chownSync(path.join(home, place), NOBODY, NOBODY);
  return home;
}

const home = userHome();
const reachable = ((): boolean => {
  // As another user the checkout and Node must be readable.
  if (!root) return true;
  for (let place = path.dirname(once); place !== "/"; place = path.dirname(place))
    if ((fs.statSync(place).mode & 0o005) !== 0o005) return false;
  for (let place = node; place !== "/"; place = path.dirname(place)) if ((fs.statSync(place).mode & 0o005) !== 0o005) return false;
  return true;
})();
if (!reachable) console.log("skipped: the checkout is not readable for an ordinary user");

afterAll(async () => {
  fs.rmSync(home, { recursive: true, force: true });
  await box.close();
});

describe.skipIf(box.cannot !== undefined || process.platform !== "linux" || !reachable)("as an ordinary user", () => {
  it("is boxed just the same", async () => {
    const code = `const fs = require("fs"); const t = (f) => { try { return f() } catch (e) { return e.code } };
      console.log(JSON.stringify([process.getuid(), t(() => fs.readFileSync(${JSON.stringify(path.join(home, "note"))}, "utf8")),
        t(() => fs.readFileSync(${JSON.stringify(path.join(home, ".ssh/id_rsa"))}, "utf8")), t(() => fs.writeFileSync(process.env.HOME + "/x", "x")),
        t(() => fs.writeFileSync("/usr/x", "x")), /^CapEff:\\t0+$/m.test(fs.readFileSync("/proc/self/status", "utf8"))]))`;
    const answer = await runAsUser(home, { argv: [node, "-e", code], read: ["~"] });
    expect(answer.error).toBeUndefined();
    expect(JSON.parse(answer.stdout ?? "[]")).toEqual([root ? NOBODY : process.getuid?.(), "a note", "ENOENT", null, "EROFS", true]);
  });

  it("reaches its hosts and no others", async () => {
    const server = http.createServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const { port } = server.address() as AddressInfo;
    const code = `(async () => { for (const url of ["http://localhost:${port}", "http://localhost:1", "http://127.0.0.1:${port}/", "http://example.com"]) console.log(await fetch(url).then((r) => r.text(), () => "failed")) })()`;
    const answer = await runAsUser(home, { argv: [node, "-e", code], hosts: [`localhost:${port}`] });
    server.close();
    expect(answer.error).toBeUndefined();
    // 127.0.0.1 is where the forward for localhost listens.
    expect(answer.stdout).toMatch(/^hello\nfailed\nhello\n(failed|)/);
    expect(answer.stdout?.trimEnd().split("\n").at(-1)).not.toContain("Example Domain");
  });

  it("is held to its number of processes", async () => {
    const code = `const { spawn } = require("child_process"); let ok = 0, bad = 0, done = 0; for (let i = 0; i < 60; i++) { const note = (good) => { good ? ok++ : bad++; if (++done === 60) { console.log(JSON.stringify({ ok, bad })); process.exit() } };
      try { const c = spawn("/bin/sleep", ["5"]); c.once("spawn", () => note(true)); c.once("error", () => note(false)); } catch { note(false) } }`;
    const answer = await runAsUser(home, { argv: [node, "-e", code], limits: { processes: 40 } });
    const { ok, bad } = JSON.parse(answer.stdout ?? "{}") as { ok: number; bad: number };
    expect(ok).toBeGreaterThan(5);
    expect(ok).toBeLessThan(40);
    expect(bad).toBe(60 - ok);
  });
});

describe.skipIf(box.cannot !== undefined || process.platform !== "linux")("limits", () => {
  it("hold memory", async () => {
    const code = `try { const kept = []; for (let i = 0; i < 40; i++) { kept.push(Buffer.alloc(32 * 1024 * 1024, 1)); } console.log("allocated") } catch (error) { console.log("refused") }`;
    // Node itself takes up to 575.
    const tight = await box.script(code, { limits: { memoryMb: 768 } });
    expect(tight.stdout).toBe("refused\n");
    const wide = await box.script(code, { limits: { memoryMb: 4096 } });
    expect(wide.stdout).toBe("allocated\n");
  });

  it("hold what is kept in memory by way of files, where bubblewrap can", async (context) => {
    const knows = execFileSync(findTool("bwrap", process.env["PATH"] ?? "") ?? "", ["--help"], { encoding: "utf8" }).includes("--size");
    context.skip(!knows, "this bubblewrap cannot limit a file system in memory (before 0.7)");
    const code = `const fs = require("fs"); const piece = Buffer.alloc(1 << 20);
      console.log(JSON.stringify(["/tmp", "/var/tmp", "/dev/shm"].map((place) => { const file = fs.openSync(place + "/fill", "w"); let pieces = 0;
        try { for (; pieces < 800; pieces++) fs.writeSync(file, piece); return pieces } catch (error) { return [error.code, pieces > 690 && pieces <= 700] }
        finally { fs.closeSync(file); fs.unlinkSync(place + "/fill") } })))`;
    const ran = await box.script(code, { limits: { memoryMb: 700 } });
    expect(JSON.parse(ran.stdout)).toEqual(Array.from({ length: 3 }, () => ["ENOSPC", true]));
  });

  it("hold open files", async () => {
    const code = `let n = 0; try { for (; n < 500; n++) require("fs").openSync("/dev/null") } catch (error) { console.log(error.code, n < 200) }`;
    expect((await box.script(code, { limits: { openFiles: 128 } })).stdout).toBe("EMFILE true\n");
  });
});
