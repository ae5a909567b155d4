// What a child of ours must not inherit. Chromium opens its files, its sockets to its own processes and its connection to the session bus
// so that they survive an `exec`, and closes them itself in what it starts; Node does not know of them. Started plainly, a boxed server
// would hold the tray app's own channels, and the app would never be told that a page has died, because somebody still has the other end.
// The same goes for what we were started with ourselves: Node closes that only up to the first number that is free.
import fs from "node:fs";
import os from "node:os";

type Stdio = "pipe" | "ignore" | "ipc" | number;

/**
 * Calls `start` with what is to be the `stdio` of a child, made longer so that in place of every other file of ours that it would inherit
 * the child has the null device. To be called for every child (`test/architecture.test.ts`). On macOS and Windows the system passes on
 * nothing but `stdio`. What another thread opens between this look and the `fork` is not seen: a few microseconds.
 */
export function withoutStrays<const T extends readonly Stdio[], Child>(stdio: T, start: (stdio: [...T]) => Child): Child {
  const own: [...T] = [...stdio];
  const strays = process.platform === "linux" ? inherited().filter((number) => number >= stdio.length) : [];
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

const closeOnExec = 0o2_000_000;

/** The numbers, in order, of our open files that an `exec` leaves open (proc(5): flags in octal). None where /proc is not there: there no box is made either. */
function inherited(): readonly number[] {
  const numbers: number[] = [];
  for (const name of listed("/proc/self/fd")) {
    try {
      const flags = /^flags:\s+([0-7]+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${name}`, "latin1"))?.[1] ?? "0";
      if ((Number.parseInt(flags, 8) & closeOnExec) === 0) numbers.push(Number(name));
    } catch {
      // The listing's own, or closed meanwhile.
    }
  }
  return numbers.sort((a, b) => a - b);
}

function listed(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
