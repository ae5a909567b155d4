import { isUtf8 } from "node:buffer";
import fs from "node:fs";
import path from "node:path";

/** What stands in a file of ours at this moment. */
export type Reading =
  { readonly kind: "text"; readonly text: string } | { readonly kind: "none" } | { readonly kind: "unreadable"; readonly problem: string };

/** Reads the file. Never throws: whatever keeps it from being read is a sentence. */
export function readConfigFile(file: string): Reading {
  const name = path.basename(file);
  try {
    // Not opened before it is known to be a file: a pipe would never end.
    if (!fs.statSync(file).isFile()) return { kind: "unreadable", problem: `${name} cannot be read: it is not a file` };
    const bytes = fs.readFileSync(file);
    // Read as text all the same, the first edit would write replacement characters in their place.
    if (!isUtf8(bytes)) return { kind: "unreadable", problem: `${name} cannot be read: it is not in UTF-8` };
    return { kind: "text", text: bytes.toString("utf8") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown reason";
    if (code === "ENOENT") return { kind: "none" };
    return { kind: "unreadable", problem: `${name} cannot be read (${code})` };
  }
}

/** The text, "" where there is none. */
export function textOf(reading: Reading): string {
  return reading.kind === "text" ? reading.text : "";
}

export function sameReading(a: Reading, b: Reading): boolean {
  if (a.kind === "unreadable") return b.kind === "unreadable" && a.problem === b.problem;
  return b.kind === a.kind && textOf(a) === textOf(b);
}
