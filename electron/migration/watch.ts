import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { Drift } from "../../shared/model/migration.ts";
import { changedKey, findEntry } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { openDocument } from "./formats/open-document.ts";
import { secretsIn } from "./left-secrets.ts";
import type { MigrationRecord, RecordedFile } from "./records.ts";
import { readFileNow } from "./replace-file.ts";

/**
 * Looks after migrated files: a client that drops, rewrites or re-adds an entry, or gets a new plaintext secret, is noticed (threat 31: so is
 * a package that writes itself into a client's config over one of ours). Folders are watched, because files are replaced; what a watch
 * misses (network disks, a folder made anew) is found by a slow look at all of them.
 */
export interface DriftWatch {
  drift(): readonly Drift[];
  /** `changedKey`s of files whose bytes are not those that we wrote. */
  changed(): ReadonlySet<string>;
  /** Looks at everything now, and follows what is migrated from here on. */
  refresh(): Promise<void>;
  close(): void;
}

const quietMs = 250;
const slowMs = 60_000;

export function createDriftWatch(engine: Engine, onChange: () => void): DriftWatch {
  let drift: readonly Drift[] = [];
  let changed: ReadonlySet<string> = new Set();
  let watchers = new Map<string, fs.FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let looking: Promise<void> = Promise.resolve();
  const slow = setInterval(() => void refresh(), slowMs);
  slow.unref();

  function soon(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), quietMs);
    timer.unref();
  }

  function refresh(): Promise<void> {
    looking = looking.then(look, look);
    return looking;
  }

  async function look(): Promise<void> {
    if (closed) return;
    const files = migrated(engine);
    follow(files.flatMap(({ file }) => [path.dirname(file.path), path.dirname(file.target)]));
    const found: Omit<Drift, "at">[] = [];
    const touched = new Set<string>();
    for (const { record, file, latest } of files) {
      const now = await readFileNow(file.path);
      if (!now.ok || now.value.hash !== file.after) touched.add(changedKey(record, file));
      // What was migrated again since is that migration's to look after.
      if (latest) found.push(...driftOf(engine, record, file, now.ok ? now.value.bytes : null, now.ok ? "" : now.error.code));
    }
    const seen = new Map(drift.map((one) => [one.id, one]));
    const next = found.map((one) => ({ ...one, at: seen.get(one.id)?.at ?? engine.deps.now() }));
    const same = JSON.stringify([next, [...touched]]) === JSON.stringify([drift, [...changed]]);
    drift = next;
    changed = touched;
    if (!same && !closed) onChange();
  }

  function follow(folders: readonly string[]): void {
    const wanted = new Set(folders);
    const kept = new Map<string, fs.FSWatcher>();
    for (const [folder, watcher] of watchers) {
      if (wanted.has(folder)) kept.set(folder, watcher);
      else watcher.close();
    }
    for (const folder of wanted) {
      if (kept.has(folder) || closed) continue;
      try {
        const watcher = fs.watch(folder, { persistent: false }, soon);
        watcher.on("error", () => {
          watcher.close();
          watchers.delete(folder);
        });
        kept.set(folder, watcher);
      } catch {
        // Not there (yet), or too many watches: the slow look finds it.
      }
    }
    watchers = kept;
  }

  return {
    drift: () => drift,
    changed: () => changed,
    refresh,
    close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(slow);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

interface MigratedFile {
  readonly record: MigrationRecord;
  readonly file: RecordedFile;
  readonly latest: boolean;
}

function migrated(engine: Engine): readonly MigratedFile[] {
  const all = engine.records
    .list()
    .filter((record) => record.phase === "done")
    .flatMap((record) => record.files.filter((file) => file.state === "applied").map((file) => ({ record, file })));
  return all.map(({ record, file }, index) => ({
    record,
    file,
    latest: !all.slice(index + 1).some((later) => later.file.target === file.target && covers(later.file, file)),
  }));
}

/** Whether the later migration of a file looks after every entry of the earlier one. */
function covers(later: RecordedFile, earlier: RecordedFile): boolean {
  const keys = new Set(later.entries.filter(({ state }) => state === "moved").map(({ at, name }) => JSON.stringify([at, name])));
  return earlier.entries.filter(({ state }) => state === "moved").every(({ at, name }) => keys.has(JSON.stringify([at, name])));
}

/** `bytes` null: the file cannot be read, for the reason with that code. */
function driftOf(
  engine: Engine,
  record: MigrationRecord,
  file: RecordedFile,
  bytes: Uint8Array | null,
  code: string,
): readonly Omit<Drift, "at">[] {
  const moved = file.entries.filter(({ state }) => state === "moved");
  const clientName = file.entries[0]?.clientName ?? "";
  const make = (kind: Drift["kind"], servers: readonly string[], text: string): readonly Omit<Drift, "at">[] =>
    servers.length === 0
      ? []
      : [
          {
            id: driftId(record, file, kind, servers),
            kind,
            file: file.target,
            path: file.path,
            client: clientName,
            servers: [...servers],
            text,
          },
        ];
  const list = (names: readonly string[]): string => names.join(", ");
  if (bytes === null) {
    const names = moved.map(({ name }) => name);
    return code === "not-found" ? make("dropped", names, `The file is gone, and with it ${list(names)}.`) : [];
  }
  const document = openDocument(file.format, bytes);
  // Most likely half written; a broken file is its client's to complain about.
  if (!document.ok) return [];
  const current = moved.map((entry) => ({ entry, now: findEntry(document.value, entry, engine.deps.clients) }));
  const dropped = current.filter(({ now }) => now === undefined).map(({ entry }) => entry.name);
  const readded = current.filter(({ now }) => now !== undefined && !now.ours).map(({ entry }) => entry.name);
  const rewritten = current
    .filter(({ entry, now }) => {
      if (now === undefined || !now.ours) return false;
      const wanted = engine.deps.bridge(entry.server, entry.client);
      const same = now.command?.value === wanted.command && now.args.length === wanted.args.length;
      return !same || now.env.length > 0 || now.args.some((arg, at) => arg.value !== wanted.args[at]);
    })
    .map(({ entry }) => entry.name);
  const known = new Set(file.known);
  const gone = new Set(readded);
  const fresh = new Set(
    secretsIn(engine.deps.clients, document.value, file)
      .filter(({ key, server }) => !known.has(key) && !gone.has(server) && !rewritten.includes(server))
      .map(({ server }) => server),
  );
  return [
    ...make("dropped", dropped, `${clientName} no longer lists ${list(dropped)}.`),
    ...make("re-added", readded, `${list(readded)} ${readded.length === 1 ? "is" : "are"} started directly again, past Portcullis.`),
    ...make("rewritten", rewritten, `${list(rewritten)} ${rewritten.length === 1 ? "is" : "are"} started otherwise than we wrote it.`),
    ...make("new-secret", [...fresh], `There is a new plaintext secret in ${list([...fresh])}.`),
  ];
}

function driftId(record: MigrationRecord, file: RecordedFile, kind: string, servers: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([record.id, file.target, kind, servers]))
    .digest("hex")
    .slice(0, 24);
}
