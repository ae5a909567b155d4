import { createHash } from "node:crypto";
import type { KeychainItems, Step } from "./keychain-link.ts";

// A long value in short items. Windows keeps 2,560 bytes in an item, so a value beyond 1,200 characters (or 2,400 bytes) is split, on
// every system alike. The item with the value's own name then holds a header: which set of chunks (a or b), how many, and the
// SHA-256 of the whole. A new value is written into the other set and the header is switched last, so that a write that stops
// half-way leaves the earlier value as it was, and a set that does not fit its header is noticed.

export const longestItem = 1200;
const longestItemBytes = 2400;
const headerPattern = /^portcullis-chunks:1:([ab]):(\d{1,4}):([0-9a-f]{64})$/;
const headerStart = "portcullis-chunks:";

/** `torn`: there is something, but not a whole value. */
export type LongValue = { readonly kind: "value"; readonly value: string } | { readonly kind: "none" } | { readonly kind: "torn" };

export async function readLong(items: KeychainItems, name: string): Promise<Step<LongValue>> {
  const head = await items.read(name);
  if (!head.ok) return head;
  if (head.value === null) return { ok: true, value: { kind: "none" } };
  if (!head.value.startsWith(headerStart)) return { ok: true, value: { kind: "value", value: head.value } };
  const [, set, count, hash] = headerPattern.exec(head.value) ?? [];
  if (set === undefined) return { ok: true, value: { kind: "torn" } };
  let value = "";
  for (let index = 1; index <= Number(count); index++) {
    const chunk = await items.read(chunkName(name, set, index));
    if (!chunk.ok) return chunk;
    if (chunk.value === null) return { ok: true, value: { kind: "torn" } };
    value += chunk.value;
  }
  return { ok: true, value: sha256(value) === hash ? { kind: "value", value } : { kind: "torn" } };
}

/** Until the header is written, the earlier value stays readable. */
export async function writeLong(items: KeychainItems, name: string, value: string): Promise<Step<void>> {
  const head = await items.read(name);
  if (!head.ok) return head;
  const chunks = fitsOneItem(value) ? [] : split(value);
  const set = headerPattern.exec(head.value ?? "")?.[1] === "a" ? "b" : "a";
  for (const [index, chunk] of chunks.entries()) {
    const written = await items.write(chunkName(name, set, index + 1), chunk);
    if (!written.ok) return written;
  }
  const own = chunks.length === 0 ? value : `${headerStart}1:${set}:${String(chunks.length)}:${sha256(value)}`;
  const switched = await items.write(name, own);
  if (!switched.ok) return switched;
  const cleared = await clearChunks(items, name, set === "a" ? "b" : "a", 1);
  return cleared.ok ? clearChunks(items, name, set, chunks.length + 1) : cleared;
}

/** False if there was none. */
export async function removeLong(items: KeychainItems, name: string): Promise<Step<boolean>> {
  const removed = await items.remove(name);
  if (!removed.ok) return removed;
  for (const set of ["a", "b"]) {
    const cleared = await clearChunks(items, name, set, 1);
    if (!cleared.ok) return cleared;
  }
  return removed;
}

/** Last first: what is left when this stops half-way is found again, because a set has no gaps. */
async function clearChunks(items: KeychainItems, name: string, set: string, from: number): Promise<Step<void>> {
  let end = from;
  for (;;) {
    const chunk = await items.read(chunkName(name, set, end));
    if (!chunk.ok) return chunk;
    if (chunk.value === null) break;
    end++;
  }
  while (end-- > from) {
    const removed = await items.remove(chunkName(name, set, end));
    if (!removed.ok) return removed;
  }
  return { ok: true, value: undefined };
}

function chunkName(name: string, set: string, index: number): string {
  return `${name}#${set}${String(index)}`; // `#` is in no secret's name
}

function fitsOneItem(value: string): boolean {
  return value.length <= longestItem && Buffer.byteLength(value) <= longestItemBytes && !value.startsWith(headerStart);
}

function split(value: string): readonly string[] {
  const chunks: string[] = [];
  let chunk = "";
  let bytes = 0;
  for (const character of value) {
    const size = Buffer.byteLength(character);
    if (chunk.length + character.length > longestItem || bytes + size > longestItemBytes) {
      chunks.push(chunk);
      chunk = "";
      bytes = 0;
    }
    chunk += character;
    bytes += size;
  }
  chunks.push(chunk);
  return chunks;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
