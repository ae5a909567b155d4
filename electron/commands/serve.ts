import path from "node:path";
import type { Command } from "commander";
import { boundYoungHeap } from "../young-heap.ts";
import { inFull } from "./broken-settings.ts";
import { report } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { folderTrouble } from "./disk-trouble.ts";

interface ServeOptions {
  readonly ui?: boolean;
  readonly approve: string;
  readonly json?: boolean;
}

const closeWithinMs = 15_000;

/** `serve`: the app in the foreground without a display, until SIGINT, SIGTERM or `portcullis quit`. */
export function defineServe(program: Command, context: Context, run: Run): void {
  program
    .command("serve")
    .option("--ui", "serve the windows to a browser on 127.0.0.1, and print a one-time link")
    .option(
      "--approve <how>",
      "who answers: ui (browser or `portcullis approvals`), terminal (questions appear here), deny (every question is a no)",
      "ui",
    )
    .option("--json", "print one line of JSON on stdout when it is ready")
    .description("run without a display")
    .addHelpText("after", "\nExamples:\n  $ portcullis serve --ui\n  $ portcullis serve --approve terminal")
    .action(run((options: ServeOptions) => serve(context, options)));
}

async function serve(context: Context, options: ServeOptions): Promise<Status> {
  const { terminal, paths, env, platform, version, programFolder } = context;
  const answerer = options.approve;
  if (answerer !== "ui" && answerer !== "terminal" && answerer !== "deny") {
    terminal.note("error: --approve is ui, terminal or deny");
    return 2;
  }
  // Everything this process makes is ours alone.
  process.umask(0o077);
  boundYoungHeap();
  const { filesBeside, startHeadless } = await import("../headless.ts");

  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const onSignal = (): void => stop();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);

  const started = await startHeadless({
    paths,
    env,
    platform,
    version,
    answerer,
    ui: options.ui === true,
    files: filesBeside(programFolder),
    relaunch: {
      command: process.execPath,
      // A question on a terminal that is not there has no answerer: a restart by a bridge leaves it to `ui`.
      args: [
        path.join(programFolder, "portcullis.js"),
        "serve",
        ...(options.ui === true ? ["--ui"] : []),
        ...(answerer === "deny" ? ["--approve", "deny"] : []),
      ],
    },
    quit: () => stop(),
  });
  // What it says of folders it cannot use is for a log; here somebody can mend them.
  if (!started.ok) return report(context, started.error.code === "cannot-start" ? (folderTrouble(paths) ?? started.error) : started.error);
  const headless = started.value;
  const url = headless.url();
  terminal.note(`Portcullis ${version} is running. Its files: ${paths.config}`);
  if (url !== null) terminal.note(`Open (works once): ${url}`);
  const { reason } = headless.app.publisher.snapshot().snapshot.app;
  if (reason !== null) terminal.note(`! ${inFull(reason, paths)}`);
  if (options.json === true) terminal.raw(`${JSON.stringify({ ready: true, pid: process.pid, url })}\n`);

  let approver: { close(): void } | null = null;
  if (answerer === "terminal") {
    const { createTerminalApprover } = await import("./terminal-approver.ts");
    approver = createTerminalApprover({ terminal, dispatch: headless.app.dispatch, subscribe: headless.app.subscribe, now: context.now });
  }

  await stopped;
  terminal.note("Closing.");
  approver?.close();
  const timer = setTimeout(() => {
    terminal.note("portcullis: closing took too long");
    process.exit(1);
  }, closeWithinMs);
  // A second signal means: at once.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.removeListener(signal, onSignal);
    process.once(signal, () => process.exit(1));
  }
  await headless.close();
  clearTimeout(timer);
  return 0;
}
