import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { limitBounds, limitFrom, type LimitName } from "../../shared/model/limits.ts";
import type { Limits } from "../../shared/model/server.ts";

const usual = "default";

/** Limits as they are named on a command line. */
export interface LimitOptions {
  readonly memory?: number | typeof usual;
  readonly processes?: number | typeof usual;
  readonly openFiles?: number | typeof usual;
}

/** Adds `--memory`, `--processes` and `--open-files`. */
export function withLimits(command: Command): Command {
  return command
    .option("--memory <MB>", `writable memory of each of its processes; or: ${usualOf("memoryMb")}`, within("memoryMb"))
    .option("--processes <number>", `processes and threads at once; or: ${usualOf("processes")}`, within("processes"))
    .option("--open-files <number>", `open files of each process; or: ${usualOf("openFiles")}`, within("openFiles"));
}

export function namesLimits({ memory, processes, openFiles }: LimitOptions): boolean {
  return memory !== undefined || processes !== undefined || openFiles !== undefined;
}

/** The limits with those that are named in place of what was there. */
export function limitsAfter(before: Limits, { memory, processes, openFiles }: LimitOptions): Limits {
  const next = (named: number | typeof usual | undefined, was: number | undefined): number | undefined =>
    named === undefined ? was : named === usual ? undefined : named;
  const [memoryMb, most, files] = [next(memory, before.memoryMb), next(processes, before.processes), next(openFiles, before.openFiles)];
  return {
    ...(memoryMb === undefined ? {} : { memoryMb }),
    ...(most === undefined ? {} : { processes: most }),
    ...(files === undefined ? {} : { openFiles: files }),
  };
}

function usualOf(name: LimitName): string {
  return `${usual} (${String(limitBounds[name].usual)})`;
}

function within(name: LimitName): (text: string) => number | typeof usual {
  const { least, most } = limitBounds[name];
  return (text) => {
    if (text === usual) return usual;
    const value = limitFrom(name, text);
    if (value === null) throw new InvalidArgumentError(`It is a whole number from ${String(least)} to ${String(most)}, or: default.`);
    return value;
  };
}
