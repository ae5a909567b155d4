import type { FoundSecret, Plan, PlannedServer, Scan, Selection } from "../../shared/model/migration.ts";
import type { SandboxSettings } from "../../shared/model/server.ts";
import { isLikely } from "./found.ts";

/**
 * What the person picked in the review. Sandboxes are kept by the entries they are for, because the name of a planned server may change with the rest
 * of the choice; a change made for one server must never end up at another.
 */
export interface Choice {
  /** Ids of found secrets that move. */
  readonly ticked: ReadonlySet<string>;
  /** Names of entries that stay as they are, wherever they stand. */
  readonly left: ReadonlySet<string>;
  readonly sandboxes: ReadonlyMap<string, SandboxSettings>;
  /** Also what stands in project files that git shares with others. */
  readonly shared: boolean;
}

/** Everything moves; secrets and probable ones are ticked. */
export function firstChoice(scan: Scan): Choice {
  return { ticked: new Set(scan.secrets.filter(isLikely).map(({ id }) => id)), left: new Set(), sandboxes: new Map(), shared: false };
}

/** What was chosen before a new look, as far as it is still there; what is new is as at first. */
export function keptChoice(choice: Choice, before: Scan, scan: Scan): Choice {
  const first = firstChoice(scan);
  const known = new Set(before.secrets.map(({ id }) => id));
  const ticked = scan.secrets.filter(({ id }) => (known.has(id) ? choice.ticked : first.ticked).has(id)).map(({ id }) => id);
  const entries = scan.files.flatMap(({ id, entries: listed }) => listed.map(({ server }) => ({ file: id, server })));
  const names = new Set(entries.map(({ server }) => server));
  const keys = new Set(entries.map(entryKey));
  return {
    ticked: new Set(ticked),
    left: new Set([...choice.left].filter((name) => names.has(name))),
    sandboxes: new Map([...choice.sandboxes].filter(([key]) => keys.has(key))),
    shared: choice.shared,
  };
}

/** Ticks or unticks these, and with them the same values elsewhere, as long as those are likely secrets, too. */
export function tick(choice: Choice, scan: Scan, ids: readonly string[], on: boolean): Choice {
  const wanted = new Set(ids);
  const values = new Set(scan.secrets.filter(({ id }) => wanted.has(id)).map(({ sameAs }) => sameAs));
  const ticked = new Set(choice.ticked);
  for (const secret of scan.secrets) {
    if (!wanted.has(secret.id) && !(values.has(secret.sameAs) && isLikely(secret))) continue;
    if (on) ticked.add(secret.id);
    else ticked.delete(secret.id);
  }
  return { ...choice, ticked };
}

/** Whether entries of these names move. */
export function takeAlong(choice: Choice, names: readonly string[], on: boolean): Choice {
  const left = new Set(choice.left);
  for (const name of names) {
    if (on) left.delete(name);
    else left.add(name);
  }
  return { ...choice, left };
}

/** What a server's sandbox shall open instead of what is proposed; null: as proposed. */
export function openInstead(choice: Choice, server: Pick<PlannedServer, "from">, sandbox: SandboxSettings | null): Choice {
  const sandboxes = new Map(choice.sandboxes);
  for (const from of server.from) {
    if (sandbox === null) sandboxes.delete(entryKey(from));
    else sandboxes.set(entryKey(from), sandbox);
  }
  return { ...choice, sandboxes };
}

export function entryKey({ file, server }: { readonly file: string; readonly server: string }): string {
  return JSON.stringify([file, server]);
}

/** The changed sandboxes by the names that this plan gives to their servers. */
export function namedSandboxes(choice: Choice, plan: Pick<Plan, "servers"> | null): Readonly<Record<string, SandboxSettings>> {
  const named: [string, SandboxSettings][] = [];
  for (const server of plan?.servers ?? []) {
    const sandbox = server.from.map((from) => choice.sandboxes.get(entryKey(from))).find((one) => one !== undefined);
    if (sandbox !== undefined) named.push([server.name, sandbox]);
  }
  return Object.fromEntries(named);
}

/** The choice as the app takes it; null where nothing is left to move. `sandbox`: by planned name. */
export function selectionOf(
  choice: Choice,
  scan: Scan,
  only: { readonly client: string | null; readonly folders: readonly string[] },
  sandbox: Readonly<Record<string, SandboxSettings>>,
): Selection | null {
  const names = new Set(
    scan.files
      .filter(({ client }) => only.client === null || client === only.client)
      .flatMap(({ entries }) => entries.filter(({ ours }) => !ours).map(({ server }) => server)),
  );
  const servers = [...names].filter((name) => !choice.left.has(name));
  if (servers.length === 0) return null;
  return {
    ...(only.client === null ? {} : { clients: [only.client] }),
    ...(servers.length === names.size ? {} : { servers }),
    ...(only.folders.length === 0 ? {} : { folders: [...only.folders] }),
    ...(choice.shared ? { shared: true } : {}),
    secrets: scan.secrets.filter(({ id }) => choice.ticked.has(id)).map(({ id }) => id),
    ...(Object.keys(sandbox).length === 0 ? {} : { sandbox: { ...sandbox } }),
  };
}

/** Whether something that could move stands in a project file that git shares with others: that stays unless it is asked for. */
export function sharesThroughGit(scan: Scan, client: string | null): boolean {
  return scan.files.some(
    (file) =>
      (client === null || file.client === client) &&
      file.scope === "project" &&
      file.exposures.some(({ kind }) => kind === "git-tracked") &&
      file.entries.some(({ ours, stays }) => !ours && stays === null),
  );
}

/** One line of the review: a value at a place of a server, in however many clients it stands there. */
export interface SecretLine {
  readonly key: string;
  readonly ids: readonly string[];
  readonly secret: FoundSecret;
  /** Of the same value that are elsewhere. */
  readonly elsewhere: number;
}

/** The found secrets of a planned server's entries: what likely is one, and what is not. */
export function secretLines(
  scan: Scan,
  from: PlannedServer["from"],
): { readonly likely: readonly SecretLine[]; readonly unlikely: readonly SecretLine[] } {
  const entries = new Set(from.map(entryKey));
  const mine = scan.secrets.filter((secret) => entries.has(entryKey(secret)));
  const lines = new Map<string, FoundSecret[]>();
  for (const secret of mine) {
    const key = JSON.stringify([secret.place, secret.sameAs, isLikely(secret)]);
    lines.set(key, [...(lines.get(key) ?? []), secret]);
  }
  const all = [...lines].flatMap(([key, secrets]): SecretLine[] => {
    const [secret] = secrets;
    if (secret === undefined) return [];
    const ids = secrets.map(({ id }) => id);
    const elsewhere = scan.secrets.filter((one) => one.sameAs === secret.sameAs && isLikely(one) && !mine.includes(one)).length;
    return [{ key, ids, secret, elsewhere }];
  });
  return { likely: all.filter(({ secret }) => isLikely(secret)), unlikely: all.filter(({ secret }) => !isLikely(secret)) };
}
