import type { Snapshot } from "../../shared/model/snapshot.ts";
import type { ServerView } from "../../shared/model/server.ts";
import { messages } from "./messages.ts";

/** What a person can do from the tray; desktop.ts turns it into calls of the contract, like any other surface. */
export type TrayAction =
  | { readonly kind: "open" }
  | { readonly kind: "approvals" }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "start"; readonly server: string }
  | { readonly kind: "stop"; readonly server: string }
  | { readonly kind: "quit" };

export type TrayEntry =
  | { readonly kind: "separator" }
  | { readonly kind: "item"; readonly label: string; readonly action: TrayAction; readonly enabled: boolean }
  | { readonly kind: "submenu"; readonly label: string; readonly entries: readonly TrayEntry[]; readonly enabled: boolean };

export type TrayState = Snapshot["app"]["state"];

/** The tray as data: which icon, which words, which menu. */
export interface TrayModel {
  readonly state: TrayState;
  /** Beside the icon, where the system shows text there (macOS); empty when nothing waits. */
  readonly title: string;
  readonly tooltip: string;
  readonly menu: readonly TrayEntry[];
}

export type TraySlices = Pick<Snapshot, "app" | "approvals" | "servers">;

/** A fault is shown before all else, then the pause, then what waits. */
export function trayModel({ app, approvals, servers }: TraySlices): TrayModel {
  const count = approvals.length;
  const state: TrayState = app.state === "fault" || app.state === "paused" ? app.state : count > 0 ? "waiting" : "idle";
  return {
    state,
    title: count === 0 ? "" : String(count),
    tooltip: tooltip(state, count, app.reason),
    menu: [
      item(messages.open, { kind: "open" }),
      item(messages.pending(count), { kind: "approvals" }, count > 0),
      { kind: "separator" },
      app.state === "paused" ? item(messages.resume, { kind: "resume" }) : item(messages.pause, { kind: "pause" }),
      {
        kind: "submenu",
        label: messages.servers,
        enabled: true,
        entries: servers.length === 0 ? [item(messages.noServers, { kind: "open" }, false)] : servers.map(serverEntry),
      },
      { kind: "separator" },
      item(messages.quit, { kind: "quit" }),
    ],
  };
}

function tooltip(state: TrayState, count: number, reason: string | null): string {
  if (state === "fault") return messages.tooltip.fault(reason);
  if (state === "waiting") return messages.tooltip.waiting(count);
  return messages.tooltip[state];
}

function serverEntry(server: ServerView): TrayEntry {
  const { kind } = server.state;
  const running = kind === "running" || kind === "starting";
  return {
    kind: "submenu",
    label: messages.server(server.name, server.state),
    enabled: true,
    entries: [
      item(messages.start, { kind: "start", server: server.name }, kind === "idle" || kind === "failed"),
      item(messages.stop, { kind: "stop", server: server.name }, running),
    ],
  };
}

function item(label: string, action: TrayAction, enabled = true): TrayEntry {
  return { kind: "item", label, action, enabled };
}

/**
 * Which drawing of a state fits the panel. GNOME's and Unity's panels are dark in every theme; elsewhere the panel follows it.
 * On macOS the system colours a template itself.
 */
export function trayIconFile(state: TrayState, platform: NodeJS.Platform, dark: boolean, desktop: string): string {
  if (platform === "darwin") return `${state}Template.png`;
  const panelIsDark = dark || (platform === "linux" && /gnome|unity/i.test(desktop));
  return `${state}-on-${panelIsDark ? "dark" : "light"}.png`;
}
