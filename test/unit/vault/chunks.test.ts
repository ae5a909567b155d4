import { describe, expect, it } from "vitest";
import { longestItem, readLong, removeLong, writeLong } from "../../../electron/vault/chunks.ts";
import type { KeychainItems, Step } from "../../../electron/vault/keychain-link.ts";

/** A keychain in memory that stops answering after so many steps. */
function memory(content: Map<string, string>, stepsLeft = Infinity): KeychainItems & { steps: () => number } {
  let steps = 0;
  const step = <T>(work: () => T): Promise<Step<T>> => {
    if (++steps > stepsLeft) return Promise.resolve({ ok: false, failure: { kind: "gone" } });
    return Promise.resolve({ ok: true, value: work() });
  };
  return {
    steps: () => steps,
    read: (account) => step(() => content.get(account) ?? null),
    write: (account, value) => step(() => content.set(account, value).size > 0),
    remove: (account) => step(() => content.delete(account)),
  };
}

const read = async (content: Map<string, string>): Promise<unknown> => readLong(memory(content), "n");
const value = (text: string): unknown => ({ ok: true, value: { kind: "value", value: text } });

describe("long values", () => {
  it("every item fits Windows, whatever the characters", async () => {
    for (const character of ["x", "ä", "漢", "😀"]) {
      const content = new Map<string, string>();
      const text = character.repeat(4001);
      await writeLong(memory(content), "n", text);
      expect(await read(content)).toEqual(value(text));
      for (const item of content.values()) {
        expect(item.length).toBeLessThanOrEqual(longestItem);
        expect(Buffer.byteLength(item)).toBeLessThanOrEqual(2560);
        expect(Buffer.from(item).toString()).toBe(item); // no character is cut in two
      }
    }
  });

  it("short ones are kept as they are, so that a person can read them in the keychain's own program", async () => {
    const content = new Map<string, string>();
    await writeLong(memory(content), "n", "short");
    expect([...content]).toEqual([["n", "short"]]);
  });

  it("a write that stops after any step leaves the earlier value or the new one", async () => {
    const texts = ["short", "p".repeat(3000), "q".repeat(7000)];
    for (const before of texts) {
      for (const after of texts) {
        for (let steps = 0; ; steps++) {
          const content = new Map<string, string>();
          await writeLong(memory(content), "n", before);
          const items = memory(content, steps);
          const done = await writeLong(items, "n", after);
          expect([value(before), value(after)]).toContainEqual(await read(content));
          // The next write brings everything in order again.
          await writeLong(memory(content), "n", "last");
          expect([...content]).toEqual([["n", "last"]]);
          if (done.ok) break;
        }
      }
    }
  });

  it("a removal that stops after any step can be finished", async () => {
    for (let steps = 0; ; steps++) {
      const content = new Map<string, string>();
      await writeLong(memory(content), "n", "p".repeat(6000));
      const done = await removeLong(memory(content, steps), "n");
      await removeLong(memory(content), "n");
      expect([...content]).toEqual([]);
      if (done.ok) break;
    }
  });

  it("a missing, changed or foreign piece is noticed", async () => {
    const whole = new Map<string, string>();
    await writeLong(memory(whole), "n", "abc".repeat(1000));
    for (const spoil of [
      (content: Map<string, string>) => content.delete("n#a2"),
      (content: Map<string, string>) => content.set("n#a2", "other"),
      (content: Map<string, string>) => content.set("n", "portcullis-chunks:9:z"),
      (content: Map<string, string>) => content.set("n", (content.get("n") ?? "").replace(":3:", ":2:")),
    ]) {
      const content = new Map(whole);
      spoil(content);
      expect(await read(content)).toEqual({ ok: true, value: { kind: "torn" } });
    }
  });
});
