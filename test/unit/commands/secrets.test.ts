import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCommandBench } from "../../fixtures/clients/command-bench.ts";
import type { CommandBench } from "../../fixtures/clients/command-bench.ts";

let bench: CommandBench;
beforeEach(() => {
  bench = createCommandBench();
});
afterEach(() => bench.close());

describe("secrets", () => {
  it.each([
    ["more than one line at the prompt", "one\ntwo\n", true, "more than one line"],
    ["an arrow key", "abc\u001b[Dd\r", true, "arrow key"],
    ["a tab", "a\tb\r", true, "control character"],
    ["bytes that are no text at the prompt", Buffer.from([0x61, 0xff, 0x0d]), true, "no text in UTF-8"],
    ["bytes that are no text on stdin", Buffer.from([0x61, 0xff, 0xfe]), false, "base64"],
    ["too much", "x".repeat(70_000), false, "65538 bytes"],
    ["nothing", "\n", false, "empty"],
  ] as const)("%s is refused whole, with advice", async (_name, stdin, tty, said) => {
    await bench.startApp({ "secret.put": { replaced: false } });
    const { status, out, errors } = await bench.run(["secret", "set", "a"], stdin, tty);
    expect([status, out]).toEqual([1, ""]);
    expect(errors).toContain(said);
    expect(bench.asked).toEqual([]);
  });

  it("are typed in any script, and mended with Backspace and Ctrl+U", async () => {
    await bench.startApp({ "secret.put": { replaced: false } });
    expect(await bench.run(["secret", "set", "a"], "lost\u0015pä字\u007f\u007f字\r\n", true)).toMatchObject({ status: 0 });
    expect(bench.asked).toEqual([{ channel: "secret.put", input: { name: "a", value: "p字" } }]);
  });

  it("are not asked for under a name that there cannot be, nor without the app", async () => {
    for (const line of [
      ["set", "a b"],
      ["set", "x".repeat(200)],
      ["delete", "/a"],
    ]) {
      const { status, errors } = await bench.run(["secret", ...line], "value\n", true);
      expect(status).toBe(2);
      expect(errors).toMatch(/^error: .* is no secret's name: letters/);
    }
    const { status, errors } = await bench.run(["secret", "set", "a"], "value\n", true);
    expect(status).toBe(1);
    expect(errors).toContain("Portcullis is not running");
    expect(errors).not.toContain("Value of");
  });

  it("can be kept without a keychain, and that is said where there is none", async () => {
    const error = { code: "vault-unavailable", message: "There is no D-Bus session here.", hint: "portcullis doctor" };
    await bench.startApp({ "secret.put": { error } });
    const { status, errors } = await bench.run(["secret", "set", "a"], "value");
    expect(status).toBe(1);
    expect(errors).toContain("portcullis vault use file");
    expect(errors).not.toContain("doctor");
  });

  it("come from stdin or a prompt, are sent as they are, and printed nowhere", async () => {
    await bench.startApp({ "secret.put": { replaced: false } });
    for (const [stdin, tty, value] of [
      ["hunter2\n", false, "hunter2"],
      ["two\nlines\n", false, "two\nlines"],
      ["hunter3\n", true, "hunter3"],
      ["ab\u007fc\r", true, "ac"],
    ] as const) {
      bench.asked.length = 0;
      const { status, out, errors } = await bench.run(["secret", "set", "github/token"], stdin, tty);
      expect(status).toBe(0);
      expect(bench.asked).toEqual([{ channel: "secret.put", input: { name: "github/token", value } }]);
      expect(out + errors).not.toContain(value);
    }
  });

  it("say how to put back what they replaced or deleted", async () => {
    await bench.startApp({ "secret.put": { replaced: true }, "secret.delete": undefined, "secret.restore": undefined });
    expect((await bench.run(["secret", "set", "a"], "value")).errors).toContain("portcullis secret restore a");
    expect((await bench.run(["secret", "delete", "a"])).out).toContain("portcullis secret restore a");
    expect((await bench.run(["secret", "restore", "a"])).out).toContain("a is as it was");
    expect(bench.asked.at(-1)).toEqual({ channel: "secret.restore", input: { name: "a" } });
  });

  it("are not stored when empty, interrupted or too long", async () => {
    await bench.startApp({ "secret.put": { replaced: false } });
    for (const [stdin, tty] of [
      ["", false],
      ["\n", false],
      ["abc\u0003", true],
      ["", true],
      ["x".repeat(70_000), false],
    ] as const) {
      expect(await bench.run(["secret", "set", "a"], stdin, tty)).toMatchObject({ status: 1 });
    }
    expect(bench.asked).toEqual([]);
  });
});
