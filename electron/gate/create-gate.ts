import type { Tool } from "../../shared/model/server.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import type { Launcher } from "../servers/server-process.ts";
import type { Approvals } from "./approvals.ts";
import type { Gate, GateSession } from "./gate.ts";
import { judge } from "./judge.ts";
import type { GateState } from "./judge.ts";
import { createOrderedIds } from "./ordered-id.ts";
import { createRelay } from "./relay.ts";
import type { Rules } from "./rules.ts";
import type { ToolCallsDeps } from "./tool-calls.ts";

export interface GateDeps {
  readonly launcher: Launcher;
  readonly rules: Pick<Rules, "list" | "problem" | "endSession">;
  readonly approvals: Pick<Approvals, "ask" | "endSession">;
  /** The journal's; each throws when it cannot be written, and the call is then refused. */
  readonly journal: Pick<ToolCallsDeps, "append" | "appendAll" | "appendSoon">;
  state(): GateState;
  redactor(): Redactor;
  /** The acceptance fingerprint of a server as it stands; null if there is no such server. */
  fingerprint(server: string): string | null;
  /** Milliseconds; 0: never. */
  idleMs(server: string): number;
  noteTools(server: string, tools: readonly Tool[]): void;
  /** A server misbehaved and was stopped; the reason is a clause. */
  onServerFault(server: string, reason: string): void;
  now(): number;
  /** A random UUID. */
  newId(): string;
  /** 0 to 1. */
  readonly random: () => number;
  /** Between two progress notifications to a client that waits for an approval. Default 5 s. */
  readonly keepAliveMs?: number;
}

/** The gate over all sessions. Closing it stops every server it has started. */
export function createGate(deps: GateDeps): Gate {
  const sessions = new Set<GateSession>();
  const newId = createOrderedIds(
    () => deps.now(),
    () => deps.newId(),
  );
  let closed = false;

  const open: Gate["open"] = (session, output) => {
    const relay = createRelay(
      {
        approvals: deps.approvals,
        append: (draft) => deps.journal.append(draft),
        appendAll: (drafts) => deps.journal.appendAll(drafts),
        appendSoon: (draft) => deps.journal.appendSoon(draft),
        judge: (call) => judge(call, deps.state(), deps.rules.list(), deps.rules.problem(), deps.now()),
        redactor: () => deps.redactor(),
        newId,
        now: () => deps.now(),
        fingerprint: () => deps.fingerprint(session.server),
        keepAliveMs: deps.keepAliveMs ?? 5_000,
        launch: () => deps.launcher.launch(session.server, { client: session.client, sessionId: session.id }),
        idleMs: () => deps.idleMs(session.server),
        random: deps.random,
        noteTools: (tools) => deps.noteTools(session.server, tools),
        onServerFault: (reason) => deps.onServerFault(session.server, reason),
        onEnd: () => {
          sessions.delete(relay);
          deps.rules.endSession(session.id);
          deps.approvals.endSession(session.id);
        },
      },
      session,
      output,
    );
    sessions.add(relay);
    if (closed) void relay.end();
    return relay;
  };

  return {
    open,
    close: async () => {
      closed = true;
      await Promise.all([...sessions].map((session) => session.end()));
    },
  };
}
