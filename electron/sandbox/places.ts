import fs from "node:fs";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";

/** The file system as the plan needs it; injected so that plans are tested without one. */
export interface Disk {
  /** Every symlink resolved; undefined if nothing is there. */
  real(place: string): string | undefined;
  isDirectory(place: string): boolean;
  /** What a symlink says; undefined if this is none. */
  link(place: string): string | undefined;
}

export function createDisk(): Disk {
  return {
    real(place) {
      // Most places that a plan asks for are not there, and an exception costs ten times as much as the look.
      if (!fs.existsSync(place)) return undefined;
      try {
        return fs.realpathSync.native(place);
      } catch {
        return undefined;
      }
    },
    isDirectory(place) {
      return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
    },
    link(place) {
      try {
        return fs.lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true ? fs.readlinkSync(place) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** A place that is really there. */
export interface Place {
  /** As configured. */
  readonly asked: string;
  /** The same as an absolute path, links not followed. */
  readonly literal: string;
  /** With `~` and every symlink resolved: what is opened. */
  readonly real: string;
}

/** Whether `place` is `folder` or lies below it. Both absolute and resolved; compared by whole components. */
export function isWithin(place: string, folder: string): boolean {
  const relative = path.relative(folder, place);
  return relative === "" || (!relative.startsWith(`..${path.sep}`) && relative !== ".." && !path.isAbsolute(relative));
}

/** `~` and `~/…` are the home folder; everything else must be absolute. Nothing else is expanded. */
export function expandHome(place: string, home: string): Result<string> {
  if (place === "~") return ok(path.resolve(home));
  if (place.startsWith("~/") || place.startsWith(`~${path.sep}`)) return ok(path.resolve(home, place.slice(2)));
  if (place.includes("\0") || !path.isAbsolute(place)) {
    return fail("bad-input", `The folder “${place}” is not absolute.`, "Write the whole path, or start it with ~/.");
  }
  return ok(path.resolve(place));
}

/** Resolves a configured place, following symlinks wherever they lead; the answer says where that is. */
export function resolvePlace(asked: string, home: string, disk: Disk): Result<Place> {
  const expanded = expandHome(asked, home);
  if (!expanded.ok) return expanded;
  const real = disk.real(expanded.value);
  if (real === undefined) {
    return fail(
      "bad-input",
      `The folder or file “${asked}” does not exist.`,
      "Create it, or take it out of the server's sandbox settings.",
    );
  }
  return ok({ asked, literal: expanded.value, real });
}
