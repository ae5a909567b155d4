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
const changed: ServerView = {
  ...accepted,
  fingerprint: "fp-2",
  args: ["-y", "other"],
  state: { kind: "changed", changes: [{ field: "args", before: "a", after: "b" }] },
};
const asked = (channel: string): unknown[] => bench.asked.filter((call) => call.channel === channel).map(({ input }) => input);

async function start(edited: ServerView = changed): Promise<void> {
  await bench.startApp({
    "state.get": snapshot({ servers: [accepted] }),
    "server.edit": edited,
    "server.accept": accepted,
    "server.restore": accepted,
  });
}

describe("server edit", () => {
  it("changes what is named, shows the server as it is then, and accepts that after a yes", async () => {
    await start();
    const line = [
      "server",
      "edit",
      "files",
      "--env",
      "A=1",
      "--env",
      "A=${keychain:x}",
      "--unset",
      "B",
      "--cwd",
      "~/w",
      "--",
      "npx",
      "-y",
      "other",
    ];
    const { status, errors } = await bench.run(line, "y\n", true);
    expect(status).toBe(0);
    expect(errors).toContain("npx -y other");
    expect(errors).toContain("~ args has changed: a → b");
    expect(asked("server.edit")).toEqual([
      { name: "files", edit: { command: ["npx", "-y", "other"], env: { A: "${keychain:x}", B: null }, cwd: "~/w" } },
    ]);
    expect(asked("server.accept")).toEqual([{ name: "files", fingerprint: "fp-2" }]);
    expect(asked("server.restore")).toEqual([]);
  });

  it("puts it back on anything but a yes", async () => {
    await start();
    for (const typed of ["n\n", "\n", ""]) {
      const { status, out, errors } = await bench.run(["server", "edit", "files", "--no-cwd"], typed, true);
      expect([status, out]).toEqual([1, ""]);
      expect(errors).toContain("Nothing was changed");
    }
    expect(asked("server.edit")).toEqual([1, 2, 3].map(() => ({ name: "files", edit: { cwd: null } })));
    expect(asked("server.restore")).toHaveLength(3);
    expect(asked("server.accept")).toEqual([]);
  });

  it("leaves the question to a person where nobody can be asked, and asks nobody with --yes", async () => {
    await start();
    const unasked = await bench.run(["server", "edit", "files", "--unset", "TOKEN"]);
    expect(unasked.status).toBe(0);
    expect(unasked.errors).toContain("portcullis server accept files");
    expect(asked("server.accept")).toEqual([]);
    expect(await bench.run(["server", "edit", "files", "--unset", "TOKEN", "--yes"])).toMatchObject({ status: 0 });
    expect(asked("server.accept")).toEqual([{ name: "files", fingerprint: "fp-2" }]);
    expect(asked("server.restore")).toEqual([]);
  });

  it("asks nothing where it comes to what was accepted", async () => {
    await start(accepted);
    expect(await bench.run(["server", "edit", "files", "--env", "A=1"], "", true)).toMatchObject({
      status: 0,
      out: "files is as it was accepted.\n",
    });
    expect(asked("server.accept")).toEqual([]);
  });

  it("says what a plain secret should be instead", async () => {
    await start();
    const { errors } = await bench.run(["server", "edit", "files", "--env", "API_KEY=abc"]);
    expect(errors).toContain("API_KEY looks like a secret");
    expect(errors).not.toContain("abc");
  });

  it.each([
    [[], "say what changes"],
    [["--env", "=x"], "NAME=VALUE"],
    [["--env", "A=1", "--unset", "A"], "the same variable: A"],
    [["--env", "A=${keychain:"], "is not closed"],
    [["--cwd", ""], "--cwd needs a folder"],
    [["--", ""], "the command is missing"],
  ])("%j is a mistake", async (options, said) => {
    await start();
    const { status, errors } = await bench.run(["server", "edit", "files", ...options]);
    expect(status).toBe(2);
    expect(errors).toContain(said);
    expect(bench.asked).toEqual([]);
  });

  it("takes a program beside where it was typed", async () => {
    await start();
    await bench.run(["server", "edit", "files", "--cwd", "w", "--", "./server", "./as-it-is"]);
    expect(asked("server.edit")).toEqual([
      { name: "files", edit: { command: [path.resolve("server"), "./as-it-is"], cwd: path.resolve("w") } },
    ]);
  });
});
