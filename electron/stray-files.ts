// What a child of ours must not inherit. Chromium opens its files, its sockets to its own processes and its connection to the session bus
// so that they survive an `exec`, and closes them itself in what it starts; Node does not know of them. Started plainly, a boxed server
// would hold the tray app's own channels, and the app would never be told that a page has died, because somebody still has the other end.
// The same goes for what we were started with ourselves: Node closes that only up to the first number that is free.
import fs from "node:fs";
import os from "node:os";
import process from "node:process";

type Stdio = "pipe" | "ignore" | "ipc" | number;

/**
 * Calls `start` with what is to be the `stdio` of a child, made longer so that in place of every other file of ours that it would inherit
 * the child has the null device. To be called for every child (`test/architecture.test.ts`). On macOS and Windows the system passes on
 * nothing but `stdio`.
 *
 * In the tray app the child has the null device in the place of what Chromium's threads open from now until the `fork`, too. libuv hears
 * through such a number of its own why a program could not be run: there that is an end with status 127, and no `error`.
 */
export function withoutStrays<const T extends readonly Stdio[], Child>(stdio: T, start: (stdio: [...T]) => Child): Child {
  const own: [...T] = [...stdio];
  const strays = process.platform === "linux" ? straysFrom(stdio.length) : [];
  if (strays.length === 0) return start(own);
  const nothing = fs.openSync(os.devNull, "r");
  try {
    const longer: Stdio[] = [...stdio];
    for (const number of strays) {
      // What is ignored above 2 stays as it is in the child: closed, or another stray.
      while (longer.length < number) longer.push("ignore");
      longer[number] = nothing;
    }
    return start(longer as [...T]);
  } finally {
    fs.closeSync(nothing);
  }
}

/** A child's streams. Not there where the system has no file left for them: Node then gives a child with an error to come, and nothing else. */
export function streamsOf<In, Out>(child: { readonly stdin: In; readonly stdout: Out }): { readonly stdin?: In; readonly stdout?: Out } {
  return child;
}

/**
 * How many numbers from `first` on a child of the tray app that is started now will have the null device under. Elsewhere that is a handful
 * at most, which is not worth another look at the flags of all our files: 0.
 */
export function straysAbove(first: number): number {
  return process.platform === "linux" && isInChromium() ? straysFrom(first).length : 0;
}

/** More than Chromium opens in a millisecond: between the look at our files and the `fork` passes a part of one. */
const soonOpened = 64;
const closeOnExec = 0o2_000_000;

/**
 * The numbers, in order, that a child must have something else under. None where /proc is not there: there no box is made either.
 *
 * @param first the first that `stdio` says nothing of
 */
function straysFrom(first: number): readonly number[] {
  const open = listed("/proc/self/fd").map(Number);
  const strays = isInChromium() ? [...open, ...lowestFree(new Set(open), first, soonOpened)] : open.filter(isInherited);
  return strays.filter((number) => number >= first).sort((a, b) => a - b);
}

/** By Electron's own word for which of Chromium's processes this is (`process.type`): there is none where it runs as a plain Node. */
function isInChromium(): boolean {
  return Reflect.get(process, "type") !== undefined;
}

/** The numbers that the kernel gives to what is opened next: it takes the lowest that is free (open(2)). */
function lowestFree(open: ReadonlySet<number>, first: number, count: number): readonly number[] {
  const free: number[] = [];
  for (let number = first; free.length < count; number += 1) if (!open.has(number)) free.push(number);
  return free;
}

/** Whether an `exec` leaves it open (proc(5): flags in octal). */
function isInherited(number: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${number}`, "latin1"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // The listing's own, or closed meanwhile.
    return false;
  }
}

function listed(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
