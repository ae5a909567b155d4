import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findGit } from "../../../electron/migration/find-git.ts";
import { gitStanding, type GitStanding } from "../../../electron/migration/git-standing.ts";
import { createMachine } from "../../../electron/migration/machine.ts";
import { fakeTokens } from "../../fixtures/migration/fake-tokens.ts";
import { fingerprint } from "../../fixtures/migration/home.ts";

// Real repositories, kind and hostile, seen through the real git.

const secret = fakeTokens["github"] ?? "";
let folder = "";
let deps: Awaited<ReturnType<typeof findGit>>;

beforeEach(async () => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-test-git-")));
  deps = await findGit(createMachine({ PATH: process.env["PATH"] }, folder));
  if (deps.program === null) throw new Error("these tests need git");
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function git(cwd: string, ...args: readonly string[]): string {
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@example.com",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@example.com",
  };
  return execFileSync("git", ["-c", "protocol.file.allow=always", ...args], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function repository(name: string): string {
  const root = path.join(folder, name);
  fs.mkdirSync(root);
  git(root, "init", "-q", "-b", "main");
  return root;
}

function write(root: string, text: string, name = ".mcp.json"): string {
  const file = path.join(root, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

function commit(root: string, message: string): void {
  git(root, "add", "-A", "-f");
  git(root, "commit", "-q", "-m", message);
}

const look = (file: string, values: readonly string[] = [secret]): Promise<GitStanding> => gitStanding(file, values, deps);

describe("a file in a work tree", () => {
  it("is not in one at all", async () => {
    expect(await look(write(folder, secret))).toEqual({ kind: "none" });
  });

  it("is untracked, then ignored by each kind of ignore file", async () => {
    const root = repository("a");
    const file = write(root, secret, "sub/.mcp.json");
    expect(await look(file)).toMatchObject({ kind: "known", root, tracked: false, ignored: false, history: { versions: 0 } });
    fs.writeFileSync(path.join(root, ".gitignore"), ".mcp.json\n");
    expect(await look(file)).toMatchObject({ tracked: false, ignored: true });
    fs.rmSync(path.join(root, ".gitignore"));
    fs.writeFileSync(path.join(root, ".git", "info", "exclude"), "sub/\n");
    expect(await look(file)).toMatchObject({ ignored: true });
    fs.writeFileSync(path.join(root, ".git", "info", "exclude"), "");
    const ignoreFile = path.join(folder, "ignore");
    fs.writeFileSync(ignoreFile, ".mcp.json\n");
    expect(await gitStanding(file, [secret], { ...deps, ignoreFile })).toMatchObject({ ignored: true });
    fs.writeFileSync(path.join(root, ".gitignore"), "odd*\n");
    expect(await look(write(root, secret, ":(top)x[*]/odd.json"))).toMatchObject({ ignored: true });
    expect(await look(write(root, secret, ":(top)x[*]/even.json"))).toMatchObject({ ignored: false });
  });

  it("is tracked, with and without the secret in its history", async () => {
    const root = repository("a");
    const file = write(root, "{}");
    commit(root, "without");
    expect(await look(file)).toMatchObject({ tracked: true, history: { versions: 1, withSecrets: 0, pushed: false, complete: true } });
    write(root, JSON.stringify({ token: secret }));
    commit(root, "with");
    write(root, "{}");
    commit(root, "taken out again");
    expect(await look(file)).toMatchObject({ tracked: true, history: { versions: 3, withSecrets: 1, pushed: false } });
  });

  it("was committed on another branch and removed since", async () => {
    const root = repository("a");
    write(root, "x", "readme");
    commit(root, "first");
    git(root, "checkout", "-q", "-b", "side");
    write(root, secret);
    commit(root, "secret on a branch");
    git(root, "checkout", "-q", "main");
    const file = write(root, secret);
    expect(await look(file)).toMatchObject({ tracked: false, history: { versions: 1, withSecrets: 1 } });
  });

  it("is pushed only when the remote has the version with the secret", async () => {
    const bare = path.join(folder, "remote.git");
    git(folder, "init", "-q", "--bare", bare);
    const root = repository("a");
    const file = write(root, "{}");
    commit(root, "without");
    git(root, "remote", "add", "origin", bare);
    git(root, "push", "-q", "origin", "main");
    write(root, secret);
    commit(root, "with");
    expect(await look(file)).toMatchObject({ history: { withSecrets: 1, pushed: false } });
    git(root, "push", "-q", "origin", "main");
    git(root, "pack-refs", "--all");
    git(root, "gc", "-q");
    expect(await look(file)).toMatchObject({ history: { withSecrets: 1, pushed: true } });
  });

  it("is found in a linked work tree, a submodule, a shallow clone and a SHA-256 repository", async () => {
    const root = repository("a");
    write(root, secret);
    commit(root, "with");
    git(root, "worktree", "add", "-q", path.join(folder, "linked"));
    expect(await look(path.join(folder, "linked", ".mcp.json"))).toMatchObject({
      kind: "known",
      tracked: true,
      history: { withSecrets: 1 },
    });

    const outer = repository("outer");
    git(outer, "submodule", "--quiet", "add", root, "inner");
    expect(await look(path.join(outer, "inner", ".mcp.json"))).toMatchObject({
      kind: "known",
      tracked: true,
      history: { withSecrets: 1, pushed: true },
    });

    git(folder, "clone", "-q", "--depth", "1", `file://${root}`, "shallow");
    expect(await look(path.join(folder, "shallow", ".mcp.json"))).toMatchObject({
      kind: "known",
      tracked: true,
      history: { withSecrets: 1 },
    });

    const wide = path.join(folder, "wide");
    git(folder, "init", "-q", "--object-format=sha256", wide);
    write(wide, secret);
    commit(wide, "with");
    expect(await look(path.join(wide, ".mcp.json"))).toMatchObject({ tracked: true, history: { withSecrets: 1 } });
  });

  it("has a name that git would take for a pattern or an option", async () => {
    const root = repository("a");
    const file = write(root, secret, "-x [*] :(top) ä/.mcp.json");
    write(root, "{}", "other/.mcp.json");
    commit(root, "with");
    expect(await look(file)).toMatchObject({ tracked: true, history: { versions: 1, withSecrets: 1 } });
  });

  it("looks at the newest versions only, and says so", async () => {
    const root = repository("a");
    const file = write(root, secret);
    commit(root, "with");
    const stream = ["reset refs/heads/main\nfrom refs/heads/main^0\n"];
    for (let i = 0; i < 320; i++) {
      const text = `{"n":${i}}`;
      stream.push(
        `commit refs/heads/main\ncommitter a <a@example.com> ${1_700_000_000 + i} +0000\ndata 1\nx\nM 644 inline .mcp.json\ndata ${text.length}\n${text}\n`,
      );
    }
    execFileSync("git", ["fast-import", "--quiet"], {
      cwd: root,
      input: stream.join(""),
      env: { PATH: process.env["PATH"], HOME: folder },
    });
    expect(await look(file)).toMatchObject({ history: { versions: 301, withSecrets: 0, complete: false } });
  });
});

describe("a hostile repository", () => {
  it("has no program of its config, hooks or attributes run, and nothing written", async () => {
    const root = repository("a");
    const file = write(root, secret);
    commit(root, "with");
    const canary = path.join(folder, "canary");
    const script = path.join(folder, "evil.sh");
    fs.writeFileSync(script, `#!/bin/sh\necho ran >> ${canary}\n`, { mode: 0o755 });
    for (const key of [
      "core.fsmonitor",
      "core.pager",
      "core.sshCommand",
      "core.editor",
      "diff.external",
      "gpg.program",
      "filter.x.clean",
      "filter.x.smudge",
      "core.alternateRefsCommand",
      "uploadpack.packObjectsHook",
      "credential.helper",
      "core.gitProxy",
    ]) {
      git(root, "config", key, script);
    }
    for (const [key, value] of [
      ["core.hooksPath", folder],
      ["log.showSignature", "true"],
      ["alias.ls-files", `!${script}`],
      ["alias.rev-list", `!${script}`],
      ["protocol.ext.allow", "always"],
      ["remote.origin.url", `ext::${script}`],
      ["remote.origin.promisor", "true"],
      ["extensions.partialClone", "origin"],
    ] as const)
      git(root, "config", key, value);
    fs.writeFileSync(path.join(root, ".gitattributes"), "* filter=x diff=x\n");
    for (const hook of ["post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"])
      fs.copyFileSync(script, path.join(folder, hook));
    // git itself would run it: what follows is no empty promise.
    execFileSync("git", ["status"], { cwd: root, env: { PATH: process.env["PATH"], HOME: folder }, stdio: "ignore" });
    expect(fs.existsSync(canary)).toBe(true);
    fs.rmSync(canary);
    const before = fingerprint(root);
    const temporary = path.join(folder, "tmp");
    fs.mkdirSync(temporary);
    const { TMPDIR } = process.env;
    process.env["TMPDIR"] = temporary;
    expect(await look(file)).toMatchObject({ kind: "known", tracked: true, history: { withSecrets: 1 } });
    expect(fs.existsSync(canary)).toBe(false);
    expect(fingerprint(root)).toEqual(before);
    expect(fs.readdirSync(temporary)).toEqual([]);
    if (TMPDIR === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = TMPDIR;
  });

  it("misses an object and has a remote that would bring it: nothing is fetched", async () => {
    const root = repository("a");
    const file = write(root, secret);
    commit(root, "with");
    const blob = git(root, "rev-parse", "HEAD:.mcp.json").trim();
    fs.rmSync(path.join(root, ".git", "objects", blob.slice(0, 2), blob.slice(2)));
    const canary = path.join(folder, "canary");
    for (const [key, value] of [
      ["remote.origin.url", `ext::sh -c "touch ${canary}"`],
      ["remote.origin.promisor", "true"],
      ["protocol.ext.allow", "always"],
      ["extensions.partialClone", "origin"],
    ] as const)
      git(root, "config", key, value);
    expect(await look(file)).toMatchObject({ kind: "known", tracked: true, history: { withSecrets: 0 } });
    expect(fs.existsSync(canary)).toBe(false);
  });

  it("borrows another repository’s data by commondir, gitdir, symlink or alternates: not followed", async () => {
    const other = repository("other");
    write(other, secret);
    commit(other, "with");
    const tries: [string, (root: string) => void][] = [
      [
        "commondir",
        (root) => (git(folder, "init", "-q", root), fs.writeFileSync(path.join(root, ".git", "commondir"), path.join(other, ".git"))),
      ],
      ["gitdir", (root) => fs.writeFileSync(path.join(root, ".git"), `gitdir: ${path.join(other, ".git")}\n`)],
      ["gitdir over the network", (root) => fs.writeFileSync(path.join(root, ".git"), "gitdir: //attacker.example/share\n")],
      ["symlink", (root) => fs.symlinkSync(path.join(other, ".git"), path.join(root, ".git"))],
      [
        "alternates",
        (root) => (
          git(folder, "init", "-q", root),
          fs.writeFileSync(path.join(root, ".git", "objects", "info", "alternates"), path.join(other, ".git", "objects"))
        ),
      ],
      [
        "a worktree that does not point back",
        (root) => {
          git(other, "worktree", "add", "-q", "--detach", path.join(folder, "real"));
          fs.writeFileSync(path.join(root, ".git"), `gitdir: ${path.join(other, ".git", "worktrees", "real")}\n`);
        },
      ],
    ];
    for (const [name, make] of tries) {
      const root = path.join(folder, name.replaceAll(" ", "-"));
      fs.mkdirSync(root);
      make(root);
      expect(await look(write(root, secret)), name).toMatchObject({ kind: "unknown", root });
    }
  });

  it("has an empty .git in between, which git passes over, too", async () => {
    const root = repository("a");
    const file = write(root, secret, "sub/.mcp.json");
    commit(root, "with");
    fs.mkdirSync(path.join(root, "sub", ".git"));
    expect(await look(file)).toMatchObject({ kind: "known", root, tracked: true });
  });

  it("has a broken index, or none", async () => {
    const root = repository("a");
    const file = write(root, secret);
    commit(root, "with");
    fs.writeFileSync(path.join(root, ".git", "index"), "DIRC garbage");
    expect(await look(file)).toMatchObject({ kind: "unknown" });
    fs.rmSync(path.join(root, ".git", "index"));
    expect(await look(file)).toMatchObject({ kind: "known", tracked: false, history: { withSecrets: 1 } });
  });

  it("is left after the deadline", async () => {
    const root = repository("a");
    const file = write(root, secret);
    commit(root, "with");
    const slow = path.join(folder, "slow-git");
    fs.writeFileSync(slow, "#!/bin/sh\nexec sleep 60\n", { mode: 0o755 });
    const begun = performance.now();
    expect(await gitStanding(file, [secret], { program: slow, ignoreFile: null, deadlineMs: 300 })).toMatchObject({ kind: "unknown" });
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(await gitStanding(file, [secret], { program: null, ignoreFile: null })).toMatchObject({
      kind: "unknown",
      reason: "git is not installed",
    });
  });
});
