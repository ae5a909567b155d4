import os from "node:os";
import type { AppError, Result } from "../../shared/errors.ts";
import type { Paths } from "../settings/paths.ts";
import type { AppClient } from "./app-client.ts";
import type { Terminal } from "./terminal.ts";

/** What a command has to work with. */
export interface Context {
  readonly terminal: Terminal;
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  /** Absolute path of the folder with portcullis.js and what was built beside it. */
  readonly programFolder: string;
  readonly now: () => number;
}

/** The exit status of a command: 0, 1 (it said why on stderr) or 2 (usage). */
export type Status = 0 | 1 | 2;

/** Registers an action whose result is the exit status. */
export type Run = <A extends unknown[]>(action: (...args: A) => Promise<Status>) => (...args: A) => Promise<void>;

/** The person's home folder. */
export function homeOf({ env }: Context): string {
  return env["HOME"] ?? os.homedir();
}

/** Says on stderr what went wrong and what to do. */
export function report(context: Context, error: AppError): 1 {
  context.terminal.note(`portcullis: ${error.message}`);
  if (error.hint !== undefined) context.terminal.note(`  ${error.hint}`);
  return 1;
}

/** Runs `work` with the running app; says so and fails where there is none. Loads what talks to it only now. */
export async function withApp(context: Context, work: (app: AppClient) => Promise<Status>): Promise<Status> {
  const app = await tryApp(context);
  if (!app.ok) return report(context, app.error);
  try {
    return await work(app.value);
  } finally {
    app.value.close();
  }
}

/** The running app, or `not-running`: for commands that can do without. */
export async function tryApp(context: Context): Promise<Result<AppClient>> {
  const { connectApp } = await import("./app-client.ts");
  return connectApp(context.paths, context.platform);
}

/** A call whose answer is of no interest but for its failure; `done` is printed when it worked. */
export async function simple(context: Context, call: (app: AppClient) => ReturnType<AppClient["call"]>, done: string): Promise<Status> {
  return withApp(context, async (app) => {
    const result = await call(app);
    if (!result.ok) return report(context, result.error);
    context.terminal.print(done);
    return 0;
  });
}
