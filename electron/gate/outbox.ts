import { memberOf, skipBlank } from "../../shared/mcp/json-bytes.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import type { SessionOutput } from "./gate.ts";

/**
 * The one way to the client: every line, whoever wrote it, has its secrets taken out here (threat 25). Lines go out at once, or together
 * and in order at the end of what `together` does.
 */
export interface Outbox {
  /**
   * Redacts and sends a whole line; returns what was sent (the same object when nothing had to go). The id of an answer stays: it is the
   * client's own word, and without it nobody would know what is answered.
   */
  send(line: Uint8Array): Uint8Array;
  /** The same for a line of our own. */
  sendText(line: string): void;
  together(work: () => void): void;
  /** Whether the client does not keep up. */
  congested(): boolean;
  /** It does again. */
  drained(): void;
  close(): void;
}

const joinBelow = 64 * 1024;

export function createOutbox(deps: { redactor(): Redactor; readonly output: SessionOutput; onCongested(): void }): Outbox {
  let lines: Uint8Array[] = [];
  let size = 0;
  let closed = false;
  let held = 0;
  let congested = false;

  const flush = (): void => {
    const [first] = lines;
    if (first === undefined) return;
    const ready = lines;
    const total = size;
    lines = [];
    size = 0;
    let accepted = true;
    if (ready.length === 1) accepted = deps.output.write(first);
    else if (total <= joinBelow) accepted = deps.output.write(Buffer.concat(ready, total));
    else for (const piece of ready) accepted = deps.output.write(piece) && accepted;
    if (accepted) return;
    congested = true;
    deps.onCongested();
  };

  const send = (line: Uint8Array): Uint8Array => {
    const clean = withOwnId(line, deps.redactor().bytes(line));
    if (closed) return clean;
    lines.push(clean);
    size += clean.length;
    if (held === 0) flush();
    return clean;
  };

  return {
    send,
    sendText: (line) => {
      send(Buffer.from(line));
    },
    together: (work) => {
      held++;
      try {
        work();
      } finally {
        held--;
        if (held === 0) flush();
      }
    },
    congested: () => congested,
    drained: () => {
      congested = false;
    },
    close: () => {
      flush();
      closed = true;
    },
  };
}

/** A redacted line with its id as it was, where it is an answer. */
function withOwnId(line: Uint8Array, clean: Uint8Array): Uint8Array {
  if (clean === line) return clean;
  const id = memberOf(line, skipBlank(line, 0), "id");
  const masked = memberOf(clean, skipBlank(clean, 0), "id");
  if (id === null || masked === null || memberOf(line, skipBlank(line, 0), "method") !== null) return clean;
  return Buffer.concat([clean.subarray(0, masked.start), line.subarray(id.start, id.end), clean.subarray(masked.end)]);
}
