import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { githubToken, sha256 } from "../../fixtures/migrate/configs.ts";
import { installRealClients, runProgram } from "../../fixtures/e2e/real-clients.ts";
import type { RealClients } from "../../fixtures/e2e/real-clients.ts";
import { node, startApp } from "../../fixtures/e2e/running-app.ts";
import type { Ran, RunningApp } from "../../fixtures/e2e/running-app.ts";

// Real clients before a migration, after it, and after its undo, by their own health checks. The server starts only when the right token
// reaches it, so "Connected" says that it did.

const server = fileURLToPath(new URL("../../fixtures/servers/token.mjs", import.meta.url));
let app: RunningApp;
let clients: RealClients | string;
beforeAll(async () => {
  clients = await installRealClients();
  if (typeof clients === "string") console.log(`skipped: migrated clients: ${clients}`);
  app = await startApp();
}, 240_000);
afterAll(() => app.close());

function typed(which: keyof RealClients, ...args: string[]): Promise<Ran> {
  const command = typeof clients === "string" ? [] : clients[which];
  const project = path.join(app.home, "project");
  fs.mkdirSync(project, { recursive: true });
  const quiet = { DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1", DISABLE_ERROR_REPORTING: "1", GEMINI_CLI_TRUST_WORKSPACE: "true" };
  return runProgram([...command, ...args], { ...app.env, ...quiet }, project);
}

async function connected(which: keyof RealClients): Promise<boolean> {
  const listed = await typed(which, "mcp", "list");
  return /service: .*Connected/u.test(listed.stdout + listed.stderr);
}

const entryOf = (file: string): { command: string; args: string[]; env?: unknown } =>
  (JSON.parse(fs.readFileSync(file, "utf8")) as { mcpServers: Record<string, { command: string; args: string[] }> }).mcpServers[
    "service"
  ] ?? {
    command: "",
    args: [],
  };

describe("configs of real clients", { timeout: 180_000 }, () => {
  test("connect before, through Portcullis after a migration with the token arriving, and as before after its undo", async ({ skip }) => {
    if (typeof clients === "string") skip(clients);
    const claudeFile = path.join(app.home, ".claude.json");
    const geminiFile = path.join(app.home, ".gemini", "settings.json");
    const command = [node, server, sha256(githubToken)];
    const added = await typed("claude", "mcp", "add", "-s", "user", "service", "-e", `SERVICE_TOKEN=${githubToken}`, "--", ...command);
    expect(added, added.stderr).toMatchObject({ status: 0 });
    fs.mkdirSync(path.dirname(geminiFile), { recursive: true });
    const service = { command: node, args: command.slice(1), env: { SERVICE_TOKEN: githubToken } };
    fs.writeFileSync(geminiFile, `${JSON.stringify({ mcpServers: { service } }, null, 4)}\n`);
    expect(await connected("claude")).toBe(true);
    expect(await connected("gemini")).toBe(true);
    expect(await app.journal("--kind", "server-launched")).toEqual([]);
    const before = { claude: entryOf(claudeFile), gemini: fs.readFileSync(geminiFile) };

    const migrated = await app.run(["migrate", "--client", "claude-code", "--client", "gemini-cli", "--yes"]);
    expect(migrated.status, migrated.stderr).toBe(0);
    for (const file of [claudeFile, geminiFile]) {
      expect(entryOf(file).args, file).toContain("connect");
      expect(fs.readFileSync(file, "utf8")).not.toContain(githubToken);
    }
    expect(await connected("claude")).toBe(true);
    expect(await connected("gemini")).toBe(true);
    const sessions = await app.journal("--kind", "client-connected");
    expect(new Set(sessions.map((session) => session.client)).size).toBe(2);
    expect((await app.journal("--kind", "secret-used")).length).toBeGreaterThan(0);

    const restored = await app.run(["restore", "--yes"]);
    expect(restored.status, restored.stderr).toBe(0);
    expect(fs.readFileSync(geminiFile).equals(before.gemini)).toBe(true);
    // Claude Code rewrites its own file at every start, so only our part of it can be as it was.
    expect(entryOf(claudeFile)).toEqual(before.claude);
    const launched = (await app.journal("--kind", "server-launched")).length;
    expect(await connected("claude")).toBe(true);
    expect(await connected("gemini")).toBe(true);
    expect(await app.journal("--kind", "server-launched")).toHaveLength(launched);
  });
});
