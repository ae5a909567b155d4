import type { Redactor } from "../../shared/text/redact.ts";
import type { SessionOutput } from "./gate.ts";

/**
 * The one way to the client: every line, whoever wrote it, has its secrets taken out here (threat 25). Lines go out at once, or together
 * and in order at the end of what `together` does.
 */
export interface Outbox {
  /** Redacts and sends a whole line; returns what was sent (the same object when nothing had to go). */
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
    if (closed) return;
    let accepted = true;
    if (ready.length === 1) accepted = deps.output.write(first);
    else if (total <= joinBelow) accepted = deps.output.write(Buffer.concat(ready, total));
    else for (const piece of ready) accepted = deps.output.write(piece) && accepted;
    if (accepted) return;
    congested = true;
    deps.onCongested();
  };

  const send = (line: Uint8Array): Uint8Array => {
    const clean = deps.redactor().bytes(line);
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
