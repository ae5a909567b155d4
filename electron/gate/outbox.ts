import type { Redactor } from "../../shared/text/redact.ts";
import type { SessionOutput } from "./gate.ts";

/**
 * The one way to the client: every line, whoever wrote it, has its secrets taken out here (threat 25). The lines of one turn go out
 * together, in order.
 */
export interface Outbox {
  /** Redacts and sends a whole line; returns what was sent (the same object when nothing had to go). */
  send(line: Uint8Array): Uint8Array;
  /** The same for a line of our own. */
  sendText(line: string): void;
  close(): void;
}

const joinBelow = 64 * 1024;

export function createOutbox(deps: { redactor(): Redactor; readonly output: SessionOutput; onCongested(): void }): Outbox {
  let lines: Uint8Array[] = [];
  let size = 0;
  let closed = false;

  const flush = (): void => {
    const ready = lines;
    const total = size;
    lines = [];
    size = 0;
    if (closed) return;
    const pieces = ready.length > 1 && total <= joinBelow ? [Buffer.concat(ready, total)] : ready;
    let accepted = true;
    for (const piece of pieces) accepted = deps.output.write(piece) && accepted;
    if (!accepted) deps.onCongested();
  };

  const send = (line: Uint8Array): Uint8Array => {
    const clean = deps.redactor().bytes(line);
    if (closed) return clean;
    if (lines.length === 0) process.nextTick(flush);
    lines.push(clean);
    size += clean.length;
    return clean;
  };

  return {
    send,
    sendText: (line) => {
      send(Buffer.from(line));
    },
    close: () => {
      flush();
      closed = true;
    },
  };
}
