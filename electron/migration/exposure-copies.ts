import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { createByteSearch } from "../../shared/text/byte-search.ts";
import { encodeUtf8 } from "../../shared/text/utf8.ts";
import type { Machine } from "./clients/client-definition.ts";
import { appConfig, inHome, join, xdgConfig } from "./clients/places.ts";

// Plaintext copies of a secret: in the client's own backups and logs, in what editors leave beside a file, in the shells' histories. Searched
// for in this process, a chunk at a time; what comes out is a path and a number, never the text around.

const chunkSize = 1024 * 1024;
const mostOfFile = 256 * 1024 * 1024;
const mostFiles = 200;
/** Shorter values are also ordinary words. */
const shortestNeedle = 8;

export interface Copies {
  readonly file: string;
  /** How often any of the values stands in it. */
  readonly count: number;
}

/** Where each of these values stands, as it is or escaped for JSON. Unreadable files and what is no file are passed over. */
export async function findCopies(files: readonly string[], values: readonly string[]): Promise<readonly Copies[]> {
  const forms = new Set<string>();
  for (const value of values) {
    if (value.length < shortestNeedle) continue;
    forms.add(value).add(JSON.stringify(value).slice(1, -1));
  }
  if (forms.size === 0) return [];
  const search = createByteSearch([...forms].map(encodeUtf8), () => true);
  const found: Copies[] = [];
  for (const file of files.slice(0, mostFiles)) {
    const count = await countIn(file, search).catch(() => 0);
    if (count > 0) found.push({ file, count });
  }
  return found;
}

async function countIn(file: string, search: ReturnType<typeof createByteSearch>): Promise<number> {
  const handle = await fs.open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await handle.stat()).isFile()) return 0;
    const overlap = Math.max(0, search.longest - 1);
    const buffer = Buffer.allocUnsafe(overlap + chunkSize);
    let kept = 0;
    let position = 0;
    let count = 0;
    while (position < mostOfFile) {
      const { bytesRead } = await handle.read(buffer, kept, chunkSize, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const end = kept + bytesRead;
      // What ends within the kept part was counted with the chunk before.
      for (const hit of search.find(buffer.subarray(0, end))) if (hit.end > kept) count++;
      const keep = Math.min(overlap, end);
      buffer.copyWithin(0, end - keep, end);
      kept = keep;
    }
    return count;
  } finally {
    await handle.close();
  }
}

/** The files that a client's `copies` patterns stand for: `*` in the last part only. */
export async function expandPatterns(machine: Machine, patterns: readonly string[]): Promise<readonly string[]> {
  const paths = machine.platform === "win32" ? path.win32 : path.posix;
  const files = new Set<string>();
  for (const pattern of patterns) {
    const name = paths.basename(pattern);
    if (!name.includes("*")) {
      files.add(pattern);
      continue;
    }
    const folder = paths.dirname(pattern);
    for (const candidate of await machine.list(folder)) if (matches(name, candidate)) files.add(join(machine, folder, candidate));
  }
  return [...files];
}

function matches(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) return name.length - part.length >= at && name.endsWith(part);
    const next = name.indexOf(part, at);
    if (next === -1) return false;
    at = next + part.length;
  }
  return at === name.length;
}

const leftBehind = /^(~|\.(bak|old|orig|save|backup|tmp|swp|swo)|[._-](bak|backup|old|copy|\d+).*)$/i;

/** What editors and tools leave beside a file: `x.json~`, `x.json.bak`, `.x.json.swp`, `x.json.20260101` … */
export async function leftBeside(machine: Machine, file: string): Promise<readonly string[]> {
  const paths = machine.platform === "win32" ? path.win32 : path.posix;
  const folder = paths.dirname(file);
  const base = paths.basename(file);
  const names = await machine.list(folder);
  return names
    .filter((name) => {
      const plain = name.startsWith(".") && !base.startsWith(".") ? name.slice(1) : name;
      if (plain.startsWith(base)) return leftBehind.test(plain.slice(base.length));
      return plain.startsWith("#") && plain === `#${base}#`;
    })
    .map((name) => join(machine, folder, name));
}

/** Where shells and interpreters keep what was typed. */
export function shellHistories(machine: Machine): readonly string[] {
  const named = machine.env["HISTFILE"];
  const paths = machine.platform === "win32" ? path.win32 : path.posix;
  return [
    ...new Set([
      ...(named !== undefined && paths.isAbsolute(named) ? [named] : []),
      ...[".bash_history", ".zsh_history", ".zhistory", ".histfile", ".sh_history", ".history", ".ksh_history"].map((name) =>
        inHome(machine, name),
      ),
      inHome(machine, ".local", "share", "fish", "fish_history"),
      inHome(machine, ".local", "share", "powershell", "PSReadLine", "ConsoleHost_history.txt"),
      xdgConfig(machine, "nushell", "history.txt"),
      inHome(machine, ".node_repl_history"),
      inHome(machine, ".python_history"),
      ...(machine.platform === "win32"
        ? [appConfig(machine, "Microsoft", "Windows", "PowerShell", "PSReadLine", "ConsoleHost_history.txt")]
        : []),
    ]),
  ];
}
