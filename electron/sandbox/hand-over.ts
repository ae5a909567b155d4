// What a box is made of, handed to bubblewrap as open files. Between the plan and the mount, a server that may write to a folder around one of
// these places can put a link to somewhere else in its stead; an opened folder stays what it is. bubblewrap compares it with what it mounted;
// one that cannot (before 0.10, where the distribution did not add it) is followed by a comparison inside the box, before anything else runs.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { straysAbove } from "../stray-files.ts";

/** How a place is known again: the number by which bubblewrap has it open, or what the file system calls it. */
export type Pin = { readonly kind: "descriptor"; readonly number: number } | { readonly kind: "identity"; readonly text: string };

/** What this bubblewrap can do that an older one cannot. */
export interface Skills {
  /** Mount what is open (`--bind-fd`: 0.10, or where the distribution has added it). */
  readonly descriptors: boolean;
  /** Limit a file system in memory (`--size`: 0.7). */
  readonly sizes: boolean;
}

/** What bubblewrap is told. */
export interface Handed extends Pick<Skills, "sizes"> {
  /** The descriptor that it reads the filter from. */
  readonly filter: number;
  readonly places: ReadonlyMap<string, Pin>;
  /** How many numbers more have nothing behind them in the box, but are taken: its limit of open files leaves them out. */
  readonly taken: number;
  /** Nobody but root may set that limit higher than this. */
  readonly mostFiles: number;
}

export interface HandOver {
  readonly told: Handed;
  /** Our own descriptors, which become the child's 3, 4, … */
  readonly descriptors: readonly number[];
  /** Closes them here: after the child has been started, or when none will be. A second time is no harm. */
  letGo(): void;
}

export interface HandOvers {
  /**
   * Opens the places of one box. Fails when one of them is not, or is no longer, what stands at that path without a link on the way.
   */
  open(places: readonly string[], skills: Skills): Result<HandOver>;
  close(): void;
}

// Not among Node's constants; the same number on every machine that we run on. It opens nothing for reading: no permission is needed for it.
const O_PATH = 0o10_000_000;

/** The place itself, or undefined if it is a link or was reached by one. */
function openPlace(place: string): number | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(place, O_PATH | fs.constants.O_NOFOLLOW);
    if (fs.readlinkSync(`/proc/self/fd/${descriptor}`) === place && !fs.fstatSync(descriptor).isSymbolicLink()) return descriptor;
  } catch {
    // It is gone, or a part of its path is no folder any more.
  }
  if (descriptor !== undefined) fs.closeSync(descriptor);
  return undefined;
}

function identity(descriptor: number): string {
  const { dev, ino } = fs.fstatSync(descriptor, { bigint: true });
  return `${dev}:${ino}`;
}

/** A file that only we have open and that has no name. */
function namelessFile(bytes: Uint8Array): number {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-filter-"));
  try {
    const file = path.join(folder, "filter");
    fs.writeFileSync(file, bytes, { mode: 0o600, flag: "wx" });
    return fs.openSync(file, "r");
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The hard limit of open files of this process; one that is not set, or cannot be read, limits nothing. */
function mostOpenFiles(): number {
  try {
    return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(fs.readFileSync("/proc/self/limits", "latin1"))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

/** @param filter the seccomp program that every box gets */
export function createHandOvers(filter: Uint8Array): HandOvers {
  let file: number | undefined;

  return {
    open(places, { descriptors, sizes }) {
      const opened: number[] = [];
      const letGo = (): void => {
        for (const descriptor of opened.splice(0)) fs.closeSync(descriptor);
      };
      try {
        file ??= namelessFile(filter);
        // Opened once more, so that each box reads it from its beginning.
        opened.push(fs.openSync(`/proc/self/fd/${file}`, "r"));
      } catch (error) {
        return fail("cannot-box", `The sandbox's filter could not be written: ${error instanceof Error ? error.message : "unknown"}.`);
      }
      const filterNumber = 3;
      const pins = new Map<string, Pin>();
      for (const place of places) {
        const descriptor = openPlace(place);
        if (descriptor === undefined) {
          letGo();
          return fail("cannot-start", `“${place}” was moved or replaced while the server was being started.`, "Start it again.");
        }
        if (descriptors) {
          pins.set(place, { kind: "descriptor", number: filterNumber + opened.length });
          opened.push(descriptor);
        } else {
          pins.set(place, { kind: "identity", text: identity(descriptor) });
          fs.closeSync(descriptor);
        }
      }
      const taken = straysAbove(filterNumber + opened.length);
      const told = { filter: filterNumber, places: pins, taken, mostFiles: mostOpenFiles(), sizes };
      return ok({ told, descriptors: [...opened], letGo });
    },
    close() {
      if (file !== undefined) fs.closeSync(file);
      file = undefined;
    },
  };
}
