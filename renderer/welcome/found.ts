import type { ConfigEntry, ConfigFile, Exposure, FoundSecret, Scan } from "../../shared/model/migration.ts";

/** One file of one client as the person sees it, however many server lists stand in it (Claude Code keeps one for each project). */
export interface FoundFile {
  readonly key: string;
  readonly client: string;
  readonly clientName: string;
  readonly path: string;
  readonly lists: readonly ConfigFile[];
  readonly entries: readonly ConfigEntry[];
  /** What is likely a secret, each value once. */
  readonly secrets: readonly FoundSecret[];
  /** Each sentence once, the severe ones first. */
  readonly exposures: readonly Exposure[];
  /** Why it, or a part of it, cannot be written; null where all of it can. */
  readonly problem: { readonly kind: "unsure" | "refused"; readonly reason: string } | null;
  readonly running: boolean;
}

/** How much worse an exposure makes a plaintext secret: what left the machine first, then what will, then what others here can read. */
const weights: Readonly<Record<Exposure["kind"], number>> = {
  "git-pushed": 7,
  "git-history": 6,
  "git-tracked": 6,
  synced: 5,
  "client-log": 4,
  "shell-history": 4,
  backup: 3,
  "git-untracked": 2,
  "world-readable": 1,
};

const inGit: ReadonlySet<Exposure["kind"]> = new Set(["git-pushed", "git-history", "git-tracked", "git-untracked"]);

const inGitNow: ReadonlySet<Exposure["kind"]> = new Set(["git-tracked", "git-untracked"]);

/** Whether it is taken for a secret unless the person says otherwise. */
export function isLikely(secret: Pick<FoundSecret, "class">): boolean {
  return secret.class !== "unlikely";
}

/** The files of a scan, or of one client, the worst first; files without secrets last, and of these the ones with a problem first. */
export function foundFiles(scan: Scan, client: string | null = null): readonly FoundFile[] {
  const lists = new Map<string, ConfigFile[]>();
  for (const list of scan.files) {
    if (client !== null && list.client !== client) continue;
    const key = JSON.stringify([list.client, list.path]);
    lists.set(key, [...(lists.get(key) ?? []), list]);
  }
  return [...lists]
    .map(([key, of]) => foundFile(scan, key, of))
    .map((file, at) => ({ file, at }))
    .sort((a, b) => compare(riskOf(b.file), riskOf(a.file)) || a.at - b.at)
    .map(({ file }) => file);
}

function foundFile(scan: Scan, key: string, lists: readonly ConfigFile[]): FoundFile {
  const ids = new Set(lists.map(({ id }) => id));
  const values = new Map<string, FoundSecret>();
  for (const secret of scan.secrets) {
    if (ids.has(secret.file) && isLikely(secret) && !values.has(secret.sameAs)) values.set(secret.sameAs, secret);
  }
  const exposures = new Map<string, Exposure>();
  for (const exposure of lists.flatMap((list) => list.exposures)) exposures.set(exposure.text, exposure);
  const [first] = lists;
  const problem = lists.flatMap(({ status }) => (status.kind === "ready" ? [] : [status]))[0] ?? null;
  return {
    key,
    client: first?.client ?? "",
    clientName: first?.clientName ?? "",
    path: first?.path ?? "",
    lists,
    entries: lists.flatMap((list) => list.entries),
    secrets: [...values.values()],
    exposures: [...exposures.values()].sort(
      (a, b) => Number(b.severe) - Number(a.severe) || (weights[b.kind] ?? 0) - (weights[a.kind] ?? 0),
    ),
    problem,
    running: lists.some(({ running }) => running),
  };
}

/** Greater is worse: secrets at all, the worst exposure, how many secrets, how many exposures, then what needs a word. */
function riskOf(file: FoundFile): readonly number[] {
  const some = file.secrets.length > 0;
  const worst = some ? Math.max(0, ...file.exposures.map(({ kind, severe }) => weights[kind] + (severe ? 10 : 0))) : 0;
  const problem = file.problem === null ? 0 : file.problem.kind === "refused" ? 2 : 1;
  return [some ? 1 : 0, worst, file.secrets.length, some ? file.exposures.length : 0, problem];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export interface FoundCounts {
  /** Different values that are likely secrets. */
  readonly secrets: number;
  /** Files with any, their clients, and how many of the files are in a git work tree or its history. */
  readonly files: number;
  readonly clients: number;
  readonly inGit: number;
  /** Of these, the ones that are in the history only. */
  readonly inHistory: number;
  /** All that was found. */
  readonly allFiles: number;
  readonly allClients: number;
  /** Entries that can be moved. */
  readonly movable: number;
  /** Entries that go through Portcullis already. */
  readonly ours: number;
}

export function foundCounts(files: readonly FoundFile[]): FoundCounts {
  const bad = files.filter(({ secrets }) => secrets.length > 0);
  const paths = (kinds: ReadonlySet<Exposure["kind"]>): ReadonlySet<string> =>
    new Set(bad.filter(({ exposures }) => exposures.some(({ kind }) => kinds.has(kind))).map(({ path }) => path));
  const now = paths(inGitNow);
  const ever = paths(inGit);
  const entries = files.flatMap((file) => file.entries);
  return {
    secrets: new Set(bad.flatMap(({ secrets }) => secrets.map(({ sameAs }) => sameAs))).size,
    files: new Set(bad.map(({ path }) => path)).size,
    clients: new Set(bad.map(({ client }) => client)).size,
    inGit: ever.size,
    inHistory: [...ever].filter((path) => !now.has(path)).length,
    allFiles: new Set(files.map(({ path }) => path)).size,
    allClients: new Set(files.map(({ client }) => client)).size,
    movable: movableEntries(files).length,
    ours: entries.filter(({ ours }) => ours).length,
  };
}

export function movableEntries(files: readonly FoundFile[]): readonly ConfigEntry[] {
  return files.flatMap((file) => file.entries).filter(({ ours, stays }) => !ours && stays === null);
}
