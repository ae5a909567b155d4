import { randomBytes } from "node:crypto";
import { chmod, link, lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";

/**
 * The folder that holds socket and token (threat 7): a real folder, ours, mode 0700, so that nobody else can put a socket in the
 * place of ours. Two apps that start at once take turns at the socket, and the second finds the first one alive.
 */
export async function prepareRunFolder(folder: string): Promise<Result<void>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await lstat(folder);
    if (!found.isDirectory()) return fail("cannot-start", `${folder} is not a folder`, "Remove it and start again.");
    const uid = process.getuid?.();
    if (uid !== undefined && found.uid !== uid) {
      return fail("cannot-start", `${folder} belongs to another user`, "Remove it, or set PORTCULLIS_HOME to a folder of your own.");
    }
    if (uid !== undefined && (found.mode & 0o077) !== 0) await chmod(folder, 0o700);
    return ok(undefined);
  } catch (error) {
    return fail("cannot-start", `${folder} cannot be used: ${error instanceof Error ? error.message : "unknown reason"}`);
  }
}

/** A socket that is listened on. */
export interface ListeningSocket {
  /** Takes it away, unless another one stands in its place by now. */
  remove(): Promise<void>;
}

/**
 * Listens on `socket`. The socket of an app that is gone is replaced; one that answers is `already-exists`. `beforeListen` runs
 * when it is certain that no other app is there, and before anyone can connect.
 */
export async function listenOnce(
  server: net.Server,
  deps: {
    readonly socket: string;
    /** Absolute path of the lock file under which two starting apps take turns. */
    readonly lock: string;
    readonly platform: NodeJS.Platform;
    readonly beforeListen: () => Promise<void>;
  },
): Promise<Result<ListeningSocket>> {
  const { socket, lock } = deps;
  const onDisk = deps.platform !== "win32";
  if (onDisk && Buffer.byteLength(socket) > 100) {
    return fail(
      "cannot-start",
      `the path of the socket is too long for a unix socket: ${socket}`,
      "Set PORTCULLIS_HOME to a shorter folder.",
    );
  }
  if (!(await takeTurn(lock))) return fail("cannot-start", "another Portcullis is starting at this moment", "Try again.");
  try {
    if (await answers(socket)) return fail("already-exists", "Portcullis is already running", "`portcullis open` brings it up.");
    await deps.beforeListen();
    return onDisk ? await listenOnDisk(server, socket) : await listenOnPipe(server, socket);
  } finally {
    await rm(lock, { force: true });
  }
}

async function listenOnPipe(server: net.Server, socket: string): Promise<Result<ListeningSocket>> {
  const listening = await listen(server, socket);
  return listening.ok ? ok({ remove: () => Promise.resolve() }) : listening;
}

/**
 * Made under a name of its own and renamed: a closing server removes the path that it was opened with, whosesoever socket is there by
 * then. The name is no longer than the one it gets.
 */
async function listenOnDisk(server: net.Server, socket: string): Promise<Result<ListeningSocket>> {
  const draft = path.join(path.dirname(socket), `${randomBytes(4).toString("hex")}.new`);
  const listening = await listen(server, draft);
  if (!listening.ok) return listening;
  const mine = await lstat(draft, { bigint: true });
  // The folder is closed to others, so nobody had a way to the socket before this.
  await chmod(draft, 0o600);
  await rename(draft, socket);
  return ok({
    async remove() {
      const found = await lstat(socket, { bigint: true }).catch(() => null);
      if (found?.ino === mine.ino && found.dev === mine.dev) await rm(socket, { force: true });
    },
  });
}

function listen(server: net.Server, socket: string): Promise<Result<void>> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === "EADDRINUSE") resolve(fail("already-exists", "Portcullis is already running", "`portcullis open` brings it up."));
      else resolve(fail("cannot-start", `cannot listen on ${socket}: ${error.message}`));
    };
    server.once("error", failed);
    server.listen(socket, () => {
      server.removeListener("error", failed);
      resolve(ok(undefined));
    });
  });
}

/** Whether somebody listens there: also one that we may not talk to, or that is too busy. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(socket);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EACCES" || error.code === "EAGAIN"));
  });
}

/** A lock file with our pid, made whole before it gets its name. The lock of a process that is gone is taken away, by one only. */
async function takeTurn(lock: string): Promise<boolean> {
  const mine = `${lock}.${randomBytes(6).toString("hex")}`;
  await writeFile(mine, String(process.pid), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 60; attempt++) {
      try {
        await link(mine, lock);
        return true;
      } catch {
        const holder = await readFile(lock, "utf8").catch(() => "");
        if (holder !== "" && !isAlive(Number(holder))) await takeAway(lock, holder);
        else await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return false;
  } finally {
    await rm(mine, { force: true });
  }
}

/** Renamed first and looked at again: if it was a new holder's by then, it goes back. */
async function takeAway(lock: string, holder: string): Promise<void> {
  const aside = path.join(path.dirname(lock), `.${String(process.pid)}.stale`);
  try {
    await rename(lock, aside);
    if ((await readFile(aside, "utf8")) !== holder) await link(aside, lock);
  } catch {
    // Somebody else was quicker; the next attempt sees how it stands.
  } finally {
    await rm(aside, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
