import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServerView } from "../../../shared/model/server.ts";
import { createCommandBench, serverView, snapshot } from "../../fixtures/clients/command-bench.ts";
import type { CommandBench } from "../../fixtures/clients/command-bench.ts";

let bench: CommandBench;
beforeEach(() => {
  bench = createCommandBench();
});
afterEach(() => bench.close());

const accepted: ServerView = { ...serverView, state: { kind: "idle" } };
const asked = (channel: string): unknown[] => bench.asked.filter((call) => call.channel === channel).map(({ input }) => input);
const waived: ServerView = {
  ...accepted,
  fingerprint: "fp-2",
  warnings: ["It runs without a sandbox: it can do whatever you can."],
  sandbox: { ...accepted.sandbox, kind: "waived" },
  state: { kind: "changed", changes: [{ field: "sandbox.waived", before: "boxed", after: "no sandbox" }] },
};

async function start(answers: Parameters<CommandBench["startApp"]>[0]): Promise<void> {
  await bench.startApp({ "state.get": snapshot({ servers: [accepted] }), "server.accept": accepted, ...answers });
}

describe("a box is changed only after a yes", () => {
  const lines = ["sandbox waive files", "sandbox enforce files", "sandbox set files --host a.example", "sandbox set files --nothing"];

  it.each(lines)("%s", async (line) => {
    await start({ "server.waive": waived, "server.setSandbox": waived });
    for (const typed of ["n\n", "\n", ""]) {
      const { status, out, errors } = await bench.run(line.split(" "), typed, true);
      expect([status, out]).toEqual([1, ""]);
      expect(errors).toContain("files will run:");
      expect(errors).toContain("Nothing was changed.");
    }
    const unasked = await bench.run(line.split(" "), "y\n");
    expect(unasked.status).toBe(1);
    expect(unasked.errors).toContain("--yes");
    expect(bench.asked.filter(({ channel }) => channel !== "state.get")).toEqual([]);
  });

  it("shows the server as it will be, changes it, and accepts what was shown", async () => {
    await start({ "server.waive": waived });
    const { status, errors } = await bench.run(["sandbox", "waive", "files"], "y\n", true);
    expect(status).toBe(0);
    expect(errors).toContain("! It runs WITHOUT a sandbox.");
    expect(errors).toContain("~ sandbox.waived has changed: boxed → no sandbox");
    expect(asked("server.waive")).toEqual([{ name: "files", waived: true }]);
    expect(asked("server.accept")).toEqual([{ name: "files", fingerprint: "fp-2" }]);
  });

  it("what comes out otherwise than it was shown is shown and asked again, and put back on a no", async () => {
    await start({ "server.setSandbox": { ...accepted, args: ["other"], state: { kind: "new" } } });
    const { status, errors } = await bench.run(["sandbox", "set", "files", "--host", "a.example"], "y\n", true);
    expect(status).toBe(1);
    expect(errors).toContain("npx other");
    expect(errors).toContain("Nothing was changed.");
    expect(asked("server.setSandbox")).toEqual([
      { name: "files", sandbox: { hosts: ["a.example"] } },
      { name: "files", sandbox: { read: ["/home/ann/my notes"] } },
    ]);
    expect(asked("server.accept")).toEqual([]);
  });

  it("--yes asks nobody", async () => {
    await start({ "server.waive": waived });
    expect(await bench.run(["sandbox", "waive", "files", "--yes"])).toMatchObject({ status: 0 });
    expect(asked("server.accept")).toEqual([{ name: "files", fingerprint: "fp-2" }]);
  });

  it("says that there is no such server", async () => {
    await start({});
    const { status, errors } = await bench.run(["sandbox", "waive", "filez"], "y\n", true);
    expect(status).toBe(1);
    expect(errors).toContain("portcullis server list");
  });
});

describe("sandbox set", () => {
  it("closes everything only where that was said", async () => {
    await start({ "server.setSandbox": accepted });
    for (const line of [["--yes"], ["--nothing", "--read", "/a", "--yes"]]) {
      const { status, errors } = await bench.run(["sandbox", "set", "files", ...line]);
      expect(status).toBe(2);
      expect(errors).toContain("--nothing");
    }
    expect(bench.asked).toEqual([]);
    expect(await bench.run(["sandbox", "set", "files", "--nothing", "--yes"])).toMatchObject({ status: 0 });
    expect(asked("server.setSandbox")).toEqual([{ name: "files", sandbox: {} }]);
  });

  it("takes folders as server add does: from here, or from ~", async () => {
    await start({ "server.setSandbox": accepted });
    await bench.run(["sandbox", "set", "files", "--yes", "--read", "~/notes", "--read", "a", "--write", "~", "--write", "~other"]);
    expect(asked("server.setSandbox")).toEqual([
      { name: "files", sandbox: { read: ["~/notes", path.resolve("a")], write: ["~", path.resolve("~other")] } },
    ]);
  });

  it("says which folder is not there, once", async () => {
    await start({ "server.setSandbox": accepted });
    const line = ["sandbox", "set", "files", "--yes", "--read", "nowhere", "--write", "nowhere", "--read", ".", "--read", "~/nothing"];
    const { status, errors } = await bench.run(line);
    expect(status).toBe(0);
    expect(errors.match(/^! .* is not there\..*$/gm)).toEqual([
      `! ${path.resolve("nowhere")} is not there. The server does not start until it is.`,
      "! ~/nothing is not there. The server does not start until it is.",
    ]);
  });

  it("changes limits, and opens and closes nothing by that", async () => {
    const limited: ServerView = { ...accepted, sandbox: { ...accepted.sandbox, limits: { memoryMb: 512, processes: 64 } } };
    await bench.startApp({
      "state.get": snapshot({ servers: [limited] }),
      "server.accept": accepted,
      "server.setSandbox": {
        ...limited,
        fingerprint: "fp-3",
        sandbox: { ...limited.sandbox, limits: { memoryMb: 4096 } },
        state: { kind: "changed", changes: [{ field: "sandbox.limits", before: "a", after: "b" }] },
      },
    });
    const line = ["sandbox", "set", "files", "--memory", "4096", "--processes", "default"];
    const { status, errors } = await bench.run(line, "y\n", true);
    expect(status).toBe(0);
    expect(errors).toContain('~ sandbox.limits has changed: {"memoryMb":512,"processes":64} → {"memoryMb":4096}');
    expect(errors).toContain("  limits    4096 MB of memory for each process");
    expect(asked("server.setSandbox")).toEqual([{ name: "files", sandbox: { read: ["/home/ann/my notes"], limits: { memoryMb: 4096 } } }]);
    expect(asked("server.accept")).toEqual([{ name: "files", fingerprint: "fp-3" }]);
  });

  it.each([
    ["--memory", "15"],
    ["--memory", "1.5"],
    ["--processes", "-1"],
    ["--open-files", "1e9"],
    ["--open-files", ""],
  ])("%s %s is no limit", async (option, text) => {
    await start({ "server.setSandbox": accepted });
    const { status, errors } = await bench.run(["sandbox", "set", "files", option, text, "--yes"]);
    expect(status).toBe(2);
    expect(errors).toContain("whole number");
    expect(bench.asked).toEqual([]);
  });
});
