import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCorpus } from "../fixtures/migration/corpus.ts";
import { mutate, seededRandom, type Bait } from "../fixtures/migration/mutate.ts";

// Threats 4 and 32: other apps' configs may come from a hostile repository. Reading them runs nothing, expands nothing, fetches nothing,
// writes nothing and ends in time, whatever they hold. The reader runs as it does in a scan, in a process that Node lets read only; the
// baits would show what was expanded (a variable, a file), run (a file that a command makes) or fetched (a listener that counts).

interface Report {
  readonly files: number;
  readonly opened: number;
  readonly refused: number;
  readonly entries: number;
  readonly secrets: number;
  readonly slowestMs: number;
  readonly slowest: string;
  readonly expanded: readonly string[];
  readonly changed: number;
  readonly denied: number;
  readonly formats: Readonly<Record<string, number>>;
}

interface Job {
  readonly seed: number;
  readonly count: number;
  readonly folder?: string;
  readonly control?: boolean;
}

const reader = path.join(import.meta.dirname, "../fixtures/migration/read-hostile.ts");
const variableValue = `variable-${createHash("sha256").update("variable").digest("hex")}`;
const fileContent = `content-${createHash("sha256").update("file").digest("hex")}`;
const count = 10_000;

let folder = "";
let listener: http.Server;
let visits = 0;
let bait: Bait;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-hostile-"));
  fs.writeFileSync(path.join(folder, "bait.txt"), fileContent);
  listener = http.createServer((_request, response) => {
    visits++;
    response.end("{}");
  });
  listener.on("connection", () => visits++);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  bait = {
    variable: "PORTCULLIS_BAIT",
    file: path.join(folder, "bait.txt"),
    marker: path.join(folder, "was-run"),
    origin: `http://127.0.0.1:${port}`,
  };
});

afterAll(async () => {
  listener.closeAllConnections();
  await new Promise((resolve) => listener.close(resolve));
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Runs the reader; `before` stands before node on the command line (strace). Rejects with its stderr if it fails. */
async function read(job: Job, before: readonly string[] = []): Promise<Report> {
  const full = JSON.stringify({ ...job, bait, canaries: [variableValue, fileContent] });
  const flags = [
    "--permission",
    "--allow-fs-read=*",
    "--disallow-code-generation-from-strings",
    "--max-old-space-size=512",
    "--disable-warning=ExperimentalWarning",
  ];
  const line = [...before, process.execPath, ...flags, reader, full];
  const child = spawn(line[0] ?? process.execPath, line.slice(1), {
    env: { ...process.env, NODE_OPTIONS: "", [bait.variable]: variableValue },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (status !== 0) throw new Error(`the reader ended with ${status}: ${errors.slice(0, 2000)}`);
  return JSON.parse(output) as Report;
}

describe("ten thousand hostile configs", () => {
  it("crash nothing, run nothing, expand nothing, fetch nothing, and end in time", { timeout: 300_000 }, async () => {
    const report = await read({ seed: 1, count });
    console.log(
      `${report.files} files: ${report.opened} read, ${report.refused} refused, ${report.entries} entries, ${report.secrets} secrets; ` +
        `slowest ${Math.round(report.slowestMs)} ms (${report.slowest}); ${JSON.stringify(report.formats)}`,
    );
    expect(report.files).toBe(count);
    expect(report.expanded).toEqual([]);
    expect(report.changed).toBe(0);
    expect(report.slowestMs).toBeLessThan(3000);
    expect(visits).toBe(0);
    expect(fs.existsSync(bait.marker)).toBe(false);
    // It was no exercise in refusing: much of it was read, and secrets were found in it. Every format had its share.
    expect(report.opened).toBeGreaterThan(count / 20);
    expect(report.refused).toBeGreaterThan(count / 20);
    expect(report.secrets).toBeGreaterThan(500);
    for (const format of ["json", "jsonc", "toml", "yaml"]) expect(report.formats[format] ?? 0).toBeGreaterThan(200);
  });

  it("on disk stay what they are, to the byte and the second, refused or not", { timeout: 120_000 }, async () => {
    const home = path.join(folder, "home");
    fs.mkdirSync(home);
    const corpus = loadCorpus();
    for (let index = 0; index < 400; index++) {
      const random = seededRandom(900_000 + index);
      const file = corpus[index % corpus.length];
      if (file === undefined) throw new Error("the corpus is empty");
      fs.writeFileSync(
        path.join(home, `${index % corpus.length}-${index}.config`),
        mutate(random, file.bytes, random.pick(corpus).bytes, bait),
        { mode: 0o640 },
      );
    }
    fs.symlinkSync(bait.file, path.join(home, "0-leads-out"));
    fs.symlinkSync("0-loop", path.join(home, "0-loop"));
    fs.mkdirSync(path.join(home, "0-folder"));
    fs.writeFileSync(path.join(home, "0-large"), Buffer.alloc(17 * 1024 * 1024, "{"));
    fs.writeFileSync(path.join(home, "0-deep"), `{"mcpServers":${"[".repeat(100_000)}`);
    spawnSync("mkfifo", [path.join(home, "0-pipe")]);
    const states = (): readonly string[] =>
      fs.readdirSync(home).map((name) => {
        const stat = fs.lstatSync(path.join(home, name), { bigint: true });
        const hash = stat.isFile()
          ? createHash("sha256")
              .update(fs.readFileSync(path.join(home, name)))
              .digest("hex")
          : "";
        return [name, stat.ino, stat.mode, stat.size, stat.mtimeNs, stat.ctimeNs, hash].join(" ");
      });
    const before = states();
    const report = await read({ seed: 0, count: 0, folder: home });
    expect(report.files).toBe(before.length);
    expect(report.expanded).toEqual([]);
    expect(report.refused).toBeGreaterThan(20);
    expect(report.opened).toBeGreaterThan(20);
    expect(report.slowestMs).toBeLessThan(3000);
    expect(states()).toEqual(before);
    expect(visits).toBe(0);
    expect(fs.existsSync(bait.marker)).toBe(false);
  });

  it("would be noticed if they did", async () => {
    const before = visits;
    const report = await read({ seed: 1, count: 1, control: true });
    expect(report.expanded).toEqual(["a variable", "a file"]);
    // Newer versions of Node deny the connection, too; older ones let it be counted.
    expect(report.denied + (visits > before ? 1 : 0)).toBe(3);
    expect(fs.existsSync(bait.marker)).toBe(false);
    visits = before;
  });

  const strace = spawnSync("strace", ["-V"]).status === 0;
  if (!strace)
    console.log("skipped: strace is not installed, so the kernel's own record of what was run and connected to is not looked at");
  it.skipIf(!strace)("make no process and no connection, by the kernel's own record", { timeout: 180_000 }, async () => {
    const record = path.join(folder, "strace.txt");
    await read({ seed: 50_000, count: 500 }, ["strace", "-f", "-qq", "-e", "trace=execve,connect,bind,sendto", "-o", record]);
    const calls = fs
      .readFileSync(record, "utf8")
      .split("\n")
      .filter((line) => / (?:execve|connect|bind|sendto)\(/.test(line));
    // strace's own start of node is one; with nothing else there is nothing to explain.
    expect(calls.filter((line) => !line.includes("execve(")).map((line) => line.slice(0, 200))).toEqual([]);
    expect(calls.length).toBe(1);
  });
});
