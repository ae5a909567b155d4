import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../shared/text/redact.ts";
import { createOutbox } from "../../../electron/gate/outbox.ts";
import type { Outbox } from "../../../electron/gate/outbox.ts";

/** An outbox, what it wrote, and how often it said that its client does not keep up. */
function create(reads: () => boolean = () => true): { outbox: Outbox; written: string[]; congested: () => number } {
  const written: string[] = [];
  const told = { times: 0 };
  const redactor = createRedactor(["s3cr3t-value"]);
  const outbox = createOutbox({
    redactor: () => redactor,
    output: {
      write: (lines) => {
        written.push(Buffer.from(lines).toString());
        return reads();
      },
      onDrain: () => undefined,
    },
    onCongested: () => void told.times++,
  });
  return { outbox, written, congested: () => told.times };
}

describe("the way to the client", () => {
  it("is one piece for what belongs together, in order, without secrets", () => {
    const { outbox, written } = create();
    outbox.together(() => {
      outbox.sendText("a\n");
      outbox.together(() => outbox.sendText("has s3cr3t-value\n"));
      outbox.send(Buffer.from("c\n"));
      expect(written).toEqual([]);
    });
    outbox.sendText("d\n");
    expect(written).toEqual(["a\nhas [redacted]\nc\n", "d\n"]);
  });

  it("is as many pieces as there are lines where those are long, all of them written whatever the client says to the first", () => {
    const answers = [false, true];
    const { outbox, written, congested } = create(() => answers.shift() ?? true);
    const long = `${"x".repeat(50_000)}\n`;
    outbox.together(() => {
      outbox.sendText(long);
      outbox.sendText(long);
    });
    expect(written).toEqual([long, long]);
    expect([outbox.congested(), congested()]).toEqual([true, 1]);
    outbox.drained();
    expect(outbox.congested()).toBe(false);
  });

  it("says that a client does not keep up, when it does not", () => {
    const { outbox, congested } = create(() => false);
    outbox.sendText("a\n");
    expect([outbox.congested(), congested()]).toEqual([true, 1]);
  });

  it("is open for all that was said before it is closed, and for nothing after", () => {
    const { outbox, written } = create();
    outbox.together(() => {
      outbox.sendText("a\n");
      outbox.close();
      outbox.sendText("b\n");
    });
    outbox.sendText("c\n");
    expect(written).toEqual(["a\n"]);
  });
});
