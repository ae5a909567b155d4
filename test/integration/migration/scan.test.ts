import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConfigFile, Scan } from "../../../shared/model/migration.ts";
import { scanSchema } from "../../../shared/model/migration.ts";
import { listRunning } from "../../../electron/migration/running.ts";
import { fakeTokens } from "../../fixtures/migration/fake-tokens.ts";
import { fingerprint, installCorpus, writeIn } from "../../fixtures/migration/home.ts";
import { scanHome } from "../../fixtures/migration/run-scan.ts";

// The real scan of real home folders: everything of the corpus at once, and what hostile or odd files make of it.

const noTrace = spawnSync("strace", ["-f", "-e", "trace=execve", "-o", "/dev/null", "true"]).status !== 0;
if (noTrace) console.warn("skipped: strace is missing or may not trace here, so the scan's system calls are not watched");

const token = fakeTokens["github"] ?? "";
let home = "";

beforeEach(() => {
  home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-test-home-")));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

const withToken = (value = token): string =>
  JSON.stringify({ mcpServers: { github: { command: "npx", args: ["-y", "x"], env: { GITHUB_TOKEN: value } } } });

function fileAt(scan: Scan, file: string): ConfigFile {
  const found = scan.files.find(({ path }) => path === inHome(file));
  if (found === undefined) throw new Error(`${file} is not in the scan: ${scan.files.map(({ path }) => path).join(", ")}`);
  return found;
}
const inHome = (file: string): string => (path.isAbsolute(file) ? file : path.join(home, file));
const kinds = (file: ConfigFile): readonly string[] => file.exposures.map(({ kind }) => kind);

describe("a home with everything", () => {
  it("gives every file with its entries and secrets, and no value of any", async () => {
    const installed = installCorpus(home);
    const { scan } = await scanHome(home);
    expect(scanSchema.parse(scan)).toEqual(scan);
    for (const { name, expected } of installed) {
      const where = expected.path.replace("/home/ada", home);
      const at = scan.files.filter((file) => file.path === where && (expected.project === null) === (file.project === null));
      const file = at.find((one) => one.entries.length === expected.entries.length && one.client === expected.client) ?? at[0];
      const isListed = expected.entries.length > 0 || expected.project === null;
      expect(file !== undefined, name).toBe(isListed);
      expect(file?.entries.map(({ server }) => server) ?? [], name).toEqual(expected.entries.map(({ server }) => server));
      const ticked = scan.secrets.filter((secret) => secret.file === file?.id && secret.class !== "unlikely");
      expect(new Set(ticked.map(({ server }) => server)), name).toEqual(new Set(expected.secrets.map(({ server }) => server)));
    }
    const text = JSON.stringify(scan);
    for (const value of Object.values(fakeTokens)) expect(text).not.toContain(value);
    for (const secret of scan.secrets) expect(secret.prefix.length).toBeLessThanOrEqual(Math.min(4, secret.length / 4));
    expect(new Set(scan.files.map(({ id }) => id)).size).toBe(scan.files.length);
    expect(new Set(scan.secrets.map(({ id }) => id)).size).toBe(scan.secrets.length);
  });

  it("has the same ids the next time, other hashes, and one name for a value in several places", async () => {
    installCorpus(home);
    const first = await scanHome(home);
    const second = await scanHome(home);
    expect(second.scan.secrets.map(({ id }) => id)).toEqual(first.scan.secrets.map(({ id }) => id));
    expect(second.scan.files.map(({ id }) => id)).toEqual(first.scan.files.map(({ id }) => id));
    const github = first.secrets.filter(({ detected }) => detected.value === token);
    expect(github.length).toBeGreaterThan(4);
    expect(new Set(github.map(({ found }) => found.sameAs)).size).toBe(1);
    expect(new Set(github.map(({ found }) => found.name)).size).toBe(1);
    expect(second.secrets.find(({ detected }) => detected.value === token)?.found.sameAs).not.toBe(github[0]?.found.sameAs);
  });

  it.skipIf(noTrace)("executes nothing but git, connects to nothing and writes nothing there", () => {
    installCorpus(home);
    hostileProject(path.join(home, "site"));
    const before = fingerprint(home);
    const log = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-test-trace-")), "log");
    const script = path.join(import.meta.dirname, "../../fixtures/migration/run-scan.ts");
    const calls =
      "trace=execve,execveat,connect,bind,sendto,openat,open,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,chmod,fchmodat,utimensat,symlinkat,linkat,truncate";
    const ran = spawnSync(
      "strace",
      ["-f", "-qq", "-s", "4096", "-e", calls, "-o", log, process.execPath, script, home, path.join(home, "site")],
      {
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: home, TMPDIR: os.tmpdir() },
      },
    );
    expect(ran.stderr).toBe("");
    expect(ran.status).toBe(0);
    const scan = scanSchema.parse(JSON.parse(ran.stdout));
    expect(scan.files.length).toBeGreaterThan(30);
    const lines = fs.readFileSync(log, "utf8").split("\n");
    fs.rmSync(path.dirname(log), { recursive: true });
    const executed = lines.flatMap((line) => /execve(?:at)?\("([^"]+)"/.exec(line)?.[1] ?? []);
    expect(executed[0]).toBe(process.execPath);
    expect(new Set(executed.slice(1).map((file) => path.basename(file)))).toEqual(new Set(["git"]));
    expect(lines.filter((line) => /\b(connect|bind|sendto)\(/.test(line))).toEqual([]);
    const changing = lines.filter(
      (line) =>
        line.includes(home) &&
        (/\bopen(at)?\(.*O_(WRONLY|RDWR|CREAT|TRUNC)/.test(line) || !/\b(open|openat|execve)\(/.test(line)) &&
        !/\bresumed>|\+\+\+|---/.test(line),
    );
    expect(changing).toEqual([]);
    for (const value of Object.values(fakeTokens))
      expect(executed.join("\n") + lines.filter((line) => line.includes("execve")).join("\n")).not.toContain(value);
    expect(fingerprint(home)).toEqual(before);
  });
});

/** Everything in a project that could make a careless reader run, follow or fetch something. */
function hostileProject(project: string): void {
  const canary = path.join(project, "canary");
  writeIn(project, "mcp.json", "");
  writeIn(project, "evil.sh", `#!/bin/sh\ntouch ${canary}\n`, 0o755);
  writeIn(
    project,
    ".mcp.json",
    JSON.stringify({
      mcpServers: {
        run: {
          command: `touch ${canary}`,
          args: [`$(touch ${canary})`, "`id`", "${HOME}", "${TOKEN:-" + token + "}"],
          env: { NODE_OPTIONS: `--require ${project}/evil.js` },
        },
        fetched: { type: "http", url: "http://127.0.0.1:9/${HOME}", headersHelper: `touch ${canary}` },
      },
    }),
  );
  const run = (...args: readonly string[]): void => {
    execFileSync("git", args, {
      cwd: project,
      env: {
        PATH: process.env["PATH"],
        HOME: project,
        GIT_AUTHOR_NAME: "a",
        GIT_AUTHOR_EMAIL: "a@b",
        GIT_COMMITTER_NAME: "a",
        GIT_COMMITTER_EMAIL: "a@b",
      },
    });
  };
  run("init", "-q");
  run("add", "-A");
  run("commit", "-q", "-m", "x");
  for (const key of ["core.fsmonitor", "core.sshCommand", "core.pager"]) run("config", key, path.join(project, "evil.sh"));
}

describe("a hostile project", () => {
  it("has its texts shown as they are: nothing expanded, nothing run", async () => {
    const project = path.join(home, "site");
    hostileProject(project);
    const { scan } = await scanHome(home, [project]);
    const entry = fileAt(scan, "site/.mcp.json").entries[0];
    expect(entry?.command).toBe(`touch ${project}/canary`);
    expect(entry?.args.slice(0, 3)).toEqual([`$(touch ${project}/canary)`, "`id`", "${HOME}"]);
    expect(entry?.args[3]).toBe("${TOKEN:-ghp_…}");
    expect(fs.existsSync(path.join(project, "canary"))).toBe(false);
    expect(kinds(fileAt(scan, "site/.mcp.json"))).toEqual(expect.arrayContaining(["git-tracked", "git-history"]));
  });

  it("has symlinks out of itself: refused, also by a folder on the way, and shown", async () => {
    const elsewhere = writeIn(home, "private/keys.json", withToken());
    const project = path.join(home, "site");
    fs.mkdirSync(path.join(project, "real"), { recursive: true });
    fs.symlinkSync(elsewhere, path.join(project, ".mcp.json"));
    fs.mkdirSync(path.join(home, "private/dot"));
    writeIn(home, "private/dot/mcp.json", withToken());
    fs.symlinkSync(path.join(home, "private/dot"), path.join(project, ".cursor"));
    writeIn(project, "real/mcp.json", withToken());
    fs.symlinkSync("real", path.join(project, ".roo"));
    fs.symlinkSync("nowhere", path.join(project, ".amp"));
    const { scan, secrets } = await scanHome(home, [project]);
    for (const file of ["site/.mcp.json", "site/.cursor/mcp.json"]) {
      expect(fileAt(scan, file)).toMatchObject({
        status: { kind: "refused", reason: expect.stringContaining("out of its project") as string },
        entries: [],
      });
    }
    expect(fileAt(scan, "site/.roo/mcp.json").status).toEqual({ kind: "ready" });
    expect(new Set(secrets.map(({ found }) => found.file))).toEqual(new Set([fileAt(scan, "site/.roo/mcp.json").id]));
  });

  it("is not looked for: only remembered and named projects are", async () => {
    writeIn(home, "unknown/.mcp.json", withToken());
    writeIn(home, "remembered/.mcp.json", withToken());
    writeIn(home, "named/.cursor/mcp.json", withToken());
    writeIn(
      home,
      ".claude.json",
      JSON.stringify({ projects: { [path.join(home, "remembered")]: {}, "//attacker.example/share": {}, "../relative": {}, [home]: {} } }),
    );
    const { scan } = await scanHome(home, [path.join(home, "named")]);
    expect(scan.files.map((file) => path.relative(home, file.path)).sort()).toEqual(["named/.cursor/mcp.json", "remembered/.mcp.json"]);
  });
});

describe("a much used machine", () => {
  it("has a thousand projects in a file of five megabytes, which is read once", async () => {
    const projects: Record<string, unknown> = {};
    for (let index = 0; index < 1_000; index++) {
      const project = path.join(home, "src", String(index));
      projects[project] = {
        history: ["x".repeat(5_000)],
        mcpServers: index === 700 ? { late: { command: "x", env: { API_TOKEN: token } } } : {},
      };
      fs.mkdirSync(project, { recursive: true });
    }
    writeIn(home, ".claude.json", JSON.stringify({ projects }));
    writeIn(home, "src/3/.vscode/mcp.json", JSON.stringify({ servers: { near: { command: "x", env: { API_TOKEN: token } } } }));
    const begun = performance.now();
    const { scan } = await scanHome(home);
    expect(performance.now() - begun).toBeLessThan(8_000);
    expect(scan.files.map(({ project, entries }) => [path.basename(project ?? ""), entries[0]?.server])).toEqual([
      ["700", "late"],
      ["3", "near"],
    ]);
  });
});

describe("odd files", () => {
  it.each([
    ["a pipe", () => execFileSync("mkfifo", [inHome(".cursor/mcp.json")]), "not an ordinary file"],
    ["a folder", () => fs.mkdirSync(inHome(".cursor/mcp.json")), "not an ordinary file"],
    ["a device", () => fs.symlinkSync("/dev/zero", inHome(".cursor/mcp.json")), "not an ordinary file"],
    ["a circle of symlinks", () => fs.symlinkSync("mcp.json", inHome(".cursor/mcp.json")), "circle"],
    ["a symlink to nothing", () => fs.symlinkSync("nothing", inHome(".cursor/mcp.json")), "symlink to nothing"],
    ["17 MiB", () => fs.writeFileSync(inHome(".cursor/mcp.json"), `{"mcpServers":{"a":"${"x".repeat(17 * 1024 * 1024)}"}}`), "16 MiB"],
    ["what does not parse", () => fs.writeFileSync(inHome(".cursor/mcp.json"), `{"mcpServers": {"a": "${token}" "b"`), ""],
  ])("%s is refused with the reason", async (_name, make, reason) => {
    fs.mkdirSync(inHome(".cursor"));
    make();
    const { scan } = await scanHome(home);
    const { status, entries } = fileAt(scan, ".cursor/mcp.json");
    expect(status.kind).toBe("refused");
    expect(status.kind === "refused" && status.reason).toContain(reason);
    expect(JSON.stringify(scan)).not.toContain(token);
    expect(entries).toEqual([]);
    expect(scan.absent).not.toContain("Cursor");
    expect(scan.absent).toContain("Codex");
  });

  it("passes over settings that do not parse and do not speak of servers", async () => {
    writeIn(home, ".config/Code/User/settings.json", '{ "editor.fontSize": }');
    writeIn(home, ".config/amp/settings.json", '{ "amp.mcpServers": }');
    const { scan } = await scanHome(home);
    expect(scan.files.map(({ path }) => path)).toEqual([inHome(".config/amp/settings.json")]);
  });

  it("tells who is here: an editor by its settings, not everything that could be inside it", async () => {
    writeIn(home, ".config/Code/User/settings.json", "{}");
    writeIn(home, "site/.vscode/mcp.json", JSON.stringify({ servers: { a: { command: "x" } } }));
    const { scan } = await scanHome(home, [inHome("site")]);
    expect(scan.absent).not.toContain("VS Code");
    expect(scan.absent).toEqual(expect.arrayContaining(["Amp", "VS Code Insiders", "VSCodium", "Cline", "Claude Code"]));
    expect(scan.files.map(({ clientName }) => clientName)).toEqual(["VS Code"]);
  });

  it("follows a dotfile’s symlink, and takes two names of one file for one", async () => {
    writeIn(home, "dotfiles/claude.json", withToken());
    fs.mkdirSync(inHome(".config/Claude"), { recursive: true });
    fs.symlinkSync(inHome("dotfiles/claude.json"), inHome(".config/Claude/claude_desktop_config.json"));
    fs.symlinkSync("Claude", inHome(".config/claude"));
    const { scan, files } = await scanHome(home);
    expect(scan.files.map(({ path }) => path)).toEqual([inHome(".config/Claude/claude_desktop_config.json")]);
    expect(files[0]?.content?.bytes.realPath).toBe(inHome("dotfiles/claude.json"));
  });
});

describe("what makes plaintext worse", () => {
  it("says who can read it, and in which cloud folder it lies", async () => {
    fs.chmodSync(home, 0o755);
    writeIn(home, ".cursor/mcp.json", withToken(), 0o644);
    fs.chmodSync(inHome(".cursor"), 0o755);
    writeIn(home, "Dropbox/dotfiles/q.json", withToken());
    fs.mkdirSync(inHome(".qwen"));
    fs.symlinkSync(inHome("Dropbox/dotfiles/q.json"), inHome(".qwen/settings.json"));
    const opened = await scanHome(home);
    expect(kinds(fileAt(opened.scan, ".cursor/mcp.json"))).toEqual(["world-readable"]);
    expect(kinds(fileAt(opened.scan, ".qwen/settings.json"))).toEqual(["synced"]);
    fs.chmodSync(inHome(".cursor"), 0o700);
    const closed = await scanHome(home);
    expect(kinds(fileAt(closed.scan, ".cursor/mcp.json"))).toEqual([]);
  });

  it("finds copies in backups, logs and shell histories, across chunks and escaped, and counts them", async () => {
    const password = 'pa"ss\\word-Zt3mVx9Lb2Rk5W';
    writeIn(home, ".qwen/settings.json", withToken(password));
    writeIn(home, ".qwen/settings.json.orig", withToken(password));
    writeIn(home, ".qwen/.settings.json.swp", `b0VIM ${password} ${password}`);
    writeIn(home, ".qwen/settings.json5", withToken(password));
    writeIn(home, ".bash_history", `${"x".repeat(1024 * 1024 - 10)}${password}${"y".repeat(2_000_000)}\n${password}\n`);
    writeIn(home, ".zsh_history", "nothing here\n");
    execFileSync("mkfifo", [inHome(".histfile")]);
    writeIn(home, ".codex/config.toml", `[mcp_servers.a]\ncommand = "x"\nenv = { API_TOKEN = "${token}" }\n`);
    writeIn(home, ".codex/history.jsonl", `{"text":"${token}"}\n`);
    const { scan } = await scanHome(home);
    const texts = fileAt(scan, ".qwen/settings.json").exposures.map(({ kind, text }) => `${kind}: ${text}`);
    expect(texts).toEqual([
      `shell-history: A shell’s history has a secret of this file in it, 2 times: ${inHome(".bash_history")}`,
      `backup: A copy has a secret of this file in it, once: ${inHome(".qwen/settings.json.orig")}`,
      `backup: A copy has a secret of this file in it, 2 times: ${inHome(".qwen/.settings.json.swp")}`,
    ]);
    expect(kinds(fileAt(scan, ".codex/config.toml"))).toEqual(["client-log"]);
    expect(JSON.stringify(scan)).not.toContain("ss\\\\word");
  });

  it("says nothing of files without secrets", async () => {
    writeIn(home, ".cursor/mcp.json", JSON.stringify({ mcpServers: { time: { command: "uvx", args: ["mcp-server-time"] } } }), 0o644);
    fs.chmodSync(home, 0o755);
    const { scan } = await scanHome(home);
    expect(fileAt(scan, ".cursor/mcp.json").exposures).toEqual([]);
  });
});

describe("what runs", () => {
  it("is known by its own name, and by its script’s in an interpreter", async () => {
    if (process.platform !== "linux") throw new Error("this test looks into /proc");
    const program = writeIn(home, "bin/Claude-Test-Client", "", 0o755);
    fs.copyFileSync("/bin/sleep", program);
    const script = writeIn(home, "lib/portcullis-test-gemini.js", "setTimeout(() => {}, 60000)");
    const children = [spawn(program, ["60"]), spawn(process.execPath, [script])];
    try {
      await expect.poll(async () => (await listRunning())(["Claude-Test-Client"]), { timeout: 5_000 }).toBe(true);
      await expect.poll(async () => (await listRunning())(["portcullis-test-gemini"]), { timeout: 5_000 }).toBe(true);
      expect((await listRunning())(["claude-test-client", "60"])).toBe(false);
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });
});
