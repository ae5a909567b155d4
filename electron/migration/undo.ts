import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { JsonObject, JsonValue } from "../../shared/model/json.ts";
import { findEntry, launchesServer, originalOf, recordFile } from "./engine.ts";
import type { Engine } from "./engine.ts";
import type { ConfigDocument, DocumentEdit, DocumentPath } from "./formats/document.ts";
import { openDocument } from "./formats/open-document.ts";
import { compareWithOriginal } from "./look-at-written.ts";
import type { MigrationRecord, RecordedEntry, RecordedFile } from "./records.ts";
import { hashOf, readFileNow, replaceFile } from "./replace-file.ts";
import { settle } from "./settle.ts";
import { entryPrint } from "./sources.ts";

/**
 * Puts migrated files back: the original bytes if the file is as we left it; otherwise exactly our edit is taken out, and each entry gets its
 * original source text, secrets included. What its client did to the rest of the file since stays.
 *
 * @param which the paths (as named, or where they lead); undefined: all of the migration
 */
export async function undoFiles(
  engine: Engine,
  record: MigrationRecord,
  which: string | undefined,
  onFile: (path: string, done: number, total: number) => void,
): Promise<Result<void>> {
  const files = record.files.filter(
    (file) => file.state === "applied" && (which === undefined || file.path === which || file.target === which),
  );
  if (files.length === 0) return fail("not-found", "There is nothing of this migration to put back.");
  let failure: Result<void> = ok(undefined);
  for (const [done, file] of files.entries()) {
    onFile(file.path, done, files.length);
    const undone = await undoFile(engine, record, file);
    if (!undone.ok) {
      file.state = "applied";
      file.reason = `It could not be put back: ${undone.error.message}`;
      recordFile(engine, "migration-failed", record, file);
      await engine.records.save(record);
      failure = undone;
    }
  }
  await settle(engine);
  return failure;
}

async function undoFile(engine: Engine, record: MigrationRecord, file: RecordedFile): Promise<Result<void>> {
  for (let attempt = 1; ; attempt += 1) {
    const now = await readFileNow(file.path);
    if (!now.ok) {
      if (now.error.code !== "not-found") return now;
      return finish(engine, record, file, "The file is gone, so nothing was put back. Its secrets stay in the vault.", () => "gone");
    }
    const original = await originalOf(engine, record, file);
    if (!original.ok) return original;
    const back =
      now.value.hash === file.after
        ? ok({ bytes: original.value, states: () => "old" as const, reason: null })
        : takeOut(engine, file, now.value.bytes, original.value);
    if (!back.ok) return back;
    const { bytes, states, reason } = back.value;
    file.state = "undoing";
    file.reason = reason;
    const noted = await engine.records.save(record);
    if (!noted.ok) return noted;
    const journaled = recordFile(engine, "migration-undone", record, file);
    if (!journaled.ok) return journaled;
    if (bytes !== null && hashOf(bytes) !== now.value.hash) {
      const replaced = await replaceFile(now.value, bytes, record.id);
      if (!replaced.ok) {
        if (replaced.error.code === "cancelled" && attempt < 3) continue;
        return replaced;
      }
    }
    return finish(engine, record, file, reason, states);
  }
}

interface TakenOut {
  /** Null: there is nothing to change. */
  readonly bytes: Uint8Array | null;
  readonly states: (entry: RecordedEntry) => RecordedEntry["state"];
  readonly reason: string | null;
}

/** Our edit taken out of a file that was changed since. */
function takeOut(engine: Engine, file: RecordedFile, bytes: Uint8Array, originalBytes: Uint8Array): Result<TakenOut> {
  const document = openDocument(file.format, bytes);
  if (!document.ok) return document;
  const original = openDocument(file.format, originalBytes);
  if (!original.ok) return original;
  const edits: DocumentEdit[] = [];
  const states = new Map<RecordedEntry, RecordedEntry["state"]>();
  const gone: string[] = [];
  for (const entry of file.entries) {
    if (entry.state !== "moved") continue;
    const current = findEntry(document.value, entry, engine.deps.clients);
    const before = findEntry(original.value, entry, engine.deps.clients);
    if (launchesServer(current, entry.server) && current !== undefined) {
      if (before === undefined) edits.push({ kind: "remove", path: current.path });
      else edits.push(...putBack(original.value, before.path, document.value, current.path));
      states.set(entry, "old");
    } else if (
      current !== undefined &&
      before !== undefined &&
      entryPrint(document.value, current) === entryPrint(original.value, before)
    ) {
      states.set(entry, "old");
    } else {
      states.set(entry, "gone");
      gone.push(entry.name);
    }
  }
  const edited = edits.length === 0 ? ok(null) : document.value.edit(edits);
  if (!edited.ok) return edited;
  return ok({
    bytes: edited.value,
    states: (entry) => states.get(entry) ?? entry.state,
    reason: gone.length === 0 ? null : `Not ours any more, so left as it is: ${gone.join(", ")}. Its secrets stay in the vault.`,
  });
}

/**
 * The edits that make an entry what it was, byte for byte where its source is in one piece; otherwise key by key, which keeps every key that
 * we did not touch as it stands.
 */
function putBack(original: ConfigDocument, from: DocumentPath, current: ConfigDocument, to: DocumentPath): readonly DocumentEdit[] {
  const source = original.raw(from);
  if (source !== undefined) return [{ kind: "restore", path: to, source }];
  const was = original.get(from);
  const is = current.get(to);
  if (!isMap(was) || !isMap(is)) return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ kind: "set", path: to, value: was ?? null }];
  return [
    ...Object.keys(is).flatMap((key): DocumentEdit[] => (Object.hasOwn(was, key) ? [] : [{ kind: "remove", path: [...to, key] }])),
    ...original.keys(from).flatMap((key): readonly DocumentEdit[] => {
      if (Object.hasOwn(is, key)) return putBack(original, [...from, key], current, [...to, key]);
      const source = original.raw([...from, key]);
      const path = [...to, key];
      return [source === undefined ? { kind: "set", path, value: was[key] ?? null } : { kind: "restore", path, source }];
    }),
  ];
}

function isMap(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Marks the file as put back, here and in other migrations that had a hand in the same entries. */
async function finish(
  engine: Engine,
  record: MigrationRecord,
  file: RecordedFile,
  reason: string | null,
  states: (entry: RecordedEntry) => RecordedEntry["state"],
): Promise<Result<void>> {
  for (const entry of file.entries) if (entry.state === "moved") entry.state = states(entry);
  file.state = "undone";
  file.reason = reason;
  const saved = await engine.records.save(record);
  if (!saved.ok) return saved;
  for (const other of engine.records.list()) {
    let touched = false;
    for (const same of other.files) {
      if (other === record || same.target !== file.target || same.state !== "applied") continue;
      const isAsBefore = await compareWithOriginal(engine, other, same, await readFileNow(same.path));
      for (const entry of same.entries) {
        const mine = file.entries.find((one) => one.name === entry.name && JSON.stringify(one.at) === JSON.stringify(entry.at));
        if (mine === undefined || entry.state !== "moved") continue;
        // What this one put back is what it had replaced, which may be what the client had made of the other one's entry: then that
        // one still has its original to put back.
        if (mine.state === "old" && !isAsBefore(entry)) continue;
        entry.state = mine.state;
        touched = true;
      }
      if (touched && same.entries.every((entry) => entry.state !== "moved")) {
        same.state = "undone";
        same.reason = "It was put back with another migration.";
      }
    }
    if (touched) await engine.records.save(other);
  }
  return ok(undefined);
}
