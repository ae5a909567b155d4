import type { ServerState, ServerView } from "../../shared/model/server.ts";
import { revealLine } from "../../shared/text/reveal.ts";
import { assertNever } from "../../shared/errors.ts";

/**
 * Every word that the tray, the notifications and the dialogs show; the pages have their own catalogue. Names come from configs and
 * servers: they are made visible and cut, never trusted.
 */
export const messages = {
  appName: "Portcullis",
  open: "Open Portcullis",
  pending: (count: number) => (count === 0 ? "No pending approvals" : `Pending approvals (${String(count)})`),
  pause: "Pause everything",
  resume: "Resume",
  servers: "Servers",
  noServers: "No servers yet",
  start: "Start",
  stop: "Stop",
  quit: "Quit Portcullis",
  tooltip: {
    idle: "Portcullis: the gate is open to what your rules allow",
    waiting: (count: number) => (count === 1 ? "Portcullis: 1 call waits for you" : `Portcullis: ${String(count)} calls wait for you`),
    paused: "Portcullis: paused, every call is refused",
    fault: (reason: string | null) => (reason === null ? "Portcullis: something is wrong" : `Portcullis: ${short(reason, 120)}`),
  },
  server: (name: string, state: ServerState) => `${short(name, 40)}: ${serverState(state)}`,
  notification: {
    title: (count: number) => (count === 1 ? "A call waits for your answer" : `${String(count)} calls wait for your answer`),
    body: (client: string, server: string, tool: string) =>
      withoutMarkup(`${short(client, 40)} → ${short(server, 40)} → ${short(tool, 60)}`),
  },
  confirmServer: {
    title: (name: string) => `Let “${short(name, 64)}” run on this computer?`,
    detail: (server: ServerView) => serverConsent(server),
    cancel: "Cancel",
    accept: "Let it run",
  },
  cannotStart: "Portcullis cannot start",
  tooSoon: "That was too quick after the question appeared or moved. Look again, then answer.",
} as const;

function serverState(state: ServerState): string {
  switch (state.kind) {
    case "new":
      return "not accepted yet";
    case "changed":
      return "changed, must be accepted again";
    case "disabled":
      return "off";
    case "installing":
      return "installing";
    case "idle":
      return "ready";
    case "starting":
      return "starting";
    case "running":
      return state.instances === 1 ? "running" : `running (${String(state.instances)})`;
    case "failed":
      return "failed";
    default:
      return assertNever(state);
  }
}

/** All that is accepted; a command too long for a dialog says how much of it is to be read in the window. */
function serverConsent(server: ServerView): string {
  const list = (items: readonly string[]): string => (items.length === 0 ? "nothing" : items.map(revealLine).join(", "));
  const command = [server.command, ...server.args].map(revealLine).join(" ");
  const most = 1200;
  const rest = command.length - most;
  const { sandbox } = server;
  return [
    rest > 0 ? `${command.slice(0, most)} … and ${String(rest)} more characters, which the window shows` : command,
    ...(server.cwd === null ? [] : [`In the folder: ${revealLine(server.cwd)}`]),
    ...(server.env.length === 0 ? [] : [`With variables: ${list(server.env.map(({ name }) => name))}`]),
    "",
    ...(sandbox.kind === "waived"
      ? ["It runs WITHOUT a sandbox: it can do whatever you can."]
      : [`May read: ${list(sandbox.read)}`, `May write: ${list(sandbox.write)}`, `May reach: ${list(sandbox.hosts)}`]),
    ...(server.secrets.length === 0 ? [] : [`Is lent: ${list(server.secrets)}`]),
    ...server.warnings.map((warning) => `! ${revealLine(warning)}`),
  ].join("\n");
}

/**
 * A notification service of Linux takes a body for markup (Desktop Notifications Specification, "Markup"): some leave out what looks like a
 * tag, some show nothing of what is not well-formed, and some do not know the entities. So what could be markup is written with its likes.
 */
function withoutMarkup(text: string): string {
  return text.replaceAll("&", "＆").replaceAll("<", "‹").replaceAll(">", "›");
}

/** One line with nothing hidden in it, at most `limit` characters. */
function short(text: string, limit: number): string {
  const line = revealLine(text);
  const characters = Array.from(line);
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join("")}…`;
}
