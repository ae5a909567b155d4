import { describe, expect, it } from "vitest";
import { readEntries, type ReadEntry } from "../../../electron/migration/clients/read-entries.ts";
import { whyItStays } from "../../../electron/migration/clients/why-it-stays.ts";
import { writeEntry } from "../../../electron/migration/clients/write-entry.ts";
import { detectSecrets, type Detected } from "../../../electron/migration/detect/detect.ts";
import type { ConfigDocument } from "../../../electron/migration/formats/document.ts";
import { openDocument } from "../../../electron/migration/formats/open-document.ts";
import { entryText } from "../../../electron/migration/scan-file.ts";
import { loadCorpus, placeOf, type CorpusFile, type ExpectedEntry } from "../../fixtures/migration/corpus.ts";

// Every file of the corpus is found where its client looks, read as a careful reader reads it, and rewritten so that nothing but the
// launch of an entry changes.

const corpus = loadCorpus();
const bridge = { command: "/opt/Portcullis/portcullis", args: ["connect", "a server", "--client", "x"] };

async function open(file: CorpusFile) {
  const { client, place } = await placeOf(file);
  const document = openDocument(place.format, file.bytes);
  return { client, place, document };
}

async function read(file: CorpusFile) {
  const { client, place, document } = await open(file);
  if (!document.ok) throw new Error(`${file.name}: ${document.error.message}`);
  const entries = readEntries(document.value, place, client.entry(document.value));
  if (!entries.ok) throw new Error(`${file.name}: ${entries.error.message}`);
  return { client, place, document: document.value, entries: entries.value };
}

const readable = corpus.filter(({ expected }) => expected.refused !== true);

describe("the corpus", () => {
  it("has at least 60 files over every format, platform and client that we write", () => {
    expect(corpus.length).toBeGreaterThanOrEqual(60);
    expect(new Set(corpus.map(({ expected }) => expected.platform))).toEqual(new Set(["linux", "darwin", "win32"]));
    expect(new Set(corpus.map(({ expected }) => expected.client)).size).toBeGreaterThanOrEqual(28);
  });

  it.each(readable.map((file) => [file.name, file] as const))("%s: entries", async (_name, file) => {
    const { client, place, document, entries } = await read(file);
    expect(client.applies?.(document, place) ?? true).toBe(true);
    expect(entries.map(asExpected)).toEqual(file.expected.entries);
  });

  it.each(readable.map((file) => [file.name, file] as const))("%s: secrets", async (_name, file) => {
    const { client, entries } = await read(file);
    const ticked = entries.flatMap((entry) =>
      detectSecrets(entryText(entry, client.placeholders))
        .filter((found) => found.class !== "unlikely")
        .map((found) => ({ server: entry.name, at: placeText(found), value: found.value })),
    );
    for (const { server, at, value } of file.expected.secrets) {
      const hits = ticked.filter((found) => found.server === server && found.at === at && found.value.includes(value));
      expect(hits, `${server}, ${at}`).not.toEqual([]);
    }
    const more = ticked.filter(
      (found) =>
        !file.expected.secrets.some(({ server, at, value }) => found.server === server && found.at === at && found.value.includes(value)),
    );
    expect(more).toEqual([]);
  });

  it.each(corpus.filter(({ expected }) => expected.refused === true).map((file) => [file.name, file] as const))(
    "%s is refused, with a reason that holds no value",
    async (_name, file) => {
      const { client, place, document } = await open(file);
      const result = document.ok ? readEntries(document.value, place, client.entry(document.value)) : document;
      expect(result).toMatchObject({ ok: false });
      expect(JSON.stringify(result)).not.toMatch(/FAKE|ghp_/);
    },
  );

  it.each(readable.map((file) => [file.name, file] as const))(
    "%s: an entry is pointed at us and nothing else changes",
    async (_name, file) => {
      const { client, place, document, entries } = await read(file);
      const shape = client.entry(document);
      for (const entry of entries) {
        if (entry.problem !== null || entry.transport !== "stdio" || entry.ours) continue;
        const edited = document.edit(writeEntry(document, entry, shape, bridge));
        if (!edited.ok) throw new Error(`${entry.name}: ${edited.error.message}`);
        const again = openDocument(place.format, edited.value);
        if (!again.ok) throw new Error(again.error.message);
        const after = readEntries(again.value, place, client.entry(again.value));
        if (!after.ok) throw new Error(after.error.message);
        const changed = after.value.find(({ name }) => name === entry.name);
        expect(changed?.command?.value).toBe(bridge.command);
        expect(changed?.args.map(({ value }) => value)).toEqual(bridge.args);
        expect(changed).toMatchObject({ ours: true, env: [], cwd: null, transport: "stdio", off: entry.off, problem: null });
        expect(after.value.filter(({ name }) => name !== entry.name).map(asExpected)).toEqual(
          entries.filter(({ name }) => name !== entry.name).map(asExpected),
        );
        const launchKeys = new Set([
          "command",
          "cmd",
          "args",
          "env",
          "envs",
          "environment",
          "cwd",
          "sandbox",
          "sandboxEnabled",
          "env_keys",
          "env_vars",
        ]);
        expect(restOf(again.value, entry, launchKeys)).toEqual(restOf(document, entry, launchKeys));
      }
    },
  );
});

describe("why an entry stays", () => {
  it("names the placeholder, and never a default behind it", async () => {
    const reasons = await staysIn("claude-code/project-default-secret.json");
    expect(reasons).toEqual(["It uses ${TAVILY_API_KEY:-…}, which only Claude Code can fill in."]);
  });

  it("keeps remote servers, envFile, and what only the client's keychain has", async () => {
    expect(await staysIn("vscode/inputs.json")).toEqual([
      "It uses ${input:perplexity-key}, which only VS Code can fill in.",
      "VS Code reaches this server over the network itself; only local servers are moved.",
      null,
    ]);
    expect((await staysIn("goose/config.yaml"))[1]).toContain("keychain");
    expect((await staysIn("cursor/project-envfile.json"))[0]).toContain("envFile");
    expect((await staysIn("warp/mcp.json"))[0]).toContain("do not write");
  });
});

async function staysIn(name: string): Promise<readonly (string | null)[]> {
  const file = corpus.find((one) => one.name === name);
  if (file === undefined) throw new Error(`no ${name}`);
  const { client, entries } = await read(file);
  return entries.map((entry) => whyItStays(entry, client, { home: "/home/ada", platform: "linux", project: null }));
}

function asExpected(entry: ReadEntry): ExpectedEntry {
  return {
    server: entry.name,
    transport: entry.transport,
    command: entry.command?.value ?? null,
    args: entry.args.map(({ value }) => value),
    envNames: entry.env.map(({ name }) => name),
    cwd: entry.cwd?.value ?? null,
    url: entry.url?.value ?? null,
    headerNames: entry.headers.map(({ name }) => name),
    off: entry.off,
    ours: entry.ours,
    understood: entry.problem === null,
  };
}

function placeText({ place }: Detected): string {
  if (place.kind === "env" || place.kind === "env-json") return `env ${place.name}`;
  if (place.kind === "arg") return `arg ${place.index}`;
  return place.kind === "header" ? `header ${place.name}` : place.at;
}

function restOf(document: ConfigDocument, entry: ReadEntry, launchKeys: ReadonlySet<string>) {
  return document
    .keys(entry.path)
    .filter((key) => !launchKeys.has(key))
    .map((key) => [key, document.get([...entry.path, key])]);
}
