import fs from "node:fs/promises";
import path from "node:path";

// What git keeps about a work tree, found by ourselves. A repository may be hostile (threat 4): `.git` may be a file that points anywhere,
// `commondir` may borrow another repository's data. Followed is only what git itself would have made: a linked work tree that points back, a
// submodule inside its superproject's `.git`. Everything else is said to be unknown, and not read.

export interface GitFolder {
  readonly kind: "found";
  /** Top of the work tree. */
  readonly root: string;
  /** Index and HEAD of this work tree. */
  readonly own: string;
  /** Objects and refs; the same folder but for linked work trees. */
  readonly common: string;
}

export type GitLookup =
  GitFolder | { readonly kind: "none" } | { readonly kind: "unknown"; readonly root: string; readonly reason: string };

const elsewhere = "its data is kept outside of it";

/** The repository that a file (a real path) is in the work tree of. */
export async function findGitFolder(file: string): Promise<GitLookup> {
  let folder = path.dirname(file);
  for (;;) {
    const dotGit = path.join(folder, ".git");
    const stat = await fs.lstat(dotGit).catch(() => null);
    if (stat?.isDirectory() === true) {
      const own = await ownFolder(folder, dotGit);
      if (own !== null) return own;
    } else if (stat !== null) {
      return stat.isFile() ? pointedFolder(folder, dotGit) : { kind: "unknown", root: folder, reason: elsewhere };
    }
    const parent = path.dirname(folder);
    if (parent === folder) return { kind: "none" };
    folder = parent;
  }
}

/** Null: an empty or half-made `.git`, which git passes over, too. */
async function ownFolder(root: string, dotGit: string): Promise<GitLookup | null> {
  if ((await fs.lstat(path.join(dotGit, "HEAD")).catch(() => null)) === null) return null;
  if ((await fs.lstat(path.join(dotGit, "commondir")).catch(() => null)) !== null) return { kind: "unknown", root, reason: elsewhere };
  if (!(await isFolder(path.join(dotGit, "objects")))) return null;
  return { kind: "found", root, own: dotGit, common: dotGit };
}

async function pointedFolder(root: string, dotGit: string): Promise<GitLookup> {
  const unknown = { kind: "unknown", root, reason: elsewhere } as const;
  const target = await readPointer(dotGit, /^gitdir: (.+?)\s*$/);
  if (target === null || isRemote(target)) return unknown;
  const own = await fs.realpath(path.resolve(root, target)).catch(() => null);
  if (own === null || !(await isFolder(own))) return unknown;

  const commondir = await readPointer(path.join(own, "commondir"), /^(.+?)\s*$/);
  if (commondir === null) {
    const isSubmodule =
      own.includes(`${path.sep}.git${path.sep}modules${path.sep}`) &&
      isBelow(root, own.slice(0, own.indexOf(`${path.sep}.git${path.sep}`)));
    return isSubmodule && (await isFolder(path.join(own, "objects"))) ? { kind: "found", root, own, common: own } : unknown;
  }
  if (isRemote(commondir)) return unknown;
  const common = await fs.realpath(path.resolve(own, commondir)).catch(() => null);
  const back = await readPointer(path.join(own, "gitdir"), /^(.+?)\s*$/);
  if (common === null || back === null || isRemote(back)) return unknown;
  const pointsBack = (await fs.realpath(path.resolve(own, back)).catch(() => null)) === (await fs.realpath(dotGit));
  const isLinked = path.dirname(own) === path.join(common, "worktrees");
  return pointsBack && isLinked && (await isFolder(path.join(common, "objects"))) ? { kind: "found", root, own, common } : unknown;
}

function isBelow(folder: string, top: string): boolean {
  return folder.startsWith(`${top}${path.sep}`);
}

/** `\\host\share`: looking at it would reach over the network. */
function isRemote(target: string): boolean {
  return /^[\\/]{2}/.test(target);
}

/** One short line; null where there is no such ordinary file or it says something else. */
async function readPointer(file: string, form: RegExp): Promise<string | null> {
  const stat = await fs.lstat(file).catch(() => null);
  if (stat === null || !stat.isFile() || stat.size > 4096) return null;
  const text = await fs.readFile(file, "utf8").catch(() => "");
  const target = form.exec(text.trimEnd())?.[1];
  return target === undefined || /[\0\n\r]/.test(target) ? null : target;
}

async function isFolder(folder: string): Promise<boolean> {
  return (await fs.lstat(folder).catch(() => null))?.isDirectory() ?? false;
}

export interface GitRefs {
  /** Everything that is reachable: HEAD, branches, tags, stash. */
  readonly all: readonly string[];
  /** What a remote is known to have. */
  readonly remote: readonly string[];
}

const mostRefs = 5_000;
const largestPacked = 8 * 1024 * 1024;
const hash = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** The commits that a repository's refs name; null where they are kept in a form that we do not read, or there are too many. */
export async function readRefs(git: GitFolder): Promise<GitRefs | null> {
  if (await isFolder(path.join(git.common, "reftable"))) return null;
  const refs = new Map<string, string>();
  const packed = await readText(path.join(git.common, "packed-refs"), largestPacked);
  for (const line of packed?.split("\n") ?? []) {
    const [id = "", name = ""] = line.split(" ");
    if (hash.test(id) && name.startsWith("refs/")) refs.set(name, id);
  }
  if (!(await looseRefs(path.join(git.common, "refs"), "refs", refs))) return null;
  const head = (await readText(path.join(git.own, "HEAD"), 4096))?.trim();
  if (head !== undefined && hash.test(head)) refs.set("HEAD", head);
  if (refs.size > mostRefs) return null;
  const remote = [...refs].flatMap(([name, id]) => (name.startsWith("refs/remotes/") ? [id] : []));
  return { all: [...new Set(refs.values())], remote: [...new Set(remote)] };
}

async function looseRefs(folder: string, name: string, refs: Map<string, string>, depth = 0): Promise<boolean> {
  if (depth > 12) return false;
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (refs.size > mostRefs) return false;
    if (entry.isDirectory()) {
      if (!(await looseRefs(path.join(folder, entry.name), `${name}/${entry.name}`, refs, depth + 1))) return false;
    } else if (entry.isFile()) {
      const id = (await readText(path.join(folder, entry.name), 256))?.trim();
      if (id !== undefined && hash.test(id)) refs.set(`${name}/${entry.name}`, id);
    }
  }
  return true;
}

async function readText(file: string, limit: number): Promise<string | null> {
  const stat = await fs.lstat(file).catch(() => null);
  if (stat === null || !stat.isFile() || stat.size > limit) return null;
  return fs.readFile(file, "utf8").catch(() => null);
}
