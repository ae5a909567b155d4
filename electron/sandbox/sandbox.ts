import type { Result } from "../../shared/errors.ts";
import type { Limits } from "../../shared/model/server.ts";

/** Everything that decides what a box looks like: absolute, resolved paths only. */
export interface BoxRequest {
  /** For names of folders and units; a server name, or "install". */
  readonly name: string;
  /** argv[0] is an absolute path. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What the program itself needs to be read: its package folder, its runtime. */
  readonly programs: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** `host` or `host:port`, `*.host`; empty: no network at all. */
  readonly hosts: readonly string[];
  /** A private folder of this server that is kept between starts; HOME inside the box. */
  readonly stateDir: string;
  readonly limits: Limits;
  /** The person's waiver: run with no box (still killed with us). */
  readonly waived: boolean;
}

/** A command ready to spawn, and what must be closed when it has ended (the supervisor). */
export interface BoxedCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Whether the OS ends the whole tree with its first process and with us. */
  readonly diesWithParent: boolean;
  /** Open files of ours that the first process is to have as its descriptors 3, 4, …; see `spawnBoxed`. */
  readonly descriptors: readonly number[];
  /** Closes them here; `close` does too. */
  letGo(): void;
  /** To be told the first process (where the tree does not die with us: the group it leads) as long as it lives; returns the end of it. */
  watch(pid: number): () => void;
  close(): Promise<void>;
}

/** For what we run ourselves outside of any box (a login shell, a version manager's shim, npm): it ends with us, however we end. */
export interface EndingWithUs {
  /** To be in its environment. Somebody watches from now on. */
  mark(): Readonly<Record<string, string>>;
  /** For what may leave something behind that is to stay (a login shell's agents): its group alone ends with us, until the end of the watch. */
  watch(group: number): () => void;
}

/** Whether servers can be boxed on this machine. */
export type SandboxCapability =
  | { readonly kind: "ready"; readonly platform: "linux" | "macos" | "windows"; readonly hosts: Result<void> }
  | { readonly kind: "cannot-box"; readonly reason: string; readonly fix: string | null };

export interface Sandbox {
  readonly outside: EndingWithUs;
  /** Tried for real once (a boxed `true`), then remembered; `fresh` tries again. */
  probe(fresh?: boolean): Promise<SandboxCapability>;
  /**
   * Makes the next start of such servers quick: what is tried once is tried now, and for servers with hosts one supervisor is kept ready
   * (Linux). Without them, none is kept. Never rejects.
   */
  getReady(wanted: { readonly waived: boolean; readonly hosts: boolean }): Promise<void>;
  /** Never falls back to an open start: the failure is `cannot-box`, with the reason. */
  prepare(request: BoxRequest): Promise<Result<BoxedCommand>>;
  /** The exact plan, a line each, for `sandbox explain`; pure. */
  explain(request: BoxRequest): readonly string[];
  close(): Promise<void>;
}
