import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { BoxedCommand } from "../../../electron/sandbox/sandbox.ts";
import { spawnServer } from "../../../electron/servers/spawn-server.ts";
import { startBoxed } from "../../../electron/servers/start-boxed.ts";

// Nothing stays of what could not be started: no process, and nothing of its box.

describe("a prepared command", () => {
  const prepared = (over: Partial<BoxedCommand>): { readonly boxed: BoxedCommand; readonly closed: () => number } => {
    let closed = 0;
    const boxed: BoxedCommand = {
      argv: [process.execPath, "-e", "setTimeout(() => {}, 30_000)"],
      env: { PATH: process.env["PATH"] ?? "" },
      cwd: "/",
      diesWithParent: false,
      descriptors: [],
      letGo() {},
      watch: () => () => {},
      close: () => {
        closed += 1;
        return Promise.resolve();
      },
      ...over,
    };
    return { boxed, closed: () => closed };
  };
  const start = (boxed: BoxedCommand): ReturnType<typeof startBoxed> => startBoxed(boxed, { stdin: "ignore", platform: process.platform });
  const tooLong = "It could not be started: one of its arguments or environment variables is too long, or all of them together.";

  test.each<[string, Partial<BoxedCommand>, string]>([
    ["an argument too long", { argv: [process.execPath, "x".repeat(3_000_000)] }, tooLong],
    ["a variable too long", { env: { TOKEN: "x".repeat(3_000_000) } }, tooLong],
    ["a NUL in a variable", { env: { TOKEN: "secret\0x" } }, "It could not be started (ERR_INVALID_ARG_VALUE)."],
  ])("with %s fails in words, and its box is closed", async (_what, over, message) => {
    const { boxed, closed } = prepared(over);
    expect(await start(boxed)).toEqual({ ok: false, error: { code: "cannot-start", message } });
    expect(closed()).toBe(1);
  });

  test("that floods its log is read a piece in a turn, so that others get theirs between", async () => {
    const flood =
      "const piece = Buffer.alloc(64 * 1024); const more = () => process.stderr.write(piece, more); more(); more(); more(); more();";
    let turn = 0;
    let counting: NodeJS.Immediate | undefined;
    const count = (): void => {
      turn += 1;
      counting = setImmediate(count);
    };
    count();
    const turns: number[] = [];
    const started = await spawnServer(prepared({ argv: [process.execPath, "-e", flood] }).boxed, {
      platform: process.platform,
      now: Date.now,
      onStderr: () => turns.push(turn),
    });
    if (!started.ok) throw new Error(started.error.message);
    while (turns.length < 300) await new Promise((resolve) => setTimeout(resolve, 10));
    const most = Math.max(...turns.map((one) => turns.filter((other) => other === one).length));
    clearImmediate(counting);
    await Promise.all([started.value.stop(), started.value.stop(), started.value.stop()]);
    // And one that was read already.
    expect(most).toBeLessThanOrEqual(2);
  });

  test.skipIf(process.platform === "win32")("that cannot be watched is ended, and its box closed", async () => {
    let pid = 0;
    const { boxed, closed } = prepared({
      watch(group) {
        pid = group;
        throw new Error("no watcher");
      },
    });
    expect(await start(boxed)).toEqual({ ok: false, error: { code: "cannot-start", message: "It could not be started (unknown error)." } });
    expect(closed()).toBe(1);
    expect(spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim()).toMatch(/^(Z.*)?$/u);
  });
});
