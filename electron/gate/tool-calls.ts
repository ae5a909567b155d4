import { assertNever } from "../../shared/errors.ts";
import type { AppError } from "../../shared/errors.ts";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { errorLine, progressLine, refusalLine, rpcError } from "../../shared/mcp/messages.ts";
import { readCallLine, readToolCall } from "../../shared/mcp/tool-call-request.ts";
import type { ToolCallRequest } from "../../shared/mcp/tool-call-request.ts";
import { scanToolResult } from "../../shared/mcp/tool-result.ts";
import type { CallOutcome, JournalDraft, LaterDraft } from "../../shared/model/journal-entry.ts";
import type { JsonValue } from "../../shared/model/json.ts";
import type { ToolCall } from "../../shared/model/tool-call.ts";
import { createPassingMap } from "../../shared/passing-map.ts";
import { canonicalJson } from "../../shared/policy/canonical.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import { contentEnd } from "../servers/line-splitter.ts";
import type { Approvals, Verdict } from "./approvals.ts";
import { closingDraft, columnsOf, decodeUtf8, openingDetail, openingDraft } from "./call-record.ts";
import type { CallColumns } from "./call-record.ts";
import { createContinuations } from "./continuations.ts";
import { denialText, errorText, ruleText } from "./denial-text.ts";
import { sha256 } from "./fingerprint.ts";
import type { SessionInfo } from "./gate.ts";
import type { Judgement } from "./judge.ts";

// One session's tool calls: read strictly, judged, perhaps asked about, journaled, and only then handed on as the very bytes that were
// judged. The calls of one chunk open in one write: every one is in the journal before the server sees a byte of any. Each call leaves through one exit (`answered`, `finish` or `deny`), once. When in doubt, or when the journal cannot be written: no.

/** Bytes. */
const longAnswer = 64 * 1024;

/** A call that was let through, on its way to the journal and to the server. */
export interface CallRun {
  readonly call: ToolCall;
  readonly request: ToolCallRequest;
  readonly columns: CallColumns;
  readonly by: string;
  /** When it was handed on (`performance.now`). */
  startedAt: number;
}

interface Opening {
  readonly id: string;
  readonly line: Uint8Array;
  readonly draft: JournalDraft;
  readonly run: CallRun;
}

export interface ToolCallsDeps {
  readonly session: SessionInfo;
  readonly approvals: Pick<Approvals, "ask">;
  /** @throws when the journal cannot be written */
  append(draft: JournalDraft): void;
  /** All of them, or none. @throws when the journal cannot be written */
  appendAll(drafts: readonly JournalDraft[]): void;
  /** @throws when the journal could not be written before */
  appendSoon(draft: LaterDraft): void;
  judge(call: ToolCall): Judgement;
  redactor(): Redactor;
  newId(): string;
  now(): number;
  /** The server as it is accepted now; null if it is not known. */
  fingerprint(): string | null;
  says(): string | null;
  send(line: Uint8Array): Uint8Array;
  sendText(line: string): void;
  dispatch(line: Uint8Array, id: string, run: CallRun): void;
  readonly keepAliveMs: number;
}

export interface ToolCalls {
  /** A tools/call request; `value` if it was parsed (strictly) already. */
  receive(line: Uint8Array, envelope: Envelope, value: JsonValue | null): void;
  /** Refuses what must not be handed on: with an error to the client (if it can be answered) and in the journal. */
  refuse(id: string | null, code: number, reason: string, bytes: number): void;
  /** The same for what nobody waits for. */
  drop(reason: string, bytes: number): void;
  /** Calls that were let through wait for the others of their chunk: now they are journaled together and handed on, in order. */
  flush(): void;
  /** How many wait for that. */
  held(): number;
  /** Whether a call with this id waits for an answer of the person, or for `flush`. */
  isOpen(id: string): boolean;
  /** The client cancelled: whether a question was withdrawn by that. */
  withdraw(id: string): boolean;
  answered(run: CallRun, line: Uint8Array, envelope: Envelope): void;
  lost(run: CallRun, id: string, error: AppError): void;
  cancelled(run: CallRun): void;
  end(): void;
}

export function createToolCalls(deps: ToolCallsDeps): ToolCalls {
  const waiting = new Map<string, AbortController>();
  const group = createPassingMap<Opening>();
  const continuations = createContinuations({ now: () => deps.now() });
  let ended = false;

  const recordSoon = (draft: LaterDraft): void => {
    try {
      deps.appendSoon(draft);
    } catch {
      // The journal's fault is latched: the next call is refused because of it, and the person is told. This one is over anyway.
    }
  };

  const drop: ToolCalls["drop"] = (reason, bytes) => {
    recordSoon({
      kind: "call-denied",
      call: deps.newId(),
      client: deps.session.client,
      server: deps.session.server,
      decision: "deny",
      by: "gate",
      outcome: "refused",
      detail: { reason: deps.redactor().text(reason), bytes },
    });
  };

  const refuse: ToolCalls["refuse"] = (id, code, reason, bytes) => {
    drop(reason, bytes);
    deps.sendText(errorLine(id, code, `Portcullis refused this message: ${reason}.`));
  };

  const deny = (id: string, line: Uint8Array, request: ToolCallRequest, call: ToolCall, by: string, why: string, text: string): void => {
    const redactor = deps.redactor();
    recordSoon(openingDraft("call-denied", columnsOf(call, redactor), by, openingDetail(call, line, redactor, why)));
    // Whoever asked for a task expects another kind of result; an error it can read.
    deps.sendText(request.task ? errorLine(id, rpcError.internal, text) : refusalLine(id, text, request.stateless));
  };

  const unavailable = (id: string): void => {
    deps.sendText(
      errorLine(
        id,
        rpcError.internal,
        "Portcullis cannot write its journal, so it serves no calls until that is put right. This call was not made.",
      ),
    );
  };

  const open = (id: string, line: Uint8Array, request: ToolCallRequest, call: ToolCall, by: string, why: string): void => {
    const redactor = deps.redactor();
    const columns = columnsOf(call, redactor);
    const draft = openingDraft("call-dispatched", columns, by, openingDetail(call, line, redactor, why));
    group.set(id, { id, line, draft, run: { call, request, columns, by, startedAt: 0 } });
  };

  const flush = (): void => {
    if (group.size() === 0) return;
    const openings: Opening[] = [];
    const drafts: JournalDraft[] = [];
    for (const opening of group.takeAll().values()) {
      openings.push(opening);
      drafts.push(opening.draft);
    }
    try {
      deps.appendAll(drafts);
    } catch {
      for (const { id } of openings) unavailable(id);
      return;
    }
    const startedAt = performance.now();
    for (const { id, line, run } of openings) {
      run.startedAt = startedAt;
      deps.dispatch(line, id, run);
    }
  };

  const receive: ToolCalls["receive"] = (line, envelope, parsed) => {
    const { id } = envelope;
    const read = parsed === null ? readCallLine(line, contentEnd(line), envelope, decodeUtf8) : readToolCall(parsed);
    if (!read.ok) {
      refuse(id, rpcError.invalidParams, read.reason, line.length);
      return;
    }
    if (id === null) {
      refuse(null, rpcError.invalidRequest, "a tool call needs an id", line.length);
      return;
    }
    const call = new RequestedCall(deps.newId(), deps.session, read.value, line.length);
    const judgement = deps.judge(call);
    switch (judgement.kind) {
      case "allow":
        open(id, line, read.value, call, judgement.by, judgement.why);
        return;
      case "deny":
        deny(id, line, read.value, call, judgement.by, judgement.why, ruleText(call.tool, judgement.why));
        return;
      case "ask": {
        const continued = continuations.take(read.value, call);
        if (continued !== null) open(id, line, read.value, call, "person", `It goes on with call ${continued}, which the person allowed.`);
        // A copy: it may wait for minutes, and a view would keep its whole chunk.
        else void ask(id, Buffer.from(line), read.value, call, judgement.why);
        return;
      }
      default:
        assertNever(judgement);
    }
  };

  const ask = async (id: string, line: Buffer, request: ToolCallRequest, call: ToolCall, why: string): Promise<void> => {
    const abort = new AbortController();
    waiting.set(id, abort);
    const serverFingerprint = deps.fingerprint();
    const bytesHash = sha256(line);
    let beats = 0;
    const { progressToken } = request;
    const keepAlive =
      progressToken === null
        ? undefined
        : setInterval(() => {
            beats++;
            deps.sendText(progressLine(progressToken, beats, "Waiting for the person to approve this call in Portcullis"));
          }, deps.keepAliveMs);
    let verdict: Verdict | null = null;
    try {
      verdict = await deps.approvals.ask({
        call,
        clientSays: request.clientSays ?? deps.says(),
        why,
        serverFingerprint: serverFingerprint ?? "",
        bytesHash,
        signal: abort.signal,
        onWaiting: () => {
          const redactor = deps.redactor();
          deps.append({
            kind: "call-asked",
            ...columnsOf(call, redactor),
            detailText: openingDetail(call, line, redactor, why, bytesHash),
          });
        },
      });
    } catch {
      verdict = null;
    } finally {
      clearInterval(keepAlive);
      waiting.delete(id);
    }
    if (abort.signal.aborted || verdict?.kind === "withdrawn") {
      const redactor = deps.redactor();
      const by = ended ? "session-ended" : "cancelled";
      recordSoon({
        kind: "call-denied",
        ...columnsOf(call, redactor),
        decision: "deny",
        by,
        outcome: "cancelled",
        detail: { bytes: call.bytes },
      });
      // A cancelled request gets no answer (spec); one whose session we end had it from `end`.
      return;
    }
    if (verdict === null) {
      unavailable(id);
      return;
    }
    if (verdict.kind === "denied") {
      const why = verdict.reason ?? verdict.by;
      deny(id, line, request, call, verdict.by, why, denialText(call.tool, verdict));
      return;
    }
    // The world may have changed while the question stood: a pause, a deny rule or another server than the one that was shown.
    const now = deps.judge(call);
    if (now.kind === "deny") {
      deny(id, line, request, call, now.by, now.why, ruleText(call.tool, now.why));
      return;
    }
    if (deps.fingerprint() !== serverFingerprint) {
      const changed = "The server was changed while the question was open.";
      deny(id, line, request, call, "gate", changed, ruleText(call.tool, changed));
      return;
    }
    open(id, line, request, call, verdict.by, why);
    flush();
  };

  const elapsed = (run: CallRun): number => Math.round((performance.now() - run.startedAt) * 100) / 100;

  const finish = (run: CallRun, outcome: CallOutcome, reason: string): void => {
    const end = { outcome, durationMs: elapsed(run), bytesOut: 0, reason: deps.redactor().text(reason) };
    recordSoon(closingDraft(run.columns, run.call.bytes, end));
  };

  const answered: ToolCalls["answered"] = (run, line, envelope) => {
    const sent = deps.send(line);
    const durationMs = elapsed(run);
    if (run.by === "person" && !envelope.failed && scanToolResult(line, envelope.bodyStart).inputRequired)
      continuations.note(line, run.call);
    const close = (): JournalDraft => {
      const outcome = envelope.failed ? "protocol-error" : scanToolResult(line, envelope.bodyStart).isError ? "tool-error" : "ok";
      const to = envelope.bodyEnd > 0 ? sent.length - (line.length - envelope.bodyEnd) : sent.length;
      const answer = { line: sent, from: Math.min(envelope.bodyStart, to), to };
      return closingDraft(run.columns, run.call.bytes, { outcome, durationMs, bytesOut: sent.length, answer });
    };
    // A long answer is not kept until then.
    recordSoon(line.length > longAnswer ? close() : close);
  };

  return {
    receive,
    refuse,
    drop,
    flush,
    held: () => group.size(),
    isOpen: (id) => waiting.has(id) || group.get(id) !== undefined,
    withdraw: (id) => {
      const abort = waiting.get(id);
      abort?.abort();
      return abort !== undefined;
    },
    answered,
    lost: (run, id, error) => {
      const outcome = error.code === "server-stopped" ? "lost" : error.code === "closing" ? "cancelled" : "refused";
      finish(run, outcome, error.message);
      deps.sendText(errorLine(id, rpcError.internal, errorText(error)));
    },
    cancelled: (run) => finish(run, "cancelled", "the client cancelled it"),
    end: () => {
      ended = true;
      for (const [id, abort] of waiting) {
        deps.sendText(errorLine(id, rpcError.internal, "The session has ended. This call was not made."));
        abort.abort();
      }
    },
  };
}

class RequestedCall implements ToolCall {
  readonly id: string;
  readonly sessionId: string;
  readonly client: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: ToolCall["arguments"];
  readonly bytes: number;
  #hash: string | null = null;
  constructor(id: string, session: SessionInfo, request: ToolCallRequest, bytes: number) {
    this.id = id;
    this.sessionId = session.id;
    this.client = session.client;
    this.server = session.server;
    this.tool = request.tool;
    this.arguments = request.arguments;
    this.bytes = bytes;
  }
  /** Only computed when a rule or a question needs it: a megabyte costs milliseconds. */
  get argumentsHash(): string {
    return (this.#hash ??= sha256(canonicalJson(this.arguments)));
  }
}
