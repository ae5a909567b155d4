import type { Result } from "../../shared/errors.ts";
import type { SandboxSettings, ServerEdit, ServerSettings, ServerView, Tool } from "../../shared/model/server.ts";
import type { Launcher } from "./server-process.ts";

/**
 * What servers there are, what the person accepted of each, and what runs. Acceptance is bound to the resolved command, args, env
 * names and values (hashed), cwd, sandbox and the installed package: anything that changed stops the next start until it is accepted again.
 */
export interface Registry extends Launcher {
  list(): readonly ServerView[];
  get(name: string): ServerView | undefined;
  /** The idle time after which a connection stops its server, in milliseconds; 0: never. */
  idleMs(name: string): number;
  add(name: string, settings: ServerSettings, accept: boolean): Promise<Result<ServerView>>;
  /** Its instances are stopped; it must be accepted as it is then. */
  edit(name: string, edit: ServerEdit): Promise<Result<ServerView>>;
  remove(name: string): Promise<Result<void>>;
  /**
   * Puts back what `remove` took last under this name, with its private folder; not its acceptance. Of a server that is there: what it was
   * before its last edit. `not-found` after a restart.
   */
  restore(name: string): Promise<Result<ServerView>>;
  accept(name: string, fingerprint: string): Promise<Result<ServerView>>;
  setDisabled(name: string, disabled: boolean): Promise<Result<ServerView>>;
  waive(name: string, waived: boolean): Promise<Result<ServerView>>;
  /** What its sandbox opens from now on; counts as a change that must be accepted. The waiver stays as it is. */
  setSandbox(name: string, opens: Pick<SandboxSettings, "read" | "write" | "hosts" | "limits">): Promise<Result<ServerView>>;
  /** Starts it once for us and lists its tools through the SDK's client; the tools are remembered. */
  inspect(name: string): Promise<Result<readonly Tool[]>>;
  /** Its tools as they were last listed, secrets taken out; null if they never were. */
  tools(name: string): readonly Tool[] | null;
  /** Tools seen passing by in a client's own tools/list. */
  noteTools(name: string, tools: readonly Tool[]): void;
  stop(name: string): Promise<void>;
  log(name: string, lines: number): Promise<readonly string[]>;
  explain(name: string): Promise<Result<{ words: string[]; plan: string[] }>>;
  /** Reads the memory of every instance anew (Linux; elsewhere it stays null). For every few seconds while somebody looks. */
  sampleMemory(): Promise<void>;
  /** After anything that `list` would show differently. Returns the unsubscribe. */
  onChange(listener: () => void): () => void;
  /** Stops every instance. */
  close(): Promise<void>;
}
