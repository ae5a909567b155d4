import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { benchNow, createCommandBench, serverView, snapshot } from "../../fixtures/clients/command-bench.ts";
import type { CommandBench } from "../../fixtures/clients/command-bench.ts";

let bench: CommandBench;
beforeEach(() => {
  bench = createCommandBench();
});
afterEach(() => bench.close());

const rule = { id: "5f0c0000-aaaa", effect: "allow", createdAt: benchNow, origin: "person" } as const;
const asked = (channel: string): unknown[] => bench.asked.filter((call) => call.channel === channel).map(({ input }) => input);

describe("rules add", () => {
  it("allows everything only where that was said", async () => {
    await bench.startApp({ "rule.add": rule });
    for (const line of [
      ["--allow"],
      ["--allow", "--expires", "7d"],
      ["--allow", "--everything", "--server", "files"],
      ["--deny", "--everything", "--tool", "x"],
    ]) {
      const { status, out, errors } = await bench.run(["rules", "add", ...line]);
      expect([status, out], line.join(" ")).toEqual([2, ""]);
      expect(errors).toContain("--everything");
    }
    expect(bench.asked).toEqual([]);
    const added = await bench.run(["rules", "add", "--allow", "--everything"]);
    expect(added.status).toBe(0);
    expect(asked("rule.add")).toEqual([{ effect: "allow" }]);
    expect(added.out).toContain("allow every tool of every server for every client, no end");
    // What only ever asks or refuses may be given in a hurry.
    expect(await bench.run(["rules", "add", "--deny"])).toMatchObject({ status: 0 });
  });

  it("says the rule that was made in words", async () => {
    await bench.startApp({ "rule.add": { ...rule, client: "Claude", server: "files", tool: "read_*" }, "state.get": snapshot() });
    const { out } = await bench.run(["rules", "add", "--allow", "--client", "Claude", "--server", "files", "--tool", "read_*"]);
    expect(out).toBe(`Rule ${rule.id} is added: allow the tools read_* of the server files for the client Claude, no end.\n`);
  });

  it("warns of a server that is not there, and of a tool that the server has not", async () => {
    const tools = [{ name: "read_file" }];
    const listed = { ...serverView, tools: { count: 1, listing: 1 } };
    await bench.startApp({ "rule.add": rule, "state.get": snapshot({ servers: [listed] }), "server.knownTools": tools });
    const notes = async (...line: string[]): Promise<string> => {
      const { status, errors } = await bench.run(["rules", "add", "--allow", ...line]);
      expect(status).toBe(0);
      return errors;
    };
    expect(await notes("--server", "filez")).toContain("! There is no server called filez now.");
    expect(await notes("--server", "files", "--tool", "raed_*")).toContain("! files has no tool raed_*");
    expect(await notes("--server", "files", "--tool", "read_*")).toBe("");
    expect(await notes("--tool", "anything")).toBe("");
  });

  it("knows nothing of the tools of a server that never listed them", async () => {
    await bench.startApp({ "rule.add": rule, "state.get": snapshot({ servers: [serverView] }) });
    expect((await bench.run(["rules", "add", "--allow", "--server", "files", "--tool", "x"])).errors).toBe("");
  });
});

it("rules list says that a rule has no end", async () => {
  await bench.startApp({ "state.get": snapshot({ rules: [rule] }) });
  const { out } = await bench.run(["rules", "list"]);
  expect(out).toMatch(/any +no end\n/);
  expect(out).not.toContain("removed");
});

describe("rules remove", () => {
  const other = { ...rule, id: "5f0c1111-bbbb" };

  it("takes the beginning of an id, and says the whole of it", async () => {
    await bench.startApp({ "state.get": snapshot({ rules: [rule, other] }), "rule.remove": undefined });
    const { status, out } = await bench.run(["rules", "remove", "5f0c0"]);
    expect(status).toBe(0);
    expect(out).toContain(`portcullis rules restore ${rule.id}`);
    expect(asked("rule.remove")).toEqual([{ id: rule.id }]);
  });

  it("removes nothing by a guess", async () => {
    await bench.startApp({ "state.get": snapshot({ rules: [rule, other] }), "rule.remove": undefined });
    for (const id of ["5f0c", "5f0", "ffff", ""]) {
      const { status, errors } = await bench.run(["rules", "remove", id]);
      expect(status).toBe(1);
      expect(errors).toContain("portcullis rules list");
    }
    expect(asked("rule.remove")).toEqual([]);
  });
});
