import os from "node:os";
import type { Readable, Writable } from "node:stream";
import type { Result } from "../../shared/errors.ts";

export interface ServerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How it ended, for a sentence: the signal, or the exit status and what that means where all shells agree on it. */
export function exitText({ code, signal }: ServerExit): string {
  if (signal !== null) return signal;
  return `exit status ${code === null ? "unknown" : `${String(code)}${meaning(code)}`}`;
}

function meaning(code: number): string {
  if (code === 126) return ": a program could not be run";
  if (code === 127) return ": a program was not found";
  // A box, like a shell, says by which signal what runs in it has ended.
  const ended = Object.entries(os.constants.signals).find(([, number]) => number === code - 128);
  return ended === undefined ? "" : `: ended by ${ended[0]}`;
}

/** One running server: a process tree with its stdio. stderr is already being captured. */
export interface ServerProcess {
  readonly instanceId: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves once, when the whole tree is gone. Never rejects. */
  readonly exited: Promise<ServerExit>;
  /** Whether `stop` was called: its end is then no crash. */
  wasStopped(): boolean;
  /** The ladder: stdin end, SIGTERM, SIGKILL of the whole tree. A second call escalates at once. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** For whom a server is started; `inspector` is our own look at its tools. */
export interface LaunchFor {
  readonly client: string;
  readonly sessionId: string;
  /** What is happening, in words, while it takes longer ("installing …", "starting …"). */
  onProgress?(step: string): void;
}

/**
 * Starts servers: is it accepted as it stands? → installed → references resolved → boxed → spawned, each step journaled. A failure
 * is a value with the reason for the person and the model: not-accepted, disabled, install-failed, secret-missing, vault-locked,
 * cannot-box, cannot-start …
 */
export interface Launcher {
  launch(server: string, launchFor: LaunchFor): Promise<Result<ServerProcess>>;
}
