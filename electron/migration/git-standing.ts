import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createByteSearch } from "../../shared/text/byte-search.ts";
import { encodeUtf8 } from "../../shared/text/utf8.ts";
import { streamsOf, withoutStrays } from "../stray-files.ts";
import { findGitFolder, readRefs, type GitFolder, type GitRefs } from "./git-folder.ts";

// What git knows about a file with secrets. A repository's own config can make git run programs (fsmonitor, hooks, filters, a promisor
// remote's transport), so git never sees it: it gets an empty repository of ours and is lent only this one's objects and index (threat 4).
// No secret is ever an argument: committed versions are read over a pipe and searched here.

const mostVersions = 300;
const mostBytes = 256 * 1024 * 1024;
const shortestNeedle = 6;
/** A name is a name, also with `*` or `:(top)` in it. */
const literal = "--literal-pathspecs";

export type GitStanding =
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly root: string; readonly reason: string }
  | {
      readonly kind: "known";
      readonly root: string;
      readonly tracked: boolean;
      readonly ignored: boolean;
      /** Committed versions of the file; `withSecrets` of them hold one of the values. Null: not found out, with the reason. */
      readonly history:
        | { readonly versions: number; readonly withSecrets: number; readonly pushed: boolean; readonly complete: boolean }
        | { readonly reason: string };
    };

export interface GitDeps {
  /** The program, or null where there is none. */
  readonly program: string | null;
  /** The person's own ignore file, or null. */
  readonly ignoreFile: string | null;
  /** For all that is asked about one file; 5 s where it is not said. */
  readonly deadlineMs?: number;
}

/** How a file (a real path) stands with git, and in how many of its versions these values are. */
export async function gitStanding(file: string, values: readonly string[], deps: GitDeps): Promise<GitStanding> {
  const git = await findGitFolder(file);
  if (git.kind !== "found") return git;
  const relative = path.relative(git.root, file).split(path.sep).join("/");
  const unknown = (reason: string): GitStanding => ({ kind: "unknown", root: git.root, reason });
  if (deps.program === null) return unknown("git is not installed");
  if (/[\n\r\0]/.test(relative)) return unknown("its name has a line break");
  if ((await fs.lstat(path.join(git.common, "objects", "info", "alternates")).catch(() => null)) !== null) {
    return unknown("it borrows its data from elsewhere");
  }
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "portcullis-git-"));
  try {
    const refs = await readRefs(git);
    const session = await openSession(folder, git, refs, deps, deps.program);
    const listed = await session.run([literal, "ls-files", "-z", "--", relative], "");
    if (listed === null || listed.code !== 0) return unknown("git could not read its index");
    const tracked = listed.stdout.length > 0;
    // This one knows no literal paths; behind "./" nothing in a name has a meaning.
    const ignored = !tracked && (await session.run(["check-ignore", "-z", "--stdin"], `./${relative}\0`))?.code === 0;
    const history =
      refs === null ? { reason: "its refs are kept in a form that we do not read" } : await readHistory(session, refs, relative, values);
    return { kind: "known", root: git.root, tracked, ignored, history };
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

interface Finished {
  /** Null: ended by us. */
  readonly code: number | null;
  readonly stdout: string;
}

interface Session {
  /** Null: it could not be run or was late. With `onData` nothing is kept; returning false ends it. */
  run(args: readonly string[], input: string, onData?: (chunk: Buffer) => boolean): Promise<Finished | null>;
}

async function openSession(folder: string, git: GitFolder, refs: GitRefs | null, deps: GitDeps, program: string): Promise<Session> {
  const isSha256 = refs?.all.some((id) => id.length === 64) ?? false;
  await fs.mkdir(path.join(folder, "refs"));
  await fs.mkdir(path.join(folder, "info"));
  await fs.writeFile(path.join(folder, "HEAD"), "ref: refs/heads/none\n");
  await fs.writeFile(
    path.join(folder, "config"),
    `[core]\n\trepositoryformatversion = ${isSha256 ? 1 : 0}\n\tbare = false\n${isSha256 ? "[extensions]\n\tobjectFormat = sha256\n" : ""}`,
  );
  await copySmall(path.join(git.common, "info", "exclude"), path.join(folder, "info", "exclude"));
  const shallow = path.join(git.common, "shallow");
  const env: Record<string, string> = {
    GIT_DIR: folder,
    GIT_WORK_TREE: git.root,
    GIT_INDEX_FILE: path.join(git.own, "index"),
    GIT_OBJECT_DIRECTORY: path.join(git.common, "objects"),
    ...((await fs.lstat(shallow).catch(() => null))?.isFile() === true ? { GIT_SHALLOW_FILE: shallow } : {}),
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: os.devNull,
    GIT_ATTR_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
    ...(process.env["SystemRoot"] === undefined ? {} : { SystemRoot: process.env["SystemRoot"] }),
  };
  const fixed = ["--no-pager", "-c", "core.fsmonitor=", "-c", `core.hooksPath=${os.devNull}`, "-c", `core.attributesFile=${os.devNull}`];
  if (deps.ignoreFile !== null) fixed.push("-c", `core.excludesFile=${deps.ignoreFile}`);
  const end = Date.now() + (deps.deadlineMs ?? 5_000);
  return {
    run: (args, input, onData) =>
      new Promise((resolve) => {
        const left = end - Date.now();
        if (left <= 0) {
          resolve(null);
          return;
        }
        const child = withoutStrays(["pipe", "pipe", "ignore"], (stdio) =>
          spawn(program, [...fixed, ...args], { cwd: git.root, env, stdio, windowsHide: true }),
        );
        const chunks: Buffer[] = [];
        let size = 0;
        let isLate = false;
        const timer = setTimeout(() => {
          isLate = true;
          child.kill("SIGKILL");
        }, left);
        const { stdin, stdout } = streamsOf(child);
        stdout?.on("data", (chunk: Buffer) => {
          size += chunk.length;
          const goesOn = onData === undefined ? size <= 1024 * 1024 : onData(chunk);
          if (!goesOn) child.kill("SIGKILL");
          else if (onData === undefined) chunks.push(chunk);
        });
        stdin?.on("error", () => undefined); // it ended before it read everything; its status says so
        child.once("error", () => {
          clearTimeout(timer);
          resolve(null);
        });
        child.once("close", (code) => {
          clearTimeout(timer);
          resolve(isLate ? null : { code, stdout: Buffer.concat(chunks).toString("utf8") });
        });
        stdin?.end(input);
      }),
  };
}

async function copySmall(from: string, to: string): Promise<void> {
  const stat = await fs.lstat(from).catch(() => null);
  if (stat?.isFile() === true && stat.size <= 1024 * 1024) await fs.copyFile(from, to).catch(() => undefined);
}

async function readHistory(session: Session, refs: GitRefs, file: string, values: readonly string[]) {
  const late = { reason: "git took too long or its data is not complete" };
  const all = await commitsOf(session, refs.all, file);
  if (all === null) return late;
  const remote = new Set(refs.remote.length === 0 ? [] : await commitsOf(session, refs.remote, file));
  const search = createVersionSearch(values);
  const versions = all.slice(0, mostVersions);
  const read = await session.run(["cat-file", "--batch"], versions.map((commit) => `${commit}:${file}\n`).join(""), search.push);
  if (read === null) return late;
  const found = search.results();
  const holding = versions.filter((_, index) => found[index] === true);
  return {
    versions: all.length,
    withSecrets: holding.length,
    pushed: holding.some((commit) => remote.has(commit)),
    complete: all.length <= mostVersions && found.length === versions.length,
  };
}

/** Newest first; one more than we look into, to know that there are more. */
async function commitsOf(session: Session, from: readonly string[], file: string): Promise<readonly string[] | null> {
  if (from.length === 0) return [];
  const input = `${from.join("\n")}\n--\n${file}\n`;
  const listed = await session.run([literal, "rev-list", "--full-history", `--max-count=${mostVersions + 1}`, "--stdin"], input);
  if (listed === null || listed.code !== 0) return null;
  return listed.stdout.split("\n").filter((line) => line !== "");
}

/** Reads the answers of `cat-file --batch` as they come: whether each version holds one of the values. */
function createVersionSearch(values: readonly string[]) {
  const forms = new Set(
    values.filter((value) => value.length >= shortestNeedle).flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]),
  );
  const search = createByteSearch([...forms].map(encodeUtf8), () => true);
  const results: boolean[] = [];
  let pending: Buffer = Buffer.alloc(0);
  /** Bytes of the blob that are still to come, with its line end; null between blobs. */
  let left: number | null = null;
  let isHit = false;
  let total = 0;
  let tail: Buffer = Buffer.alloc(0);
  return {
    results: (): readonly boolean[] => results,
    push: (chunk: Buffer): boolean => {
      total += chunk.length;
      if (total > mostBytes) return false;
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (;;) {
        if (left === null) {
          const end = pending.indexOf(10);
          if (end === -1) return pending.length < 8192;
          const header = pending.toString("latin1", 0, end);
          pending = pending.subarray(end + 1);
          const size = /^[0-9a-f]+ [a-z]+ (\d+)$/.exec(header)?.[1];
          if (size === undefined) {
            results.push(false); // "… missing": the commit that removed the file
            continue;
          }
          left = Number(size) + 1;
          isHit = false;
          tail = Buffer.alloc(0);
        }
        if (pending.length === 0) return true;
        const part = pending.subarray(0, left);
        pending = pending.subarray(part.length);
        left -= part.length;
        if (!isHit && forms.size > 0) {
          const data = Buffer.concat([tail, part]);
          isHit = search.find(data).length > 0;
          tail = data.subarray(Math.max(0, data.length - search.longest + 1));
        }
        if (left > 0) return true;
        results.push(isHit);
        left = null;
      }
    },
  };
}
