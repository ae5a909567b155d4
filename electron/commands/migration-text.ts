import { assertNever } from "../../shared/errors.ts";
import type { ConfigFile, FoundSecret, Migration, Place, Plan, Scan } from "../../shared/model/migration.ts";
import { commandText, timeText } from "./print.ts";

// What scan, migrate and restore print. Names, paths and arguments come from other apps' files: the terminal reveals what is hidden in them.

/** Everything that was found, the worst first. */
export function scanText(scan: Scan): string {
  const lines: string[] = [];
  for (const file of [...scan.files].sort((a, b) => risk(scan, b) - risk(scan, a))) {
    const secrets = scan.secrets.filter((secret) => secret.file === file.id);
    lines.push(`${file.clientName}  ${file.path}${file.project === null ? "" : `  (project ${file.project})`}`);
    if (file.status.kind !== "ready") lines.push(`  ! ${file.status.reason}`);
    for (const { text, severe } of file.exposures) lines.push(`  ${severe ? "!" : "·"} ${text}`);
    for (const entry of file.entries) {
      const how = entry.command === null ? (entry.url ?? "") : commandText(entry.command, entry.args);
      lines.push(`  ${entry.server}  ${how}${entry.disabled ? "  (off)" : ""}`);
      if (entry.stays !== null) lines.push(`      stays: ${entry.stays}`);
      for (const secret of secrets.filter(({ server }) => server === entry.server)) lines.push(`      ${secretText(secret)}`);
    }
    lines.push("");
  }
  const count = scan.secrets.filter((secret) => secret.class !== "unlikely").length;
  const clients = new Set(scan.files.map(({ client }) => client)).size;
  lines.push(
    scan.files.length === 0
      ? "No MCP client's config was found."
      : `${plural(count, "plaintext secret")} in ${plural(scan.files.length, "file")} of ${plural(clients, "client")}.`,
  );
  const unread = unreadFiles(scan).length;
  if (unread > 0) lines.push(`${plural(unread, "file")} could not be read and ${unread === 1 ? "is" : "are"} left alone.`);
  if (count > 0) lines.push("See what would change: portcullis migrate --dry-run");
  return lines.join("\n");
}

/** The files that could not be read in full, each once, with the reason. */
export function unreadFiles(scan: Scan): string[] {
  return [...new Set(scan.files.flatMap(({ path, status }) => (status.kind === "refused" ? [`${path}: ${status.reason}`] : [])))];
}

function risk(scan: Scan, file: ConfigFile): number {
  const secrets = scan.secrets.filter((secret) => secret.file === file.id && secret.class !== "unlikely").length;
  return secrets * (1 + file.exposures.filter(({ severe }) => severe).length);
}

function secretText(secret: FoundSecret): string {
  const mark = { secret: "secret", probable: "probably a secret", unlikely: "unlikely a secret" }[secret.class];
  return `${placeText(secret.place)}: ${secret.prefix}… (${secret.length} characters), ${mark}: ${secret.reason}`;
}

function placeText(place: Place): string {
  switch (place.kind) {
    case "env":
      return place.name;
    case "env-json":
      return `${place.name} ${place.pointer}`;
    case "arg":
      return place.flag ?? `argument ${place.index + 1}`;
    case "header":
      return `header ${place.name}`;
    case "url":
      return place.key === null ? `url (${place.part})` : `url ${place.key}`;
    default:
      return assertNever(place);
  }
}

/** The whole review: what each server would run and may touch, where each secret goes, what each file would look like. */
export function planText(plan: Plan): string {
  const lines: string[] = [];
  for (const server of plan.servers) {
    const { sandbox } = server;
    const list = (items: readonly string[] | undefined): string =>
      items === undefined || items.length === 0 ? "nothing" : items.join(", ");
    lines.push(`${server.name} will run, through Portcullis:`, `  ${commandText(server.command, server.args)}`);
    if (server.cwd !== null) lines.push(`  in        ${server.cwd}`);
    for (const { name, references } of server.env) {
      lines.push(`  env       ${name}${references.length === 0 ? "" : ` (secret: ${references.join(", ")})`}`);
    }
    if (sandbox.waived === true) lines.push("  ! It runs WITHOUT a sandbox.");
    lines.push(
      `  may read  ${list(sandbox.read)}`,
      `  may write ${list(sandbox.write)}`,
      `  may reach ${list(sandbox.hosts)}`,
      ...server.why.map((why) => `  · ${why}`),
      ...server.warnings.map((warning) => `  ! ${warning}`),
      "",
    );
  }
  for (const { name, exists } of plan.secrets) lines.push(`${exists ? "is in the vault already" : "moves to the vault"}: ${name}`);
  if (plan.secrets.length > 0) lines.push("");
  for (const file of plan.files) lines.push(file.path, ...diffLines(file.diff).map((line) => `  ${line}`), "");
  for (const { server, reason } of plan.stays) lines.push(`stays as it is: ${server === "" ? "a file" : server}: ${reason}`);
  for (const { name, reason } of plan.rotate) lines.push(`! make a new ${name}, because a copy is elsewhere: ${reason}`);
  return lines.join("\n").trimEnd();
}

/** Lines that all end in CRLF are said to, once; a mixture is shown as it is. */
function diffLines(diff: string): readonly string[] {
  const lines = diff.split("\n");
  const isText = (line: string): boolean => /^[ +-]/.test(line);
  const all = lines.filter(isText).every((line) => line.endsWith("\r"));
  return all ? ["(lines end in CRLF)", ...lines.map((line) => line.replace(/\r$/, ""))] : lines;
}

/** What was done, and what was not and why. */
export function migrationText(migration: Migration): string {
  const words = {
    applied: "done",
    "changed-since": "done, changed by its client since",
    undone: "put back",
    failed: "left as it was",
  } as const;
  return [
    `${migration.id}  ${timeText(migration.at)}`,
    ...migration.files.map(
      ({ path, client, state, reason }) => `  ${words[state]}: ${path} (${client})${reason === null ? "" : `: ${reason}`}`,
    ),
    ...migration.servers
      .filter(({ state }) => state === "failed")
      .map(({ name, reason }) => `  ! ${name}: ${reason ?? "it does not start"}`),
  ].join("\n");
}

/** `17 secrets moved, 4 clients connected` and what is left to do. */
export function doneText(migration: Migration): string {
  const done = migration.files.filter(({ state }) => state === "applied" || state === "changed-since");
  const clients = new Set(done.map(({ client }) => client)).size;
  return [
    `${plural(migration.secrets.length, "secret")} moved, ${plural(clients, "client")} connected.`,
    ...migration.restart.map(({ client, how }) => `Restart ${client}: ${how}`),
    ...(done.length === 0 ? [] : ["To put everything back: portcullis restore"]),
  ].join("\n");
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
