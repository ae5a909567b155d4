import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import type { JournalKind, JournalPage, JournalQuery, JournalRecord, JournalVerdict } from "../../shared/model/journal-entry.ts";
import { reveal, revealLine } from "../../shared/text/reveal.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import type { JournalReader } from "../journal/reader.ts";
import type { AppClient } from "./app-client.ts";
import { report, tryApp, withApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { durationMs, table, timeText } from "./print.ts";
import { printableJson } from "./terminal.ts";

/** `journal list | show | verify | archive | export`: through the app while it runs, otherwise read-only from the file itself. */
export function defineJournal(program: Command, context: Context, run: Run): void {
  const { terminal } = context;
  const journal = program.command("journal").description("what happened: every call, decision, launch and change");

  withFilter(journal.command("list"))
    .option("-n, --limit <number>", "how many of the newest records", "50")
    .option("--json", "print as JSON")
    .description("the newest records, oldest first")
    .addHelpText(
      "after",
      "\nExamples:\n  $ portcullis journal list --since 12h --decision deny\n  $ portcullis journal list --server github --json",
    )
    .action(run((options: ListOptions) => list(context, options)));

  journal
    .command("show")
    .argument("<record>", "a record's number, or the id of a call")
    .option("--json", "print as JSON")
    .description("one record, or all records of one call")
    .action(run((which: string, options: { json?: boolean }) => show(context, which, options)));

  journal
    .command("verify")
    .option("--json", "print as JSON")
    .description(
      "compute the whole chain again; exit status 1 and the first bad record if anything was edited, deleted or reordered, and also if the head kept outside could not be read",
    )
    .action(
      run(async (options: { json?: boolean }) => {
        const source = await openSource(context);
        if (source === null) return 1;
        try {
          const verdict = await source.verify();
          if (typeof verdict === "number") return verdict;
          if (options.json === true) terminal.json(verdict);
          else terminal.print(verdictText(verdict));
          return verdict.kind === "intact" ? 0 : 1;
        } finally {
          source.close();
        }
      }),
    );

  journal
    .command("archive")
    .description("put a journal that does not verify aside, untouched; a new one begins at the next start")
    .action(
      run(() =>
        withApp(context, async (app) => {
          const archived = await app.call("journal.archive", undefined);
          if (!archived.ok) return report(context, archived.error);
          terminal.print(`The old journal is kept as ${archived.value.file}. Start Portcullis again to go on with a new one.`);
          if (archived.value.anchored) return 0;
          terminal.note("The keychain could not be told. Unlock it and run this again, or the new journal will not be trusted.");
          return 1;
        }),
      ),
    );

  withFilter(journal.command("export"))
    .option("--format <format>", "jsonl or csv", "jsonl")
    .option("--out <file>", "write to a file of mode 0600 instead of stdout")
    .description("the matching records as text, oldest first; secrets are hidden in the journal already")
    .action(run((options: ExportOptions) => exportTo(context, options)));
}

interface Filter {
  readonly client?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly kind?: string;
  readonly decision?: string;
  readonly text?: string;
  readonly since?: string;
}
interface ListOptions extends Filter {
  readonly limit: string;
  readonly json?: boolean;
}
interface ExportOptions extends Filter {
  readonly format: string;
  readonly out?: string;
}

function withFilter(command: Command): Command {
  return command
    .option("--client <name>", "only this client")
    .option("--server <name>", "only this server")
    .option("--tool <name>", "only this tool")
    .option("--kind <kind>", "only this kind, for example call-denied")
    .option("--decision <decision>", "allow or deny")
    .option("--text <text>", "only records that hold this text")
    .option("--since <time>", "only the last 30m, 12h, 7d, 2w");
}

type Query = Omit<JournalQuery, "limit" | "before">;

/** The query, or what is wrong with the options. */
async function queryFrom(context: Context, filter: Filter): Promise<Query | string> {
  const { journalKinds } = await import("../../shared/model/journal-entry.ts");
  const { client, server, tool, kind, decision, text, since } = filter;
  const kinds: readonly string[] = journalKinds;
  if (kind !== undefined && !kinds.includes(kind)) return `there is no kind ${kind}; the kinds are ${kinds.join(", ")}`;
  if (decision !== undefined && decision !== "allow" && decision !== "deny") return "--decision is allow or deny";
  const age = since === undefined ? undefined : durationMs(since);
  if (age === null) return "--since is a number and s, m, h, d or w: 12h";
  return {
    ...(client === undefined ? {} : { client }),
    ...(server === undefined ? {} : { server }),
    ...(tool === undefined ? {} : { tool }),
    ...(kind === undefined ? {} : { kinds: [kind as JournalKind] }),
    ...(decision === undefined ? {} : { decision }),
    ...(text === undefined ? {} : { text }),
    ...(age === undefined ? {} : { since: context.now() - age }),
  };
}

async function list(context: Context, options: ListOptions): Promise<Status> {
  const { terminal } = context;
  const query = await queryFrom(context, options);
  const most = Number(options.limit);
  if (typeof query === "string" || !Number.isInteger(most) || most < 1 || most > 10_000) {
    terminal.note(`error: ${typeof query === "string" ? query : "--limit needs a number from 1 to 10000"}`);
    return 2;
  }
  const source = await openSource(context);
  if (source === null) return 1;
  try {
    const records = await collect(source, query, most);
    if (records === null) return 1;
    if (options.json === true) terminal.json(records);
    else if (records.length === 0) terminal.print("No such records.");
    else terminal.print(table(["no", "time", "what", "client", "server", "tool", "outcome"], records.map(row)));
    return 0;
  } finally {
    source.close();
  }
}

async function show(context: Context, which: string, options: { readonly json?: boolean }): Promise<Status> {
  const { terminal } = context;
  const source = await openSource(context);
  if (source === null) return 1;
  try {
    const seq = /^[1-9][0-9]*$/.test(which) ? Number(which) : null;
    const records =
      seq === null
        ? await collect(source, { call: which }, 100)
        : (await source.page({ before: seq + 1, limit: 1 }))?.records.filter((r) => r.seq === seq);
    if (records === null || records === undefined) return 1;
    if (records.length === 0) {
      return report(context, {
        code: "not-found",
        message: `there is no record or call ${which}`,
        hint: "portcullis journal list shows the newest, each with its number.",
      });
    }
    if (options.json === true) terminal.json(records);
    else for (const record of records) terminal.print(recordLines(record).join("\n"));
    return 0;
  } finally {
    source.close();
  }
}

async function exportTo(context: Context, options: ExportOptions): Promise<Status> {
  const { terminal } = context;
  const { format } = options;
  const query = await queryFrom(context, options);
  if (typeof query === "string" || (format !== "jsonl" && format !== "csv")) {
    terminal.note(`error: ${typeof query === "string" ? query : "--format is jsonl or csv"}`);
    return 2;
  }
  // Read from the file also while the app runs: over its socket everything would have to be in memory at once. The app records it first.
  const noted = await noteExport(context, format);
  if (noted !== 0) return noted;
  const reader = await openReader(context);
  if (reader === null) return 1;
  try {
    const pieces = reader.exportRecords(format, query);
    if (options.out === undefined) await terminal.rawPieces(pieces);
    else {
      await writePrivate(options.out, pieces);
      terminal.note(`Written to ${path.resolve(options.out)}.`);
    }
    return 0;
  } catch (error) {
    return report(context, {
      code: "internal",
      message: `cannot write ${options.out ?? "stdout"}: ${error instanceof Error ? error.message : "?"}`,
    });
  } finally {
    reader.close();
  }
}

// Into a file of its own that takes the name at the end: one that was there may be open to others, and would stay so. What is no ordinary
// file (a pipe, a device) is written to as it is, and no folder is made for a mistyped path.
async function writePrivate(file: string, pieces: Iterable<string>): Promise<void> {
  const there = await stat(file).catch(() => null);
  if (there !== null && !there.isFile()) return writeFile(file, pieces);
  await stat(path.dirname(file));
  await writeFileAtomic(file, pieces, 0o600);
}

/** Lets a running app record the export; 0 also where none runs. */
async function noteExport(context: Context, format: "jsonl" | "csv"): Promise<Status> {
  const app = await tryApp(context);
  if (!app.ok) return 0;
  try {
    const noted = await app.value.call("journal.noteExport", { format });
    return noted.ok ? 0 : report(context, noted.error);
  } finally {
    app.value.close();
  }
}

/** The journal as a command sees it. A failure is said on stderr and comes back as null, or the status. */
interface Source {
  /** Newest first; fewer than asked for where they are large. */
  page(query: Query & { before?: number; limit: number }): Promise<JournalPage | null>;
  verify(): Promise<JournalVerdict | Status>;
  close(): void;
}

async function openSource(context: Context): Promise<Source | null> {
  const app = await tryApp(context);
  return app.ok ? appSource(context, app.value) : fileSource(context);
}

function appSource(context: Context, app: AppClient): Source {
  return {
    async page(query) {
      const page = await app.call("journal.page", query);
      if (page.ok) return page.value;
      report(context, page.error);
      return null;
    },
    async verify() {
      const verdict = await app.call("journal.verify", undefined);
      return verdict.ok ? verdict.value : report(context, verdict.error);
    },
    close: () => app.close(),
  };
}

async function fileSource(context: Context): Promise<Source | null> {
  const open = await openReader(context);
  if (open === null) return null;
  return {
    page: (query) => Promise.resolve(open.page(query)),
    async verify() {
      const { verifyJournalFile } = await import("../journal/reader.ts");
      const { anchorStore } = await import("../anchor-store.ts");
      const { withOfflineVault } = await import("./offline-vault.ts");
      return withOfflineVault(context, async (vault) => {
        await vault.refresh();
        const file = journalFile(context);
        return verifyJournalFile(file, anchorStore(vault, file));
      });
    },
    close: () => open.close(),
  };
}

/** The journal's file, read-only; null when that failed and was said. */
async function openReader(context: Context): Promise<JournalReader | null> {
  const { openJournalReader } = await import("../journal/reader.ts");
  const { describeDatabaseError } = await import("../journal/database.ts");
  try {
    return openJournalReader(journalFile(context));
  } catch (error) {
    const trouble = diskTrouble(error, context.paths);
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const hint = missing ? "It begins when Portcullis first runs: portcullis serve" : "portcullis doctor says what is wrong.";
    report(
      context,
      trouble ?? { code: "journal-unavailable", message: `the journal cannot be read: ${describeDatabaseError(error)}`, hint },
    );
    return null;
  }
}

function journalFile(context: Context): string {
  return path.join(context.paths.data, "journal.db");
}

/** The newest `most` matching records, oldest first. */
async function collect(source: Source, query: Query, most: number): Promise<JournalRecord[] | null> {
  const records: JournalRecord[] = [];
  for (;;) {
    const limit = Math.min(500, most - records.length);
    const before = records.at(-1)?.seq;
    const page = await source.page({ ...query, limit, ...(before === undefined ? {} : { before }) });
    if (page === null) return null;
    records.push(...page.records);
    if (!page.more || page.records.length === 0 || records.length >= most) return records.toReversed();
  }
}

function row(record: JournalRecord): string[] {
  const outcome = [record.decision, record.outcome, record.by === undefined ? undefined : `by ${record.by}`];
  return [
    String(record.seq),
    timeText(record.at),
    record.kind,
    record.client ?? "",
    record.server ?? "",
    record.tool ?? "",
    outcome.filter((part) => part !== undefined).join(", "),
  ];
}

function recordLines(record: JournalRecord): string[] {
  const { seq, at, detail, ...rest } = record;
  return [
    `${String(seq)}  ${timeText(at)}  ${record.kind}`,
    ...Object.entries(rest)
      .filter(([key, value]) => key !== "kind" && value !== undefined)
      .map(([key, value]) => `  ${key.padEnd(10)} ${revealLine(String(value))}`),
    ...(detail === undefined
      ? []
      : reveal(printableJson(detail))
          .split("\n")
          .map((line) => `  | ${line}`)),
  ];
}

function verdictText(verdict: JournalVerdict): string {
  if (verdict.kind === "bad") return `NOT INTACT: record ${String(verdict.seq)}: ${verdict.reason}`;
  if (verdict.kind === "unreadable") return `NOT READABLE: ${verdict.reason}`;
  if (verdict.kind === "unchecked") {
    return (
      `NOT COMPARED: ${String(verdict.records)} records fit together, head ${verdict.head}, but the head kept in the ${verdict.anchor} ` +
      `could not be read (${verdict.reason}), so records missing at the end would not show. Unlock it and verify again.`
    );
  }
  const anchor =
    verdict.anchor === "none"
      ? "no head kept outside the journal could be compared, so records missing at its end would not show"
      : `its head agrees with the one kept in the ${verdict.anchor}${verdict.anchoredAt === null ? "" : ` at ${timeText(verdict.anchoredAt)}`}`;
  return `Intact: ${String(verdict.records)} records, head ${verdict.head}; ${anchor}.`;
}
