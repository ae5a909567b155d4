import { readFileSync, readdirSync, rmSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCommandBench } from "../../fixtures/clients/command-bench.ts";
import type { CommandBench } from "../../fixtures/clients/command-bench.ts";

let bench: CommandBench;
beforeEach(() => {
  bench = createCommandBench();
});
afterEach(() => bench.close());

describe("without the app", () => {
  it.each([
    "status",
    "server show x",
    "server accept x",
    "server remove x",
    "server restore x",
    "server edit x --no-cwd",
    "server tools x",
    "server start x",
    "server stop x",
    "server log x",
    "secret delete x",
    "secret restore x",
    "vault status",
    "approvals list",
    "approvals answer 5f0c allow",
    "rules add --deny",
    "rules remove x",
    "rules restore x",
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

  it("tells a script that nothing runs", async () => {
    const { status, out } = await bench.run(["status", "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toEqual({ running: false });
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
    for (const line of ["list", "list --json", "show x", "add x -- node"]) {
      const { status, out, errors } = await bench.run(["server", ...line.split(" ")]);
      expect([status, out], line).toEqual([1, ""]);
      expect(errors).toContain(`${file}, line 1, column 17: `);
      expect(errors.split(file), line).toHaveLength(2);
    }
    const doctor = await bench.run(["doctor"]);
    expect(doctor.out).toContain(`BROKEN   Settings: ${file}, line 1, column 17: `);
    expect(doctor.out).toContain("→ Correct the file in an editor");
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
    const shown = await bench.run(["server", "add", "y", "--env", "A=secret", "--json", "--", "node"]);
    expect(JSON.parse(shown.out)).toMatchObject({ name: "y", command: "node", env: [{ name: "A" }] });
    expect(shown.out).not.toContain("secret");
  });

  it("names the configs that cannot be read", async () => {
    const file = path.join(bench.home, ".cursor", "mcp.json");
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, '{ "mcpServers": ');
    expect((await bench.run(["scan"])).out).toContain("1 file could not be read and is left alone.");
    const { status, errors } = await bench.run(["migrate", "--dry-run"]);
    expect(status).toBe(1);
    expect(errors).toContain(`not read, and left alone: ${file}: `);
  });

  it("says that there are no servers", async () => {
    expect(await bench.run(["server", "list"])).toMatchObject({ status: 0, out: expect.stringContaining("server add") as string });
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

  it.runIf(process.platform === "linux").each(["doctor", "serve", "server list", "server add x -- node"])(
    "does not try for ever to make a folder where none can be: %s",
    async (line) => {
      const { status, errors } = await bench.run(line.split(" "), "", false, 500, "/proc/portcullis");
      expect(status).toBe(1);
      expect(errors).toContain("/proc belongs to the kernel");
    },
  );

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

  it.each([["scan"], ["migrate", "--dry-run"]])("%s does not take an empty folder for the current one", async (...command) => {
    const refused = await bench.run([...command, "--folder", ""]);
    expect([refused.status, refused.out]).toEqual([2, ""]);
    expect(refused.errors).toContain("It is empty.");
  });

  it.each([["scan"], ["migrate", "--dry-run"]])("%s says that a folder is not there", async (...command) => {
    const refused = await bench.run([...command, "--folder", "/nonexistent"]);
    expect([refused.status, refused.out]).toEqual([2, ""]);
    expect(refused.errors).toContain("There is no such folder.");
  });

  it("says that there is no journal", async () => {
    expect(await bench.run(["journal", "list"])).toMatchObject({ status: 1, out: "" });
    expect(await bench.run(["journal", "verify"])).toMatchObject({ status: 1, out: "" });
  });
});
