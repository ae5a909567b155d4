import type { Command } from "commander";
import type { Approval } from "../../shared/model/approval.ts";
import type { AppClient } from "./app-client.ts";
import { report, withApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { durationMs, table } from "./print.ts";
import { questionLines } from "./question-text.ts";

interface AnswerOptions {
  readonly for: string;
  readonly reason?: string;
  readonly expires?: string;
  readonly onlyTheseArguments?: boolean;
}

/** `approvals list | show | answer`. An answer is bound to the question as it stands by its fingerprint (threat 23). */
export function defineApprovals(program: Command, context: Context, run: Run): void {
  const { terminal } = context;
  const approvals = program.command("approvals").description("calls that wait for an answer");

  approvals
    .command("list")
    .option("--json", "print as JSON")
    .description("what waits, oldest first")
    .action(
      run((options: { json?: boolean }) =>
        withApp(context, async (app) => {
          const state = await app.call("state.get", undefined);
          if (!state.ok) return report(context, state.error);
          const waiting = state.value.snapshot.approvals;
          if (options.json === true) terminal.json(waiting);
          else if (waiting.length === 0) terminal.print("Nothing waits.");
          else {
            const rows = waiting.map((approval) => [
              approval.id,
              approval.client,
              approval.server,
              approval.tool,
              approval.subject === null ? "" : `${approval.subject.key}: ${approval.subject.value}`,
              `${String(Math.max(0, Math.round((approval.deadline - context.now()) / 1000)))} s`,
            ]);
            terminal.print(table(["id", "client", "server", "tool", "about", "left"], rows));
          }
          return 0;
        }),
      ),
    );

  approvals
    .command("show")
    .argument("<id>", "or the beginning of it")
    .option("--json", "print as JSON")
    .description("one question with all of its arguments")
    .action(
      run((id: string, options: { json?: boolean }) =>
        withApproval(context, id, async (approval, app) => {
          const detail = await app.call("approval.get", { id: approval.id });
          if (!detail.ok) return report(context, detail.error);
          if (options.json === true) terminal.json(detail.value);
          else terminal.print(questionLines(detail.value, terminal.columns()).join("\n"));
          return 0;
        }),
      ),
    );

  approvals
    .command("answer")
    .argument("<id>", "or the beginning of it")
    .argument("<verdict>", "allow or deny")
    .option("--for <scope>", "once, session (this client's connection) or always (a rule)", "once")
    .option("--only-these-arguments", "with session and always: only for exactly these arguments")
    .option("--expires <time>", "with always: 30m, 12h, 7d, 2w")
    .option("--reason <text>", "with deny: for the model to read")
    .description("answer a question")
    .addHelpText(
      "after",
      "\nExamples:\n  $ portcullis approvals answer 5f0c allow\n  $ portcullis approvals answer 5f0c deny --reason 'use the staging database'",
    )
    .action(run((id: string, verdict: string, options: AnswerOptions) => answer(context, id, verdict, options)));
}

async function answer(context: Context, id: string, verdict: string, options: AnswerOptions): Promise<Status> {
  const { terminal } = context;
  const wrong = (reason: string): Status => {
    terminal.note(`error: ${reason}`);
    return 2;
  };
  if (verdict !== "allow" && verdict !== "deny") return wrong("the verdict is allow or deny");
  const remember = options.for;
  if (remember !== "once" && remember !== "session" && remember !== "always") return wrong("--for is once, session or always");
  const expiresInMs = options.expires === undefined ? undefined : durationMs(options.expires);
  if (expiresInMs === null) return wrong("--expires is a number and s, m, h, d or w: 7d");
  if (expiresInMs !== undefined && remember !== "always") return wrong("--expires goes with --for always");
  if (options.onlyTheseArguments === true && remember === "once") return wrong("--only-these-arguments goes with --for session or always");
  if (options.reason !== undefined && verdict === "allow") return wrong("--reason goes with deny");
  if ((options.reason?.length ?? 0) > 1000) return wrong("--reason holds at most 1,000 characters");

  return withApproval(context, id, async (approval, app) => {
    const result = await app.call("approval.answer", {
      id: approval.id,
      fingerprint: approval.fingerprint,
      verdict,
      remember,
      ...(options.onlyTheseArguments === true ? { onlyTheseArguments: true } : {}),
      ...(expiresInMs === undefined ? {} : { expiresInMs }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    });
    if (!result.ok) return report(context, result.error);
    terminal.print(`${verdict === "allow" ? "Allowed" : "Denied"}: ${approval.tool} of ${approval.server} for ${approval.client}.`);
    return 0;
  });
}

/** Less would answer the question that happens to begin so. */
const shortestId = 4;

/** The one waiting question whose id begins like this. */
async function withApproval(context: Context, id: string, work: (approval: Approval, app: AppClient) => Promise<Status>): Promise<Status> {
  return withApp(context, async (app) => {
    const state = await app.call("state.get", undefined);
    if (!state.ok) return report(context, state.error);
    if (id.length < shortestId) {
      const hint = "portcullis approvals list shows what waits.";
      return report(context, { code: "bad-input", message: `"${id}" is too short: give ${String(shortestId)} characters of the id`, hint });
    }
    const found = state.value.snapshot.approvals.filter((approval) => approval.id.startsWith(id));
    const [approval] = found;
    if (approval === undefined) {
      return report(context, {
        code: "not-found",
        message: `nothing waits under ${id}`,
        hint: "It was answered, withdrawn or too late. portcullis approvals list shows what waits.",
      });
    }
    if (found.length > 1) return report(context, { code: "bad-input", message: `${id} begins more than one id; give more of it` });
    return work(approval, app);
  });
}
