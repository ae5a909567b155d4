import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerView } from "../../../shared/model/server.ts";
import { connectRaw, connectRawClient } from "../../fixtures/e2e/connect.ts";
import type { RawConnection, RawMessage } from "../../fixtures/e2e/connect.ts";
import { runProgram } from "../../fixtures/e2e/real-clients.ts";
import { startApp } from "../../fixtures/e2e/running-app.ts";
import type { RunningApp } from "../../fixtures/e2e/running-app.ts";
import { keyringMissing, startPrivateKeyring } from "../vault/private-keyring.ts";
import type { PrivateKeyring } from "../vault/private-keyring.ts";

// Real servers from the npm registry, added as the `npx -y` lines of their README: installed once in a box, then run from there in theirs.

interface RealServer {
  readonly package: string;
  readonly args?: (folder: string) => readonly string[];
  /** More options of `server add`. */
  readonly open?: (folder: string) => readonly string[];
  readonly tools: number;
  readonly call: { readonly name: string; readonly arguments: (folder: string) => Record<string, unknown> };
  /** In its answer, which is an error where the server has no network. */
  readonly answer: RegExp;
}

const token = "ntn_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const servers: Readonly<Record<string, RealServer>> = {
  everything: {
    package: "@modelcontextprotocol/server-everything",
    tools: 13,
    call: { name: "get-sum", arguments: () => ({ a: 2, b: 40 }) },
    answer: /42/u,
  },
  filesystem: {
    package: "@modelcontextprotocol/server-filesystem",
    args: (folder) => [folder],
    open: (folder) => ["--write", folder],
    tools: 10,
    call: { name: "read_text_file", arguments: (folder) => ({ path: path.join(folder, "note.txt") }) },
    answer: /a note in the folder/u,
  },
  memory: {
    package: "@modelcontextprotocol/server-memory",
    // By default it writes beside its own program, which a box keeps read-only.
    open: (folder) => ["--write", folder, "--env", `MEMORY_FILE_PATH=${path.join(folder, "memory.jsonl")}`],
    tools: 9,
    call: {
      name: "create_entities",
      arguments: () => ({ entities: [{ name: "Ann", entityType: "person", observations: ["likes gates"] }] }),
    },
    answer: /likes gates/u,
  },
  thinking: {
    package: "@modelcontextprotocol/server-sequential-thinking",
    tools: 1,
    call: {
      name: "sequentialthinking",
      arguments: () => ({ thought: "a first one", nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 }),
    },
    answer: /thoughtHistoryLength/u,
  },
  context7: {
    package: "@upstash/context7-mcp",
    tools: 2,
    call: { name: "resolve-library-id", arguments: () => ({ libraryName: "react", query: "hooks" }) },
    answer: /\w/u,
  },
  notion: {
    package: "@notionhq/notion-mcp-server",
    open: () => ["--env", "NOTION_TOKEN=${keychain:notion/token}"],
    tools: 15,
    call: { name: "API-get-self", arguments: () => ({}) },
    answer: /\w/u,
  },
  github: {
    package: "@modelcontextprotocol/server-github",
    open: () => ["--env", "GITHUB_PERSONAL_ACCESS_TOKEN=${keychain:notion/token}"],
    tools: 20,
    call: { name: "search_repositories", arguments: () => ({ query: "portcullis" }) },
    answer: /\w/u,
  },
  devtools: {
    package: "chrome-devtools-mcp",
    tools: 20,
    call: { name: "list_pages", arguments: () => ({}) },
    answer: /\w/u,
  },
};

let keyring: PrivateKeyring | null = null;
let app: RunningApp;
let folder: string;
let unreachable: string | null = null;
/** Each one's first session, which installed it. */
const firsts = new Map<string, FirstSession>();

beforeAll(async () => {
  const ping = await runProgram(["npm", "view", "@modelcontextprotocol/server-everything", "version"], process.env, process.cwd(), 20_000);
  if (ping.status !== 0) unreachable = `the npm registry cannot be reached: ${ping.stderr.trim().split("\n")[0] ?? ""}`;
  unreachable ??= keyringMissing();
  if (unreachable !== null) {
    console.log(`skipped: real servers from the registry: ${unreachable}`);
    return;
  }
  keyring = await startPrivateKeyring();
  app = await startApp({ env: { DBUS_SESSION_BUS_ADDRESS: keyring.env["DBUS_SESSION_BUS_ADDRESS"] ?? "" } });
  folder = path.join(app.place, "work");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "note.txt"), "a note in the folder");
  const set = await app.run(["secret", "set", "notion/token"], token);
  if (set.status !== 0) throw new Error(set.stderr);
  await app.ok("rules", "add", "--allow", "--everything");
  for (const [name, server] of Object.entries(servers))
    await app.ok("server", "add", name, "--yes", ...(server.open?.(folder) ?? []), "--", ...lineOf(server));
  // All at once, and into npx's own cache: most of an installation is waiting for the registry.
  await Promise.all(
    Object.entries(servers).flatMap(([name, server]) => [
      timeToReady(() => connectRawClient(app, name)).then((first) => firsts.set(name, first)),
      fillCache(server),
    ]),
  );
}, 300_000);
afterAll(async () => {
  if (unreachable !== null) return;
  await app.close();
  await keyring?.close();
});

const initialize: RawMessage = {
  id: "initialize",
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "real", version: "1" } },
};

interface FirstSession {
  readonly ms: number;
  readonly raw: RawConnection;
  readonly first: RawMessage;
}

const lineOf = (server: RealServer): readonly string[] => ["npx", "-y", server.package, ...(server.args?.(folder) ?? [])];

const withoutUs = (server: RealServer): RawConnection => {
  const env = { ...app.env, NOTION_TOKEN: "x", GITHUB_PERSONAL_ACCESS_TOKEN: "x", npm_config_cache: path.join(app.place, "npm-cache") };
  return connectRaw("npx", lineOf(server).slice(1), env);
};

async function fillCache(server: RealServer): Promise<void> {
  const { raw } = await timeToReady(() => withoutUs(server));
  raw.kill();
  await raw.end();
}

/** From the start of the client's program to the answer to `initialize`, in milliseconds. */
async function timeToReady(open: () => RawConnection): Promise<FirstSession> {
  const started = performance.now();
  const raw = open();
  raw.send(initialize);
  const first = await raw.answer("initialize", 120_000);
  return { ms: performance.now() - started, raw, first };
}

describe("a real server", () => {
  const figures: string[] = [];
  afterAll(() => console.log(figures.join("\n")));

  test.for(Object.entries(servers))("%s", { timeout: 150_000 }, async ([name, server], { skip }) => {
    if (unreachable !== null) skip(unreachable);
    const first = firsts.get(name);
    if (first === undefined) throw new Error("it was not installed");
    expect(first.first.error).toBeUndefined();
    expect(first.first.result).toHaveProperty("serverInfo");
    first.raw.send({ method: "notifications/initialized" });
    first.raw.send({ id: 2, method: "tools/list" });
    const tools = (await first.raw.answer(2)).result?.["tools"] as unknown[];
    expect(tools.length).toBeGreaterThanOrEqual(server.tools);
    first.raw.send({ id: 3, method: "tools/call", params: { name: server.call.name, arguments: server.call.arguments(folder) } });
    const answer = await first.raw.answer(3, 60_000);
    expect(JSON.stringify(answer.result ?? answer.error)).toMatch(server.answer);
    expect(JSON.stringify(answer)).not.toContain(token);
    await first.raw.end();

    const view = await app.json<ServerView>("server", "show", name);
    expect(view).toMatchObject({ sandbox: { kind: "boxed", hosts: [] }, package: { ecosystem: "npm", name: server.package } });
    expect(view.package?.integrity).toMatch(/^sha512-/u);
    expect(await app.journal("--kind", "server-installed", "--server", name)).toHaveLength(1);

    // Again, boxed and offline; and as it would be without us, its packages in npx's own cache.
    const ours: number[] = [];
    const theirs: number[] = [];
    const best = (times: readonly number[]): number => Math.round(Math.min(...times));
    // Far apart after one look, as they are on a machine that does nothing else, needs no other.
    while (ours.length === 0 || (ours.length < 3 && best(ours) > 0.7 * best(theirs))) {
      const again = await timeToReady(() => connectRawClient(app, name));
      expect(again.first.result).toEqual(first.first.result);
      ours.push(again.ms);
      await again.raw.end();
      const direct = await timeToReady(() => withoutUs(server));
      theirs.push(direct.ms);
      direct.raw.kill();
      await direct.raw.end();
    }
    const ratio = best(ours) / best(theirs);
    figures.push(`${server.package}: ready again ${String(best(ours))} ms, by npx warm ${String(best(theirs))} ms: ${ratio.toFixed(2)} x`);
    expect(ratio).toBeLessThan(1);
  });

  test("context7 answers 2026-07-28, without a handshake", async ({ skip }) => {
    if (unreachable !== null) skip(unreachable);
    const raw = connectRawClient(app, "context7");
    const meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "stateless", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    raw.send({ id: 1, method: "server/discover", params: { _meta: meta } });
    const discovered = await raw.answer(1, 60_000);
    expect(discovered.error).toBeUndefined();
    expect(discovered.result?.["supportedVersions"]).toContain("2026-07-28");
    raw.send({ id: 2, method: "tools/list", params: { _meta: meta } });
    expect((await raw.answer(2)).result?.["tools"]).not.toHaveLength(0);
    await raw.end();
  }, 60_000);

  test("offline from now on: a restarted app runs them from what it installed", async ({ skip }) => {
    if (unreachable !== null) skip(unreachable);
    const installed = await app.journal("--kind", "server-installed");
    await app.stop();
    await app.start();
    const raw = connectRawClient(app, "memory");
    raw.send(initialize);
    await raw.answer("initialize");
    raw.send({ method: "notifications/initialized" });
    raw.send({ id: 1, method: "tools/call", params: { name: "read_graph", arguments: {} } });
    // It kept what it was told, in the only folder that it may write.
    expect(JSON.stringify(await raw.answer(1))).toContain("likes gates");
    await raw.end();
    expect(await app.journal("--kind", "server-installed")).toEqual(installed);
  });
});
