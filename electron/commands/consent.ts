import type { AcceptanceChange, Limits, ServerView } from "../../shared/model/server.ts";
import { revealLine } from "../../shared/text/reveal.ts";
import type { AppClient } from "./app-client.ts";
import { report } from "./context.ts";
import type { Context, Status } from "./context.ts";
import { commandText } from "./print.ts";
import { rows } from "./rows.ts";

// Nothing runs before the person has seen the whole command (threat 1). What is accepted is bound to what was shown by its fingerprint.

export interface ConsentOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Shows the server and has it accepted: by `--yes` or by the person. Anything else is a no, and `decline` says what comes of that. */
export async function settle(
  context: Context,
  app: AppClient,
  view: ServerView,
  options: ConsentOptions,
  decline: () => Promise<Status>,
): Promise<Status> {
  showConsent(context, view);
  const agreed = options.yes === true || (await isAgreed(context, view.name));
  return agreed ? accept(context, app, view, options) : decline();
}

/** Accepts the server as this view shows it. */
export async function accept(context: Context, app: AppClient, view: ServerView, options: ConsentOptions): Promise<Status> {
  const { terminal } = context;
  const result = await app.call("server.accept", { name: view.name, fingerprint: view.fingerprint });
  if (!result.ok) return report(context, result.error);
  if (options.json === true) terminal.json(result.value);
  else terminal.print(`${view.name} is accepted. Clients reach it with: portcullis connect ${view.name}`);
  return 0;
}

/** Only a typed yes; never where nobody can be asked. */
export async function isAgreed({ terminal }: Context, name: string): Promise<boolean> {
  const answer = terminal.interactive ? await terminal.ask(`Let ${name} run this? y/N `) : null;
  return answer !== null && /^y(es)?$/i.test(answer.trim());
}

/** All that is accepted, untruncated. */
export function showConsent({ terminal }: Context, view: ServerView): void {
  for (const line of consentLines(view)) {
    // A row that the terminal breaks itself could pass for one of ours.
    for (const row of terminal.interactive ? rows(line, terminal.columns()) : [revealLine(line)]) terminal.note(row);
  }
}

function consentLines(view: ServerView): string[] {
  const { sandbox } = view;
  const list = (items: readonly string[]): string => (items.length === 0 ? "nothing" : items.join(", "));
  const lines = [`${view.name} will run:`, `  ${commandText(view.command, view.args)}`];
  if (view.cwd !== null) lines.push(`  in        ${view.cwd}`);
  for (const { name, references } of view.env) {
    lines.push(`  env       ${name}${references.length === 0 ? "" : ` (secret: ${references.join(", ")})`}`);
  }
  lines.push(`  may read  ${list(sandbox.read)}`, `  may write ${list(sandbox.write)}`, `  may reach ${list(sandbox.hosts)}`);
  const limits = limitsText(sandbox.limits);
  if (limits !== null) lines.push(`  limits    ${limits}`);
  if (sandbox.kind === "waived") lines.push("  ! It runs WITHOUT a sandbox.");
  if (sandbox.kind === "cannot-box") lines.push(`  ! It cannot be boxed here: ${sandbox.reason ?? "unknown reason"}`);
  if (view.state.kind === "changed") for (const change of view.state.changes) lines.push(`  ~ ${changeText(change)}`);
  for (const warning of view.warnings) lines.push(`  ! ${warning}`);
  return lines;
}

/** Those that are not the defaults. */
function limitsText({ memoryMb, processes, openFiles }: Limits = {}): string | null {
  const parts = [
    ...(memoryMb === undefined ? [] : [`${String(memoryMb)} MB of memory for each process`]),
    ...(processes === undefined ? [] : [`${String(processes)} processes`]),
    ...(openFiles === undefined ? [] : [`${String(openFiles)} open files for each process`]),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}

/** What is not there is no secret: values that are not shown are told as "a value". */
function changeText({ field, before, after }: AcceptanceChange): string {
  return `${field} has changed: ${before ?? "nothing"} → ${after ?? "nothing"}`;
}
