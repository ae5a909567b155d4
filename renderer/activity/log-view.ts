import type { JournalKind } from "../../shared/model/journal-entry.ts";

/** What of the journal is shown under one name. */
export const groups = {
  all: null,
  calls: ["call-asked", "call-dispatched", "call-denied", "call-finished"],
  denied: ["call-denied", "server-refused"],
  servers: [
    "server-accepted",
    "server-installed",
    "server-launched",
    "server-refused",
    "server-stopped",
    "client-connected",
    "client-disconnected",
  ],
  secrets: ["secret-stored", "secret-deleted", "secret-used"],
  settings: [
    "rule-added",
    "rule-removed",
    "settings-changed",
    "gate-paused",
    "gate-resumed",
    "journal-exported",
    "migration-applied",
    "migration-undone",
    "migration-failed",
    "app-started",
    "app-stopped",
  ],
} as const satisfies Record<string, readonly JournalKind[] | null>;
export type Group = keyof typeof groups;

/** What the person has asked the log for. Empty: any. */
export interface LogView {
  readonly group: Group;
  readonly server: string;
  readonly client: string;
  readonly text: string;
}

export const wholeLog: LogView = { group: "all", server: "", client: "", text: "" };
