import path from "node:path";
import { InvalidArgumentError } from "commander";

/** Commander's way to let an option be given often. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** The same for folders, which become absolute. @throws InvalidArgumentError for an empty one, which would be the current folder */
export function collectFolder(value: string, before: readonly string[]): readonly string[] {
  if (value === "") throw new InvalidArgumentError("It is empty.");
  return [...before, path.resolve(value)];
}
