import type { Command } from "commander";
import type { Check } from "../../shared/model/snapshot.ts";
import { revealLine } from "../../shared/text/reveal.ts";
import { report, simple, tryApp, withApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";

interface Json {
  readonly json?: boolean;
}

/** Checks of what is ours: it is there, but no use. */
const files: ReadonlySet<string> = new Set(["folders", "settings", "journal"]);
const screens: readonly string[] = ["approvals", "activity", "servers", "clients", "secrets", "rules", "settings"];

/** `pause`, `resume`, `doctor`, `open`, `status`, `quit`. `doctor` works without the app. */
export function defineApp(program: Command, context: Context, run: Run): void {
  const { terminal } = context;

  program
    .command("pause")
    .description("refuse every call until resumed; what waits is denied")
    .action(run(() => simple(context, (app) => app.call("gate.pause", undefined), "Paused: every call is refused.")));

  program
    .command("resume")
    .description("judge calls again after a pause")
    .action(run(() => simple(context, (app) => app.call("gate.resume", undefined), "Resumed.")));

  program
    .command("doctor")
    .option("--json", "print as JSON")
    .description("what this machine lacks, and the one command to get it; exit status 1 if something is missing")
    .action(run((options: Json) => doctor(context, options)));

  program
    .command("open")
    .argument("[screen]", screens.join(", "))
    .description("bring the window up, or print a fresh link to the browser UI")
    .action(
      run(async (screen: string | undefined) => {
        if (screen !== undefined && !screens.includes(screen)) {
          terminal.note(`error: there is no screen ${screen}; the screens are ${screens.join(", ")}`);
          return 2;
        }
        return withApp(context, async (app) => {
          const opened = await app.call("app.open", screen === undefined ? {} : { screen });
          if (!opened.ok) return report(context, opened.error);
          if (opened.value.kind === "nothing") {
            return report(context, {
              code: "not-found",
              message: "there is no window and no browser UI here",
              hint: "To have one: portcullis quit, then portcullis serve --ui",
            });
          }
          terminal.print(opened.value.kind === "browser" ? opened.value.url : "The window is up.");
          return 0;
        });
      }),
    );

  program
    .command("status")
    .option("--json", "print as JSON")
    .description("whether Portcullis runs, and how it stands")
    .action(run((options: Json) => status(context, options)));

  program
    .command("quit")
    .description("end Portcullis: what waits is denied, every server is stopped")
    .action(run(() => simple(context, (app) => app.call("app.quit", undefined), "Portcullis is quitting.")));
}

async function status(context: Context, options: Json): Promise<Status> {
  const app = await tryApp(context);
  if (!app.ok) {
    if (options.json === true) context.terminal.json({ running: false });
    return report(context, app.error);
  }
  try {
    const state = await app.value.call("state.get", undefined);
    if (!state.ok) return report(context, state.error);
    const { app: view, approvals, clients, servers } = state.value.snapshot;
    if (options.json === true) {
      context.terminal.json({ running: true, ...view, waiting: approvals.length, clients: clients.length, servers: servers.length });
    } else {
      const reason = view.reason === null ? "" : `: ${view.reason}`;
      context.terminal.print(
        [
          `Portcullis ${view.version} is running, ${view.state}${reason}`,
          `  waiting   ${String(approvals.length)}`,
          `  clients   ${String(clients.length)}`,
          `  servers   ${String(servers.length)}`,
          `  journal   ${String(view.journal.records)} record${view.journal.records === 1 ? "" : "s"}`,
          `  config    ${view.home.config}`,
        ]
          .map((line) => revealLine(line))
          .join("\n"),
      );
    }
    return view.state === "fault" ? 1 : 0;
  } finally {
    app.value.close();
  }
}

async function doctor(context: Context, options: Json): Promise<Status> {
  const app = await tryApp(context);
  let checks: readonly Check[];
  if (app.ok) {
    const result = await app.value.call("doctor.run", undefined);
    app.value.close();
    if (!result.ok) return report(context, result.error);
    checks = result.value;
  } else {
    const { runDoctorOffline } = await import("./doctor-offline.ts");
    checks = await runDoctorOffline(context);
  }
  if (options.json === true) context.terminal.json(checks);
  else {
    const marks = { ok: "ok     ", warning: "warning", missing: "MISSING" } as const;
    for (const check of checks) {
      const mark = check.status === "missing" && files.has(check.id) ? "BROKEN " : marks[check.status];
      context.terminal.print(`${mark}  ${revealLine(`${check.title}: ${check.detail}`)}`);
      if (check.fix !== null) context.terminal.print(`         → ${revealLine(check.fix)}`);
    }
  }
  return checks.some((check) => check.status === "missing") ? 1 : 0;
}
