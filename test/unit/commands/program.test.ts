import { closeSync, lstatSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { approval, createCommandBench, serverView, snapshot } from "../../fixtures/clients/command-bench.ts";
import { dispatched, openTestJournal } from "../../fixtures/journal/parts.ts";
import type { CommandBench } from "../../fixtures/clients/command-bench.ts";

let bench: CommandBench;
beforeEach(() => {
  bench = createCommandBench();
});
afterEach(() => bench.close());

describe("wrong usage is status 2, said on stderr, and asks nothing of the app", () => {
  it.each([
    "nonsense",
    "serve --approve everything",
    "serve extra",
    "server add",
    "server add x",
    "server add ../x -- node",
    "server add x --env NOVALUE -- node",
    "server add x --env 1A=2 -- node",
    "server add x --host a b -y",
    "server add x --host=http://a.example -- node",
    "server add x --host=*.com -- node",
    "server add x --host= -- node",
    "server add x --read= -- node",
    "server add x --write= -- node",
    "server add x --cwd= -- node",
    "server add x --env A=${keychain: -- node",
    "server add x --env A=${keychain:} -- node",
    "server add x -- node --token=${keychain:/x}",
    "sandbox set x --read=",
    "sandbox set x --write=",
    "sandbox set x --host=a:99999",
    "server add x npx -y thing",
    "server log x -n 0",
    "server log x -n ten",
    "server show",
    "secret set",
    "secret set name value",
    "secret set ../name",
    "secret delete ../name",
    "secret restore ../name",
    "open bogus",
    "vault use cupboard",
    "approvals answer 5f0c",
    "approvals answer 5f0c maybe",
    "approvals answer 5f0c allow --for ever",
    "approvals answer 5f0c allow --reason x",
    "approvals answer 5f0c allow --expires 7d",
    "approvals answer 5f0c allow --for always --expires soon",
    "approvals answer 5f0c allow --only-these-arguments",
    "rules add",
    "rules add --allow --deny",
    "rules add --allow --expires 7",
    "rules add --deny --tool *_secret",
    "rules add --deny --tool delete_*_all",
    "rules add --deny --tool delete**",
    "rules add --deny --tool=",
    "rules add --deny --server=",
    "rules remove",
    "journal list -n many",
    "journal list --kind no-such",
    "journal list --decision maybe",
    "journal list --since yesterday",
    "journal export --format xml",
    "sandbox explain",
    "connect",
  ])("%s", async (line) => {
    await bench.startApp({});
    const { status, out, errors } = await bench.run(line.split(" "));
    expect([status, out]).toEqual([2, ""]);
    expect(errors).toMatch(/^error: /);
    expect(bench.asked).toEqual([]);
  });
});

describe("--help is everywhere, on stdout, with status 0", () => {
  it.each([
    "",
    "serve",
    "server",
    "server add",
    "server edit",
    "server list",
    "server log",
    "secret set",
    "vault use",
    "approvals answer",
    "rules add",
    "journal list",
    "journal export",
    "sandbox explain",
    "doctor",
    "open",
  ])("%s", async (line) => {
    const { status, out, errors } = await bench.run([...line.split(" ").filter(Boolean), "--help"]);
    expect([status, errors]).toEqual([0, ""]);
    expect(out).toContain("Usage: portcullis");
  });

  it("has examples where they help", async () => {
    for (const line of ["serve", "server add", "server edit", "rules add", "approvals answer", "journal list", "secret set"]) {
      expect((await bench.run([...line.split(" "), "--help"])).out).toMatch(/Examples?:\n {2}\$ portcullis /);
    }
  });
});

describe("approvals", () => {
  it("are answered with the fingerprint of the question, by the beginning of its id", async () => {
    await bench.startApp({ "state.get": snapshot({ approvals: [approval] }), "approval.answer": undefined });
    expect(await bench.run(["approvals", "answer", "5f0c", "deny", "--reason", "not now"])).toMatchObject({ status: 0 });
    expect(await bench.run(["approvals", "answer", "5f0c", "allow", "--for", "always", "--expires", "7d"])).toMatchObject({ status: 0 });
    expect(bench.asked.filter(({ channel }) => channel === "approval.answer").map(({ input }) => input)).toEqual([
      { id: approval.id, fingerprint: "right-one", verdict: "deny", remember: "once", reason: "not now" },
      { id: approval.id, fingerprint: "right-one", verdict: "allow", remember: "always", expiresInMs: 604_800_000 },
    ]);
  });

  it("are not answered by a guess", async () => {
    await bench.startApp({
      "state.get": snapshot({ approvals: [approval, { ...approval, id: "5f0c0000-bbbb" }] }),
      "approval.answer": undefined,
    });
    for (const id of ["5f0c", "5", "ffff", ""]) expect(await bench.run(["approvals", "answer", id, "allow"])).toMatchObject({ status: 1 });
    expect((await bench.run(["approvals", "answer", "5f0", "allow"])).errors).toContain("too short: give 4 characters");
    expect(bench.asked.some(({ channel }) => channel === "approval.answer")).toBe(false);
  });

  it("tell the app's refusal and its way out", async () => {
    const error = { code: "expired", message: "This question is over.", hint: "Ask again." };
    await bench.startApp({ "state.get": snapshot({ approvals: [approval] }), "approval.answer": { error } });
    const { status, errors } = await bench.run(["approvals", "answer", "5f0c", "allow"]);
    expect(status).toBe(1);
    expect(errors).toBe("portcullis: This question is over.\n  Ask again.\n");
  });
});

it("prints nothing that a terminal would act on, and JSON that reads back as it was", async () => {
  const evil = "x\u001b]52;c;ZXZpbA==\u0007\u202e\u{e0041}\u0085y";
  await bench.startApp({
    "state.get": snapshot({ approvals: [{ ...approval, tool: evil, subject: { key: evil, value: evil } }] }),
    "approval.get": {
      ...approval,
      tool: evil,
      argumentsText: `{\n  "a": "${evil}"\n}`,
      toolDescription: evil,
      hints: [],
      findings: [{ kind: "control", text: evil, pointer: evil }],
    },
    "server.tools": [{ name: evil, description: evil }],
    "server.log": [evil],
    "journal.page": { records: [{ seq: 1, at: 1, kind: "call-denied", tool: evil, detail: { [evil]: evil }, hash: "h" }], more: false },
  });
  const lines = ["approvals list", "approvals show 5f0c", "server tools x", "server log x", "journal list", "journal show 1"];
  for (const line of lines.flatMap((plain) => [plain, `${plain} --json`])) {
    const { status, out, errors } = await bench.run(line.split(" "));
    expect(status, line).toBe(0);
    expect(out + errors, line).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]|\u{e0041}/u);
  }
  for (const line of lines) {
    const { out } = await bench.run([...line.split(" "), "--json"]);
    expect(JSON.stringify(JSON.parse(out)), line).toContain(JSON.stringify(evil).slice(1, -1));
  }
});

describe("journal export while the app runs", () => {
  const fill = async (calls: number, text: string): Promise<void> => {
    await mkdir(bench.paths.data, { recursive: true });
    const journal = await openTestJournal(path.join(bench.paths.data, "journal.db"));
    for (let call = 1; call <= calls; call += 1) journal.append(dispatched(`c${String(call)}`, { detail: { text } }));
    await journal.close();
  };
  const seqs = (lines: string): number[] =>
    lines
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
  const upTo = (count: number): number[] => Array.from({ length: count }, (_item, index) => index + 1);

  it("writes all of them, from the file, however many there are", async () => {
    const calls = 10_300;
    await fill(calls, "x");
    await bench.startApp({ "journal.noteExport": undefined });
    const toStdout = await bench.run(["journal", "export"]);
    expect(toStdout.status).toBe(0);
    expect(seqs(toStdout.out)).toEqual(upTo(calls));
    const out = path.join(bench.paths.data, "out.jsonl");
    expect(await bench.run(["journal", "export", "--out", out])).toMatchObject({ status: 0, out: "" });
    expect(seqs(readFileSync(out, "utf8"))).toEqual(upTo(calls));
    expect(bench.asked).toEqual([
      { channel: "journal.noteExport", input: { format: "jsonl" } },
      { channel: "journal.noteExport", input: { format: "jsonl" } },
    ]);
  });

  it.skipIf(process.platform === "win32")(
    "gives the file to its owner only, also where there was one, and leaves what is no file as it is",
    async () => {
      await fill(3, "x");
      const out = path.join(bench.paths.data, "out.jsonl");
      await writeFile(out, "something longer than three records could ever be ".repeat(100), { mode: 0o644 });
      const reader = openSync(out, "r");
      const link = path.join(bench.paths.data, "link.jsonl");
      await symlink(out, link);
      expect(await bench.run(["journal", "export", "--out", link])).toMatchObject({ status: 0 });
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect((statSync(out).mode & 0o777).toString(8)).toBe("600");
      expect(seqs(readFileSync(out, "utf8"))).toEqual([1, 2, 3]);
      expect(readFileSync(reader, "utf8")).toMatch(/^something longer/);
      closeSync(reader);
      expect(await bench.run(["journal", "export", "--out", "/dev/null"])).toMatchObject({ status: 0 });
      expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
      const nowhere = await bench.run(["journal", "export", "--out", path.join(bench.paths.data, "none", "out.jsonl")]);
      expect(nowhere).toMatchObject({ status: 1, out: "" });
      expect(nowhere.errors).toContain("cannot write");
      expect(readdirSync(bench.paths.data).filter((name) => /none|tmp/.test(name))).toEqual([]);
    },
  );

  it("writes nothing where the app could not record it", async () => {
    await fill(3, "x");
    await bench.startApp({ "journal.noteExport": { error: { code: "journal-unavailable", message: "The journal cannot be written." } } });
    const { status, out, errors } = await bench.run(["journal", "export"]);
    expect([status, out]).toEqual([1, ""]);
    expect(errors).toContain("The journal cannot be written.");
  });
});

it("journal list goes on where a page is shorter than it asked for", async () => {
  const record = (seq: number) => ({ seq, at: 1, kind: "app-started", hash: "h" });
  await bench.startApp({ "journal.page": { records: [record(2), record(1)], more: true } });
  const { status, out } = await bench.run(["journal", "list", "--json", "-n", "6"]);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toHaveLength(6);
  expect(bench.asked.map(({ input }) => input)).toEqual([{ limit: 6 }, { limit: 4, before: 1 }, { limit: 2, before: 1 }]);
});

it("journal verify has status 1 where the head kept outside could not be read, and says what that means", async () => {
  const verdict = { kind: "unchecked", records: 7, head: "f00d", anchor: "keychain", reason: "it is locked" };
  await bench.startApp({ "journal.verify": verdict });
  const { status, out } = await bench.run(["journal", "verify"]);
  expect([status, out]).toEqual([
    1,
    "NOT COMPARED: 7 records fit together, head f00d, but the head kept in the keychain could not be read (it is locked), so records " +
      "missing at the end would not show. Unlock it and verify again.\n",
  ]);
  const json = await bench.run(["journal", "verify", "--json"]);
  expect([json.status, JSON.parse(json.out)]).toEqual([1, verdict]);
});

it("a mistake is answered with what to do about it", async () => {
  await bench.startApp({ "journal.page": { records: [], more: false }, "state.get": snapshot() });
  const mistakes = [
    [["journal", "show", "999"], "portcullis journal list shows the newest"],
    [["server", "show", "nope"], 'There is no server named "nope".\n  portcullis server list shows them.'],
    [["secret", "set", "a/B"], "Type the value, or pipe it in."],
    [["vault", "use", "file"], "Type it, or pipe it in."],
  ] as const;
  for (const [line, hint] of mistakes) {
    const { status, errors } = await bench.run([...line]);
    expect([line, status]).toEqual([line, 1]);
    expect(errors).toContain(hint);
  }
});

it("status --json says what status says", async () => {
  await bench.startApp({ "state.get": snapshot({ approvals: [approval], servers: [serverView] }) });
  expect(JSON.parse((await bench.run(["status", "--json"])).out)).toMatchObject({ state: "idle", waiting: 1, clients: 0, servers: 1 });
});

it("open says how to get a window where there is none", async () => {
  await bench.startApp({ "app.open": { kind: "nothing" } });
  const { status, errors } = await bench.run(["open", "rules"]);
  expect(status).toBe(1);
  expect(errors).toContain("portcullis quit, then portcullis serve --ui");
});

it("restore --json has each migration once, as it is at the end", async () => {
  const file = (name: string, state: string): object => ({ path: name, client: "cursor", servers: [], state, reason: null });
  const migration = (...files: object[]): object => ({ id: "m1", at: 1, files, servers: [], secrets: [], restart: [], rotate: [] });
  await bench.startApp({
    "migration.history": [migration(file("/a", "applied"), file("/b", "applied"))],
    "migration.undo": migration(file("/a", "undone"), file("/b", "undone")),
  });
  const { status, out } = await bench.run(["restore", "--yes", "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject([{ id: "m1" }]);
  expect(bench.asked.filter(({ channel }) => channel === "migration.undo")).toHaveLength(2);
});

it("journal verify has status 1 for a journal that is not intact", async () => {
  await bench.startApp({ "journal.verify": { kind: "bad", seq: 7, reason: "its hash does not fit" } });
  expect(await bench.run(["journal", "verify"])).toMatchObject({ status: 1, out: "NOT INTACT: record 7: its hash does not fit\n" });
});
