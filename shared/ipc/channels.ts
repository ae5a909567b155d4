/**
 * The names of everything a window, the browser UI or the command line may ask of the app, and of what the app pushes.
 * No imports: this is all that a sandboxed preload needs. Input, output and who may call stand in contract.ts.
 */
export const callChannels = [
  "state.get",
  "approval.get",
  "approval.answer",
  "approval.denyAll",
  "rule.add",
  "rule.remove",
  "rule.restore",
  "server.add",
  "server.edit",
  "server.remove",
  "server.restore",
  "server.accept",
  "server.setDisabled",
  "server.waive",
  "server.setSandbox",
  "server.start",
  "server.stop",
  "server.tools",
  "server.knownTools",
  "server.log",
  "server.explain",
  "secret.put",
  "secret.delete",
  "secret.restore",
  "vault.unlock",
  "vault.choose",
  "vault.file",
  "vault.changePassphrase",
  "journal.page",
  "journal.verify",
  "journal.export",
  "journal.noteExport",
  "journal.archive",
  "gate.pause",
  "gate.resume",
  "settings.update",
  "doctor.run",
  "migration.scan",
  "migration.plan",
  "migration.apply",
  "migration.undo",
  "migration.history",
  "migration.drift",
  "migration.repair",
  "app.open",
  "app.quit",
  "view.resize",
] as const;

export const pushChannels = ["state.changed", "journal.appended", "migration.progressed"] as const;

export type CallChannel = (typeof callChannels)[number];
export type PushChannel = (typeof pushChannels)[number];
