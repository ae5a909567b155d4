import type { Result } from "../../shared/errors.ts";
import type { AppError } from "../../shared/errors.ts";
import { envelopeOf, scanEnvelope } from "../../shared/mcp/json-rpc.ts";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { cancelledLine, errorLine, rpcError } from "../../shared/mcp/messages.ts";
import { isJudged, observed } from "../../shared/mcp/methods.ts";
import { isObject, parseJudged } from "../../shared/mcp/strict-json.ts";
import { implementationName } from "../../shared/mcp/tool-call-request.ts";
import type { JsonValue } from "../../shared/model/json.ts";
import type { Tool } from "../../shared/model/server.ts";
import { cancelledId } from "../servers/cancelled-id.ts";
import { createConnection } from "../servers/create-connection.ts";
import type { Connection, Flight } from "../servers/connection.ts";
import { contentEnd, createLineSplitter, lineContent, longestLine } from "../servers/line-splitter.ts";
import type { ServerProcess } from "../servers/server-process.ts";
import { decodeUtf8 } from "./call-record.ts";
import { errorText } from "./denial-text.ts";
import type { GateSession, SessionInfo, SessionOutput } from "./gate.ts";
import { createOutbox } from "./outbox.ts";
import { createToolCalls } from "./tool-calls.ts";
import type { CallRun, ToolCallsDeps } from "./tool-calls.ts";
import { createToolNotes } from "./tool-notes.ts";

// The spine of one session. What is not judged goes through byte for byte; a tools/call, however it is spelled or wrapped, goes
// through tool-calls.ts and nowhere else. What cannot be told apart from a tool call is refused (threat 16).

export interface RelayDeps extends Pick<
  ToolCallsDeps,
  "approvals" | "append" | "appendAll" | "appendSoon" | "judge" | "redactor" | "newId" | "now" | "fingerprint" | "keepAliveMs"
> {
  launch(): Promise<Result<ServerProcess>>;
  idleMs(): number;
  readonly random: () => number;
  /** The tools of a whole listing, as its pages passed by. */
  noteTools(tools: readonly Tool[]): void;
  onServerFault(reason: string): void;
  onEnd(): void;
}

interface GateFlight extends Flight {
  /** Set for a tool call. */
  readonly run: CallRun | null;
  /** For tools/list: whether it asks for the first page. */
  readonly firstPage: boolean;
}

const mostInFlight = 10_000;
const ending: AppError = { code: "closing", message: "The client's session has ended." };

export function createRelay(deps: RelayDeps, session: SessionInfo, output: SessionOutput): GateSession {
  let says: string | null = null;
  let calls = 0;
  let ended: Promise<void> | null = null;
  let onDrain: () => void = () => undefined;
  const changeListeners = new Set<() => void>();
  const toolNotes = createToolNotes((tools) => deps.noteTools(tools));

  const changed = (): void => {
    for (const listener of changeListeners) listener();
  };
  const outbox = createOutbox({ redactor: () => deps.redactor(), output, onCongested: () => connection.pauseOutput() });
  output.onDrain(() => {
    outbox.drained();
    connection.resumeOutput();
    moreMayCome();
  });
  // A client is read only as long as it reads: each of its messages may have an answer.
  const congested = (): boolean => connection.congested() || outbox.congested();
  const moreMayCome = (): void => {
    if (!congested()) onDrain();
  };

  const connection: Connection<GateFlight> = createConnection<GateFlight>({
    server: session.server,
    launch: () => deps.launch(),
    idleMs: () => deps.idleMs(),
    // Not the clock that the person sets: set back by an hour it would leave a server unread for an hour.
    now: () => performance.now(),
    random: deps.random,
    onResponse: (flight, line, envelope) => {
      if (flight.run !== null) {
        tools.answered(flight.run, line, envelope);
        return;
      }
      const sent = outbox.send(line);
      if (flight.method === observed.listTools && !envelope.failed) toolNotes.page(sent, flight.firstPage);
    },
    together: (work) => outbox.together(work),
    onLost: (flight, error) => {
      if (flight.run !== null) tools.lost(flight.run, flight.id, error);
      else outbox.sendText(errorLine(flight.id, rpcError.internal, errorText(error)));
    },
    onMessage: (line) => {
      outbox.send(line);
    },
    onGone: (unanswered) => {
      for (const id of unanswered) outbox.sendText(cancelledLine(id, "The server that asked has stopped."));
    },
    onFault: (reason) => deps.onServerFault(reason),
    onDrain: () => moreMayCome(),
  });

  const tools = createToolCalls({
    session,
    approvals: deps.approvals,
    append: (draft) => deps.append(draft),
    appendAll: (drafts) => deps.appendAll(drafts),
    appendSoon: (draft) => deps.appendSoon(draft),
    judge: (call) => deps.judge(call),
    redactor: () => deps.redactor(),
    newId: () => deps.newId(),
    now: () => deps.now(),
    fingerprint: () => deps.fingerprint(),
    says: () => says,
    send: (line) => outbox.send(line),
    sendText: (line) => outbox.sendText(line),
    dispatch: (line, id, run) => connection.request(line, { id, method: "tools/call", run, firstPage: false }),
    keepAliveMs: deps.keepAliveMs,
  });

  const onRequest = (line: Uint8Array, envelope: Envelope, value: JsonValue | null): void => {
    const { id, method } = envelope;
    if (id === null || method === null) return;
    const busy = busyReason(id);
    if (busy !== null) {
      tools.refuse(id, rpcError.invalidRequest, busy, line.length);
    } else if (isJudged(method)) {
      calls++;
      changed();
      tools.receive(line, envelope, value);
    } else {
      if (method === observed.initialize) noteClient(lineContent(line));
      connection.request(line, { id, method, run: null, firstPage: method === observed.listTools && asksFirstPage(line, envelope) });
    }
  };

  const busyReason = (id: string): string | null => {
    if (tools.isOpen(id) || connection.inFlight(id) !== undefined) return "a request with this id is already in flight";
    return connection.load() + tools.held() >= mostInFlight ? "too many requests are in flight" : null;
  };

  const onNotification = (line: Uint8Array, method: string): void => {
    if (isJudged(method)) {
      tools.drop("a tool call needs an id", line.length);
      return;
    }
    if (method === observed.cancelled) {
      const id = cancelledId(line);
      // A question that was still open never reached the server: there is nothing to tell it.
      if (id !== null && tools.withdraw(id)) return;
      const cancelled = id === null ? undefined : connection.cancel(id);
      const run = cancelled?.flight.run ?? null;
      if (run !== null) tools.cancelled(run);
      if (cancelled?.sent === false) return;
    }
    connection.notify(line, method);
  };

  /** What the scan could not tell: parsed strictly, so that it means one thing only, and then handled as what it is. */
  const onUnclear = (line: Uint8Array): void => {
    const content = lineContent(line);
    const judged = parseJudged(content, decodeUtf8);
    if (!judged.ok) {
      tools.refuse(idForAnswer(content), rpcError.invalidRequest, judged.reason, line.length);
    } else if (Array.isArray(judged.value)) {
      onBatch(line, judged.value as readonly JsonValue[]);
    } else {
      onMessage(line, envelopeOf(judged.value), judged.value);
    }
  };

  /** JSON-RPC batches (2025-03-26 only) pass whole, but never with a tool call in them: such a batch is refused item by item. */
  const onBatch = (line: Uint8Array, items: readonly JsonValue[]): void => {
    const envelopes = items.map((item) => envelopeOf(item));
    const ids = envelopes.flatMap((envelope) => (envelope.kind === "request" && envelope.id !== null ? [envelope.id] : []));
    const refusal = batchProblem(envelopes, ids);
    if (refusal !== null) {
      if (ids.length === 0) tools.refuse(null, rpcError.invalidRequest, refusal, line.length);
      for (const id of new Set(ids)) tools.refuse(id, rpcError.invalidRequest, refusal, line.length);
      return;
    }
    const flights = envelopes.flatMap(({ kind, id, method }) =>
      kind === "request" && id !== null && method !== null ? [{ id, method, run: null, firstPage: false }] : [],
    );
    connection.batch(line, flights);
  };

  const batchProblem = (envelopes: readonly Envelope[], ids: readonly string[]): string | null => {
    if (envelopes.length === 0) return "an empty batch";
    if (envelopes.some(({ kind }) => kind === "malformed")) return "a batch with an item that is no message";
    if (envelopes.some(({ kind }) => kind === "response")) return "a batch with responses in it; send them one by one";
    if (envelopes.some(({ method }) => method !== null && (isJudged(method) || method === observed.cancelled))) {
      return "a batch with a tool call or a cancellation in it; send each as a message of its own";
    }
    if (new Set(ids).size < ids.length) return "a batch that uses an id twice";
    return ids.map(busyReason).find((reason) => reason !== null) ?? null;
  };

  const onMessage = (line: Uint8Array, envelope: Envelope, value: JsonValue | null): void => {
    // Nothing overtakes the calls before it.
    if (envelope.kind !== "request" || envelope.method === null || !isJudged(envelope.method)) tools.flush();
    switch (envelope.kind) {
      case "request":
        onRequest(line, envelope, value);
        return;
      case "notification":
        if (envelope.method !== null) onNotification(line, envelope.method);
        return;
      case "response":
        if (envelope.id !== null) connection.respond(line, envelope.id);
        return;
      case "batch":
      case "unclear":
        onUnclear(line);
        return;
      case "malformed":
        tools.refuse(idForAnswer(lineContent(line)), rpcError.parse, envelope.problem ?? "it is no JSON-RPC message", line.length);
    }
  };

  const noteClient = (content: Uint8Array): void => {
    const judged = parseJudged(content, decodeUtf8);
    const params = judged.ok && isObject(judged.value) ? judged.value["params"] : undefined;
    says = implementationName(isObject(params) ? params["clientInfo"] : undefined);
    changed();
  };

  const splitter = createLineSplitter({
    maxBytes: longestLine,
    onTooLong: (head) =>
      tools.refuse(headId(head), rpcError.invalidRequest, `it is larger than ${Math.floor(longestLine / 1024)} KiB`, head.length),
  });
  const onLine = (line: Uint8Array): void => {
    if (ended !== null) return;
    const end = contentEnd(line);
    if (end > 0) onMessage(line, scanEnvelope(line, end), null);
  };

  const receive = (chunk: Uint8Array): void => {
    try {
      splitter.push(chunk, onLine);
    } finally {
      tools.flush();
    }
  };

  const end = async (): Promise<void> => {
    // In this order, so that a client that is still there (we are closing, not it) gets an error for everything it waits for.
    tools.end();
    const stopped = connection.close(ending);
    outbox.close();
    await stopped;
    deps.onEnd();
  };

  return {
    receive: (chunk) => {
      if (ended !== null) return true;
      try {
        outbox.together(() => connection.together(() => receive(chunk)));
      } catch (error) {
        tools.drop(`it could not be handled (${error instanceof Error ? error.name : "unknown error"})`, chunk.length);
        throw error;
      }
      return !congested();
    },
    onDrain: (listener) => {
      onDrain = listener;
    },
    end: () => (ended ??= end()),
    calls: () => calls,
    says: () => says,
    onChange: (listener) => {
      changeListeners.add(listener);
    },
  };
}

/** The id that an answer to an unreadable message should carry: as good as can be told, and used for nothing else. */
function idForAnswer(content: Uint8Array): string | null {
  const text = decodeUtf8(content);
  if (text === null) return null;
  try {
    return envelopeOf(JSON.parse(text)).id;
  } catch {
    return null;
  }
}

/** The id of a message that is too long to be read, if it stands near its beginning. */
function headId(head: Uint8Array): string | null {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 1024)).toString("latin1");
  return /^\s*\{(?:"jsonrpc":"2\.0",)?(?:"method":"[\w/]+",)?"id":(\d{1,15}|"[\w-]{1,128}")[,}]/.exec(start)?.[1] ?? null;
}

function asksFirstPage(line: Uint8Array, envelope: Envelope): boolean {
  if (envelope.bodyEnd - envelope.bodyStart <= 2) return true;
  return !Buffer.from(line.buffer, line.byteOffset, line.byteLength).includes('"cursor"');
}
