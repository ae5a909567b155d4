import { statSync } from "node:fs";
import path from "node:path";
import { InvalidArgumentError } from "commander";

/** Commander's way to let an option be given often. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/**
 * The same for folders, which become absolute.
 *
 * @throws InvalidArgumentError for an empty one, which would be the current folder, and for what is none: nothing would be found in it
 */
export function collectFolder(value: string, before: readonly string[]): readonly string[] {
  if (value === "") throw new InvalidArgumentError("It is empty.");
  const folder = path.resolve(value);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw new InvalidArgumentError("There is no such folder.");
  return [...before, folder];
}
