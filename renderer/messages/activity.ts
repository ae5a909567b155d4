import type { CallOutcome, JournalKind } from "../../shared/model/journal-entry.ts";
import { count } from "./plural.ts";

const kinds: Readonly<Record<JournalKind, string>> = {
  "app-started": "Portcullis started",
  "app-stopped": "Portcullis stopped",
  "call-asked": "Asked",
  "call-dispatched": "Allowed and sent",
  "call-denied": "Denied",
  "call-finished": "Answered",
  "client-connected": "Client connected",
  "client-disconnected": "Client disconnected",
  "server-accepted": "Server accepted",
  "server-installed": "Server installed",
  "server-launched": "Server started",
  "server-refused": "Server not started",
  "server-stopped": "Server stopped",
  "secret-stored": "Secret stored",
  "secret-deleted": "Secret deleted",
  "secret-used": "Secret lent",
  "rule-added": "Rule made",
  "rule-removed": "Rule revoked",
  "settings-changed": "Settings changed",
  "gate-paused": "Paused",
  "gate-resumed": "Resumed",
  "journal-exported": "Journal exported",
  "migration-applied": "Config moved to Portcullis",
  "migration-undone": "Config put back",
  "migration-failed": "Config left as it was",
};

const outcomes: Readonly<Record<CallOutcome, string>> = {
  ok: "ok",
  "tool-error": "tool error",
  "protocol-error": "protocol error",
  cancelled: "cancelled",
  lost: "no answer",
  refused: "refused",
};

/** Names for what a record's detail may hold; what has none is shown under its own. */
const detailNames: Readonly<Record<string, string>> = {
  bytes: "Message, bytes",
  bytesIn: "Message, bytes",
  bytesOut: "Answer, bytes",
  bytesHash: "Message, SHA-256",
  messageHash: "Message, SHA-256",
  why: "Why",
  secret: "Secret",
  name: "Name",
  version: "Version",
  resultCut: "Answer cut",
  session: "Session",
  code: "Code",
  signal: "Signal",
  fingerprint: "Fingerprint",
  command: "Command",
  rule: "Rule",
  file: "File",
  migration: "Migration",
  servers: "Servers",
  reason: "Reason",
};

const byWords: Readonly<Record<string, string>> = {
  person: "by you",
  deadline: "no answer in time",
  paused: "while paused",
  limit: "too many at once",
  closing: "while closing",
  cancelled: "taken back",
  "session-ended": "the client left",
  default: "by default",
  fault: "because of a fault",
  gate: "by the gate",
};

function activityBy(by: string): string {
  return byWords[by] ?? (by.startsWith("rule ") ? "by a rule" : by);
}

export const activityMessages = {
  title: "Activity",
  list: "What happened, newest first",
  kinds,
  outcomes,
  waiting: "waiting",
  running: "running",
  allowed: "allowed",
  denied: "denied",
  /** "allowed by you", "denied, no answer in time" */
  decided: (word: string, by: string): string => {
    const words = activityBy(by);
    return words.startsWith("by ") ? `${word} ${words}` : `${word}, ${words}`;
  },
  by: activityBy,
  search: "Search arguments, tools, names",
  server: "Server",
  client: "Client",
  show: "Show",
  anyServer: "Every server",
  anyClient: "Every client",
  filters: { all: "Everything", calls: "Calls", denied: "Denied", servers: "Servers", secrets: "Secrets", settings: "Rules and settings" },
  fresh: (value: number) => count(value, "new", "new"),
  freshLong: (value: number) => `Show ${count(value, "new row", "new rows")}`,
  loadingMore: "Reading older records…",
  start: "The journal begins here.",
  empty: "Nothing has happened yet",
  emptyText: "Every call, decision, start and secret use is recorded here. Connect a client to see the first.",
  emptyAction: "Connect a client",
  noMatch: "Nothing matches",
  noMatchText: "No record fits these filters.",
  clearFilters: "Clear the filters",
  verify: "Verify",
  verifying: "Verifying…",
  intact: (records: number) => `The journal is intact: ${count(records, "record", "records")}.`,
  anchored: (anchor: string, ago: string | null) => (ago === null ? `Not anchored yet (${anchor}).` : `Anchored in the ${anchor} ${ago}.`),
  unchecked: (records: number) => `${count(records, "record fits", "records fit")} together, but the end could not be compared.`,
  uncheckedText: (anchor: string, reason: string) =>
    `The head kept in the ${anchor} could not be read (${reason}), so records missing at the end would not show. Unlock it and verify again.`,
  bad: (seq: string) => `The journal was changed at record ${seq}.`,
  badHint: "Keep the file aside before anything else is written: portcullis journal verify says how.",
  unreadable: "The journal cannot be read.",
  export: "Export",
  exportJsonl: "As JSON lines",
  exportCsv: "As CSV",
  exported: (records: number) => `${count(records, "record", "records")} exported`,
  arguments: "Arguments",
  argumentsStart: "Beginning of the message (too long to keep whole)",
  detailNames,
  result: "Answer",
  when: "When",
  decision: "Decision",
  reason: "Reason given",
  timing: "Timing",
  took: (duration: string) => `took ${duration}`,
};
