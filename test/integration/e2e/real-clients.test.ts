import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installRealClients, runProgram } from "../../fixtures/e2e/real-clients.ts";
import type { RealClients } from "../../fixtures/e2e/real-clients.ts";
import { addEverything, node, startApp } from "../../fixtures/e2e/running-app.ts";
import type { Ran, RunningApp } from "../../fixtures/e2e/running-app.ts";

// Claude Code and Gemini CLI, launching the bridge from their own configs, as their own health checks see it.
let app: RunningApp;
let clients: RealClients | string;
beforeAll(async () => {
  clients = await installRealClients();
  if (typeof clients === "string") console.log(`skipped: real clients: ${clients}`);
  app = await startApp();
  await addEverything(app);
}, 240_000);
afterAll(() => app.close());

/** As the person types it, in a project of theirs. */
function typed(which: keyof RealClients, ...args: string[]): Promise<Ran> {
  const command = typeof clients === "string" ? [] : clients[which];
  const project = path.join(app.home, "project");
  fs.mkdirSync(project, { recursive: true });
  const quiet = { DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1", DISABLE_ERROR_REPORTING: "1", GEMINI_CLI_TRUST_WORKSPACE: "true" };
  return runProgram([...command, ...args], { ...app.env, ...quiet }, project);
}

const connect = (server: string, client: string): string[] => [node, app.bridge, "connect", server, "--client", client];

describe("claude", () => {
  test("says connected", async ({ skip }) => {
    if (typeof clients === "string") skip(clients);
    const added = await typed("claude", "mcp", "add", "-s", "user", "everything", "--", ...connect("everything", "Claude Code"));
    expect(added, added.stderr).toMatchObject({ status: 0 });
    const listed = await typed("claude", "mcp", "list");
    expect(listed.stdout).toMatch(/everything: .*Connected/u);
    const [session] = await app.journal("--kind", "client-connected", "--client", "Claude Code");
    expect(session).toMatchObject({ server: "everything" });
    expect((await app.journal("--kind", "server-launched"))[0]).toMatchObject({ server: "everything" });
  });

  test("its health check does not run a server that nobody accepted (threats 1, 5)", async ({ skip }) => {
    if (typeof clients === "string") skip(clients);
    const proof = path.join(app.place, "ran");
    await app.ok("server", "add", "unknown", "--write", app.place, "--", "/usr/bin/touch", proof);
    await typed("claude", "mcp", "add", "-s", "user", "unknown", "--", ...connect("unknown", "Claude Code"));
    const listed = await typed("claude", "mcp", "list");
    expect(listed.stdout).toMatch(/unknown: .*Failed/u);
    expect(fs.existsSync(proof)).toBe(false);
    expect(await app.journal("--kind", "server-launched", "--server", "unknown")).toEqual([]);
  });
});

describe("gemini", () => {
  test("says connected", async ({ skip }) => {
    if (typeof clients === "string") skip(clients);
    // Its `add` takes options for itself wherever they stand, so the client's name goes without one.
    const added = await typed("gemini", "mcp", "add", "-s", "user", "everything", node, app.bridge, "connect", "everything");
    expect(added, added.stderr).toMatchObject({ status: 0 });
    const file = path.join(app.home, ".gemini", "settings.json");
    const settings = JSON.parse(fs.readFileSync(file, "utf8")) as { mcpServers: Record<string, { args: string[] }> };
    settings.mcpServers["everything"]?.args.push("--client", "Gemini CLI");
    fs.writeFileSync(file, JSON.stringify(settings, null, 2));
    const listed = await typed("gemini", "mcp", "list");
    expect(listed.stdout + listed.stderr).toMatch(/everything: .*Connected/u);
    expect(await app.journal("--kind", "client-connected", "--client", "Gemini CLI")).not.toEqual([]);
  });
});

test("with the app killed, the next health check starts it again", async ({ skip }) => {
  if (typeof clients === "string") skip(clients);
  await app.kill();
  const listed = await typed("claude", "mcp", "list");
  expect(listed.stdout).toMatch(/everything: .*Connected/u);
  expect(await app.ok("status")).toContain("is running");
  await app.ok("quit");
});
