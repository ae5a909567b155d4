import type { Dispatch } from "./api/dispatch.ts";
import type { ForkHelper } from "./helper-process.ts";
import type { Journal } from "./journal/journal.ts";
import type { Paths } from "./settings/paths.ts";
import type { Publisher } from "./state/publisher.ts";
import type { Result } from "../shared/errors.ts";
import type { AppView } from "../shared/model/snapshot.ts";

/** What only the surface that runs the app (Electron or plain Node) can give. */
export interface AppDeps {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  readonly fork: ForkHelper;
  /** Absolute path of a Node binary: runs servers' entry points and the bridge. */
  readonly nodePath: string;
  /** Absolute path of dist/bridge.cjs, as a client's config will name it. */
  readonly bridgePath: string;
  /** How approvals are answered in this run; `deny` answers every question with no at once. */
  readonly answerer: AppView["answerer"];
  /** How to start this app again, for a bridge that finds it not running. */
  readonly relaunch: { readonly command: string; readonly args: readonly string[] };
  /** Brings the main window up; headless: the address of the browser UI, or null where there is none. */
  open(screen: string | undefined): Promise<{ url: string | null }>;
  /** Asked by a person (tray, UI, command line): the surface closes the app and exits. */
  quit(): void;
}

/** The running app, as its surfaces see it. */
export interface App {
  readonly dispatch: Dispatch;
  readonly publisher: Publisher;
  readonly journal: Pick<Journal, "onAppended">;
  /** Denies what waits: the person is away (screen locked, suspended, window closed). */
  denyWaiting(by: "closing"): number;
  /** Reverse order of construction, each step bounded and run even if the one before threw. */
  close(): Promise<void>;
}

/** The only place where things are created and tied. Fails (already running, data folder unusable) as a value. */
export type CreateApp = (deps: AppDeps) => Promise<Result<App>>;
