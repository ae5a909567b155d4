import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Approval } from "../../../shared/model/approval.ts";
import type { ServerView } from "../../../shared/model/server.ts";
import { trayIconFile, trayModel, type TrayEntry, type TraySlices } from "../../../electron/desktop/tray-model.ts";

const app: TraySlices["app"] = {
  version: "1",
  platform: "linux",
  state: "idle",
  reason: null,
  startedAt: 0,
  answerer: "ui",
  home: { config: "", data: "", logs: "" },
  connect: { command: "", args: [] },
  vault: { kind: "ready", store: "keychain" },
  journal: { records: 0, fault: null },
};
const approval = (id: string): Approval => ({
  id,
  fingerprint: "f",
  createdAt: 0,
  deadline: 0,
  client: "c",
  clientSays: null,
  server: "s",
  tool: "t",
  subject: null,
  findings: [],
  argumentsBytes: 0,
  mustExpand: false,
  why: "",
  waived: false,
});
const server = (name: string, state: ServerView["state"]): ServerView => ({
  name,
  command: "x",
  args: [],
  env: [],
  cwd: null,
  warnings: [],
  fingerprint: "f",
  state,
  sandbox: { kind: "boxed", reason: null, read: [], write: [], hosts: [] },
  secrets: [],
  instances: [],
  tools: null,
  package: null,
  callsToday: 0,
});

function labels(entries: readonly TrayEntry[]): unknown[] {
  return entries.map((entry) =>
    entry.kind === "separator"
      ? "-"
      : entry.kind === "submenu"
        ? [entry.label, labels(entry.entries)]
        : `${entry.enabled ? "" : "off: "}${entry.label}`,
  );
}

describe("the tray", () => {
  it("is idle with nothing to do", () => {
    const model = trayModel({ app, approvals: [], servers: [] });
    expect(model).toMatchObject({ state: "idle", title: "" });
    expect(labels(model.menu)).toEqual([
      "Open Portcullis",
      "off: No pending approvals",
      "-",
      "Pause everything",
      ["Servers", ["off: No servers yet"]],
      "-",
      "Quit Portcullis",
    ]);
  });

  it("counts what waits, in the title, the tooltip and the menu", () => {
    const model = trayModel({ app, approvals: [approval("1"), approval("2")], servers: [] });
    expect(model).toMatchObject({ state: "waiting", title: "2", tooltip: "Portcullis: 2 calls wait for you" });
    expect(labels(model.menu)).toContain("Pending approvals (2)");
    expect(trayModel({ app, approvals: [approval("1")], servers: [] }).tooltip).toBe("Portcullis: 1 call waits for you");
  });

  it("shows the pause and a fault before what waits", () => {
    const paused = trayModel({ app: { ...app, state: "paused" }, approvals: [approval("1")], servers: [] });
    expect(paused.state).toBe("paused");
    expect(labels(paused.menu)).toContain("Resume");
    const fault = trayModel({ app: { ...app, state: "fault", reason: "The journal\u202e cannot be written" }, approvals: [], servers: [] });
    expect(fault.state).toBe("fault");
    expect(fault.tooltip).toBe("Portcullis: The journal⟨U+202E⟩ cannot be written");
  });

  it("offers start and stop where they can do something", () => {
    const { menu } = trayModel({
      app,
      approvals: [],
      servers: [
        server("github", { kind: "running", instances: 2 }),
        server("files", { kind: "idle" }),
        server("odd", { kind: "new" }),
        server("broken", { kind: "failed", error: { code: "internal", message: "x" }, at: 0 }),
      ],
    });
    expect(labels(menu)[4]).toEqual([
      "Servers",
      [
        ["github: running (2)", ["off: Start", "Stop"]],
        ["files: ready", ["Start", "off: Stop"]],
        ["odd: not accepted yet", ["off: Start", "off: Stop"]],
        ["broken: failed", ["Start", "off: Stop"]],
      ],
    ]);
  });

  it("has a drawing for every state, platform, theme and scale", () => {
    const assets = path.join(import.meta.dirname, "..", "..", "..", "assets", "tray");
    for (const state of ["idle", "waiting", "paused", "fault"] as const)
      for (const platform of ["linux", "darwin", "win32"] as const)
        for (const dark of [true, false])
          for (const scale of ["", "@1.5x", "@2x"]) {
            const file = trayIconFile(state, platform, dark, "KDE").replace(".png", `${scale}.png`);
            expect(existsSync(path.join(assets, file)), file).toBe(true);
          }
  });

  it("is light on GNOME's dark panel in either theme, and follows the theme elsewhere", () => {
    expect(trayIconFile("idle", "linux", false, "ubuntu:GNOME")).toBe("idle-on-dark.png");
    expect(trayIconFile("idle", "linux", false, "KDE")).toBe("idle-on-light.png");
    expect(trayIconFile("idle", "win32", true, "")).toBe("idle-on-dark.png");
    expect(trayIconFile("idle", "darwin", true, "")).toBe("idleTemplate.png");
  });
});
