import { readFileSync, readdirSync, rmSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
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
    "server add x npx -y thing",
    "server log x -n 0",
    "server log x -n ten",
    "server show",
    "secret set",
    "secret set name value",
    "secret set ../name",
    "secret delete ../name",
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
    for (const line of ["serve", "server add", "rules add", "approvals answer", "journal list", "secret set"]) {
      expect((await bench.run([...line.split(" "), "--help"])).out).toMatch(/Examples?:\n {2}\$ portcullis /);
    }
  });
});

describe("without the app", () => {
  it.each([
    "status",
    "server show x",
    "server accept x",
    "server remove x",
    "server tools x",
    "server start x",
    "server stop x",
    "server log x",
    "secret delete x",
    "vault status",
    "approvals list",
    "approvals answer 5f0c allow",
    "rules add --deny",
    "rules remove x",
    "sandbox explain x",
    "pause",
    "resume",
    "open",
    "quit",
  ])("%s says how to start it, with status 1", async (line) => {
    const { status, out, errors } = await bench.run(line.split(" "));
    expect([status, out]).toEqual([1, ""]);
    expect(errors).toContain("Portcullis is not running");
    expect(errors).toContain("portcullis serve");
  });

  it("lists servers from config.json, env values left out", async () => {
    await mkdir(bench.paths.config, { recursive: true });
    await writeFile(
      path.join(bench.paths.config, "config.json"),
      JSON.stringify({ mcpServers: { files: { command: "npx", args: ["-y", "x"], env: { TOKEN: "hunter2-hunter2" } } } }),
    );
    const { status, out } = await bench.run(["server", "list", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toEqual([
      { name: "files", command: "npx", args: ["-y", "x"], env: [{ name: "TOKEN" }], cwd: null, sandbox: {}, disabled: false },
    ]);
    expect(out).not.toContain("hunter2");
  });

  it("reports a broken config.json and leaves it alone", async () => {
    await mkdir(bench.paths.config, { recursive: true });
    const file = path.join(bench.paths.config, "config.json");
    await writeFile(file, '{ "mcpServers": ');
    expect(await bench.run(["server", "list"])).toMatchObject({ status: 1 });
    expect(await bench.run(["server", "add", "x", "--", "node"])).toMatchObject({ status: 1 });
    expect(readFileSync(file, "utf8")).toBe('{ "mcpServers": ');
  });

  it("adds a server unaccepted and says so; with --yes it adds nothing", async () => {
    const line = ["server", "add", "x", "--env", "A=1=2", "--read", "/r", "--host", "h:1", "--", "node", "-e", "--yes"];
    const refused = await bench.run([...line.slice(0, 2), "x", "--yes", "--", "node"]);
    expect(refused.status).toBe(1);
    expect(refused.errors).toContain("nothing was added");
    const added = await bench.run(line);
    expect(added.status).toBe(0);
    expect(added.errors).toContain("not accepted");
    const config = JSON.parse(readFileSync(path.join(bench.paths.config, "config.json"), "utf8")) as { mcpServers: unknown };
    expect(config.mcpServers).toEqual({
      x: { command: "node", args: ["-e", "--yes"], env: { A: "1=2" }, sandbox: { read: ["/r"], hosts: ["h:1"] } },
    });
    expect((await bench.run(line)).errors).toContain("already");
  });

  it("lists rules and secrets from their files, and none where there are none", async () => {
    expect(JSON.parse((await bench.run(["rules", "list", "--json"])).out)).toEqual([]);
    expect(JSON.parse((await bench.run(["secret", "list", "--json"])).out)).toEqual([]);
    await mkdir(bench.paths.data, { recursive: true });
    const rule = { id: "r1", effect: "deny", createdAt: 1, origin: "person" };
    const rules = [rule, { ...rule, id: "gone", expiresAt: 5 }];
    await writeFile(path.join(bench.paths.data, "rules.json"), JSON.stringify({ version: 1, rules }));
    expect(JSON.parse((await bench.run(["rules", "list", "--json"])).out)).toEqual([rule]);
    await writeFile(path.join(bench.paths.data, "rules.json"), JSON.stringify({ version: 1, rules: [{ ...rule, tool: "*_secret" }] }));
    expect((await bench.run(["rules", "list"])).errors).toContain("only an ending * is a wildcard");
    await writeFile(path.join(bench.paths.data, "rules.json"), "{}");
    expect(await bench.run(["rules", "list"])).toMatchObject({ status: 1 });
  });

  it("makes no folder by reading", async () => {
    for (const line of ["server list", "rules list", "secret list", "journal list", "scan", "restore --list", "status"]) {
      await bench.run(line.split(" "));
    }
    expect(readdirSync(path.dirname(bench.paths.config))).toEqual([]);
  });

  it.each(["status", "server list", "server add x -- node", "secret list", "rules list", "journal list", "scan", "restore", "pause"])(
    "says in words that its folders cannot be used: %s",
    async (line) => {
      const home = path.dirname(bench.paths.config);
      rmSync(home, { recursive: true });
      await writeFile(home, "");
      const { status, out, errors } = await bench.run(line.split(" "));
      expect([status, out]).toEqual([1, ""]);
      expect(errors).toContain("a file stands where a folder has to be");
      expect(errors).toContain(`mv '${home}'`);
    },
  );

  it("finds what else there is when the folders cannot be used: doctor", async () => {
    const home = path.dirname(bench.paths.config);
    rmSync(home, { recursive: true });
    await writeFile(home, "");
    const { status, out } = await bench.run(["doctor", "--json"]);
    expect(status).toBe(1);
    const checks = JSON.parse(out) as { id: string; status: string; fix: string | null }[];
    expect(checks.map(({ id }) => id)).toEqual(expect.arrayContaining(["folders", "sandbox", "vault", "node", "settings", "journal"]));
    for (const id of ["folders", "vault", "settings", "journal"]) {
      expect(checks.find((check) => check.id === id)).toMatchObject({ status: "missing" });
      expect(checks.find((check) => check.id === id)?.fix).toContain(`mv '${home}'`);
    }
  });

  it("a damaged list of secrets is said, and left where it is", async () => {
    await mkdir(bench.paths.data, { recursive: true });
    await writeFile(path.join(bench.paths.data, "secrets.json"), "{ damaged");
    const listed = await bench.run(["secret", "list"]);
    expect([listed.status, listed.out]).toEqual([1, ""]);
    expect(listed.errors).toContain("secrets.json is damaged");
    expect(await bench.run(["scan"])).toMatchObject({ status: 0 });
    expect((await bench.run(["doctor"])).out).toContain("the list of secrets is damaged");
    expect(readdirSync(bench.paths.data)).toEqual(["secrets.json"]);
    await rename(path.join(bench.paths.data, "secrets.json"), path.join(bench.paths.data, "secrets.json.damaged-0a1b2c"));
    const aside = await bench.run(["secret", "list", "--json"]);
    expect(aside).toMatchObject({ status: 0, out: "[]\n" });
    expect(aside.errors).toContain("secrets.json.damaged-0a1b2c");
  });

  it("says that there is no journal", async () => {
    expect(await bench.run(["journal", "list"])).toMatchObject({ status: 1, out: "" });
    expect(await bench.run(["journal", "verify"])).toMatchObject({ status: 1, out: "" });
  });
});

describe("server add and accept", () => {
  it("shows all of it, and accepts what was shown only after a yes", async () => {
    const view = { ...serverView, warnings: ["It can change your files."] };
    await bench.startApp({ "server.add": view, "server.accept": { ...view, state: { kind: "idle" } } });
    const line = ["server", "add", "files", "--", "npx", "-y", "x"];
    for (const [typed, accepted] of [
      ["y\n", true],
      ["yes\n", true],
      ["n\n", false],
      ["\n", false],
      ["", false],
      ["yeah\n", false],
    ] as const) {
      bench.asked.length = 0;
      const { status, errors } = await bench.run(line, typed, true);
      expect(status).toBe(0);
      expect(errors).toContain("npx -y @modelcontextprotocol/server-filesystem '/home/ann/my notes'");
      expect(errors).toContain("TOKEN (secret: github/token)");
      expect(errors).toContain("! It can change your files.");
      expect(bench.asked[0]).toEqual({
        channel: "server.add",
        input: { name: "files", settings: { command: "npx", args: ["-y", "x"] }, accept: false },
      });
      const accepts = bench.asked.filter(({ channel }) => channel === "server.accept");
      expect(accepts.map(({ input }) => input)).toEqual(accepted ? [{ name: "files", fingerprint: "fp-1" }] : []);
    }
  });

  it("without a terminal adds it unaccepted and says so; --yes accepts", async () => {
    await bench.startApp({ "server.add": serverView, "server.accept": { ...serverView, state: { kind: "idle" } } });
    const unaccepted = await bench.run(["server", "add", "files", "--", "npx"], "y\n");
    expect(unaccepted.status).toBe(0);
    expect(unaccepted.errors).toContain("portcullis server accept files");
    expect(bench.asked.map(({ channel }) => channel)).toEqual(["server.add"]);
    const accepted = await bench.run(["server", "add", "files", "--yes", "--json", "--", "npx"]);
    expect(accepted.status).toBe(0);
    expect(JSON.parse(accepted.out)).toMatchObject({ name: "files", state: { kind: "idle" } });
  });

  it("cannot be made to show something else: line breaks, escapes and padding stand there as they are", async () => {
    const args = ["ok\n  env       NOTHING", "\u001b[2K\r", "a\u202eb", `${" ".repeat(6000)}; rm -rf ~`];
    await bench.startApp({ "state.get": snapshot({ servers: [{ ...serverView, args }] }), "server.accept": serverView });
    const { errors } = await bench.run(["server", "accept", "files"], "n\n", true);
    expect(errors).not.toContain("\u001b");
    expect(errors).not.toContain("\u202e");
    expect(errors).toContain("'ok⟨U+000A⟩  env       NOTHING' '⟨U+001B⟩[2K⟨U+000D⟩' 'a⟨U+202E⟩b'");
    expect(errors).toContain("'⟨6000 spaces⟩; rm -rf ~'");
  });

  it("cannot be made to show something else by what a terminal does at the end of a row", async () => {
    const forged = "  may write nothing";
    const args = Array.from({ length: 40 }, (_none, at) => `${"x".repeat(at)}${forged}`);
    await bench.startApp({ "state.get": snapshot({ servers: [{ ...serverView, args }] }), "server.accept": serverView });
    const { errors } = await bench.run(["server", "accept", "files"], "n\n", true, 40);
    const shown = errors.split("\n").filter((line) => !line.startsWith("Let files run"));
    for (const line of shown.slice(0, -2)) expect(line.length, line).toBeLessThanOrEqual(40);
    expect(shown.filter((line) => line.startsWith(forged))).toEqual(["  may write nothing"]);
  });

  it("warns of a secret in plain text", async () => {
    await bench.startApp({ "server.add": serverView });
    const { errors } = await bench.run(["server", "add", "files", "--env", "API_TOKEN=hunter2-hunter2", "--", "npx"]);
    expect(errors).toContain("API_TOKEN looks like a secret");
    expect(errors).not.toContain("hunter2");
  });
});

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
    await bench.startApp({ "secret.put": undefined });
    const { status, out, errors } = await bench.run(["secret", "set", "a"], stdin, tty);
    expect([status, out]).toEqual([1, ""]);
    expect(errors).toContain(said);
    expect(bench.asked).toEqual([]);
  });

  it("are typed in any script, and mended with Backspace and Ctrl+U", async () => {
    await bench.startApp({ "secret.put": undefined });
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

  it("come from stdin or a prompt, are sent as they are, and printed nowhere", async () => {
    await bench.startApp({ "secret.put": undefined });
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

  it("are not stored when empty, interrupted or too long", async () => {
    await bench.startApp({ "secret.put": undefined });
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

it("status --json says what status says", async () => {
  await bench.startApp({ "state.get": snapshot({ approvals: [approval], servers: [serverView] }) });
  expect(JSON.parse((await bench.run(["status", "--json"])).out)).toMatchObject({ state: "idle", waiting: 1, clients: 0, servers: 1 });
});

it("open says how to get a window where there is none", async () => {
  await bench.startApp({ "app.open": { url: null } });
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
