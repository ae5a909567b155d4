import { describe, expect, it } from "vitest";
import { readEntries } from "../../../electron/migration/clients/read-entries.ts";
import { whyItStays } from "../../../electron/migration/clients/why-it-stays.ts";
import { placeholders } from "../../../electron/migration/clients/define-client.ts";
import { detectSecrets } from "../../../electron/migration/detect/detect.ts";
import { openDocument } from "../../../electron/migration/formats/open-document.ts";
import { moveEntry } from "../../../electron/migration/move-entry.ts";
import { entryText } from "../../../electron/migration/scan-file.ts";
import type { JsonObject } from "../../../shared/model/json.ts";
import { replaceReferences } from "../../../shared/model/secret-reference.ts";

const token = "ghp_FAKEfakeFAKEfakeFAKEfakeFAKEfake1234";
const client = { name: "Editor", unsure: null, placeholders: [placeholders.editor, placeholders.bracesDefault] };
const place = { home: "/home/ann", platform: "linux" as const, project: null };

function read(entry: JsonObject) {
  const document = openDocument("json", Buffer.from(JSON.stringify({ s: { x: entry } })));
  if (!document.ok) throw new Error(document.error.message);
  const entries = readEntries(document.value, { at: ["s"], shape: "map" }, {});
  const first = entries.ok ? entries.value[0] : undefined;
  if (first === undefined) throw new Error("no entry");
  return first;
}

function move(entry: JsonObject, project: string | null = null) {
  const one = read(entry);
  const found = detectSecrets(entryText(one, client.placeholders)).filter((detected) => detected.class !== "unlikely");
  const names = new Map<string, string>();
  const moved = moveEntry(one, found, (value) => names.get(value) ?? (names.set(value, `x/S${names.size}`), `x/S${names.size - 1}`), {
    ...place,
    placeholders: client.placeholders,
    project,
  });
  if (moved.kind === "stays") throw new Error(moved.reason);
  const values = new Map([...names].map(([value, name]) => [name, value]));
  return { settings: moved.settings, values, back: (text: string) => replaceReferences(text, (name) => values.get(name) ?? "?") };
}

describe("moving an entry", () => {
  it("replaces exactly the secret's range, so that lending gives back the very same text", () => {
    const env = {
      TOKEN: token,
      HEADER: `Authorization: Bearer ${token}`,
      JSON: `{"a": {"api_key": "${token}"}, "b": 1}`,
      DATABASE_URL: "postgres://app:s3cr3t-Pa55word@db.example.com/app",
      LOG: "debug",
    };
    const args = ["--api-key", token, `--token=${token}`, "--verbose"];
    const { settings, back, values } = move({ command: "npx", args, env });
    for (const value of values.values()) expect(JSON.stringify(settings)).not.toContain(value);
    expect(Object.fromEntries(Object.entries(settings.env ?? {}).map(([name, value]) => [name, back(value)]))).toEqual(env);
    expect(settings.args?.map(back)).toEqual(args);
    expect(settings.env?.["LOG"]).toBe("debug");
    expect(settings.env?.["DATABASE_URL"]).toMatch(/^postgres:\/\/app:\$\{keychain:[^}]+\}@db\.example\.com\/app$/);
  });

  it("takes a container's variables out of its arguments", () => {
    const { settings } = move({
      command: "docker",
      args: ["run", "-i", "-e", `GITHUB_TOKEN=${token}`, `--env=OTHER_TOKEN=${token}`, "-e", "LOG=1", "image"],
    });
    expect(settings.args).toEqual(["run", "-i", "-e", "GITHUB_TOKEN", "--env=OTHER_TOKEN", "-e", "LOG=1", "image"]);
    expect(settings.env).toEqual({ GITHUB_TOKEN: "${keychain:x/S0}", OTHER_TOKEN: "${keychain:x/S0}" });
  });

  it("starts in the project only what is named relative to it", () => {
    expect(move({ command: "node", args: ["./server.js"] }, "/home/ann/site").settings.cwd).toBe("/home/ann/site");
    expect(move({ command: "node", args: ["build/server.js"] }, "/home/ann/site").settings.cwd).toBe("/home/ann/site");
    expect(move({ command: "npx", args: ["-y", "@acme/mcp"] }, "/home/ann/site").settings.cwd).toBeUndefined();
    expect(move({ command: "node", args: ["./server.js"], cwd: "tools" }, "/home/ann/site").settings.cwd).toBe("/home/ann/site/tools");
  });

  it("fills in the placeholders whose meaning is certain", () => {
    const { settings } = move({ command: "node", args: ["${workspaceFolder}/s.js", "${userHome}${/}x"] }, "/home/ann/site");
    expect(settings.args).toEqual(["/home/ann/site/s.js", "/home/ann/x"]);
  });

  it("survives names that are no ordinary keys", () => {
    const { settings } = move({ command: "x", env: JSON.parse('{"__proto__": "a", "constructor": "b"}') as JsonObject });
    expect(Object.keys(settings.env ?? {}).sort()).toEqual(["__proto__", "constructor"]);
  });
});

describe("what stays", () => {
  const why = (entry: JsonObject, project: string | null = null): string | null => whyItStays(read(entry), client, { ...place, project });

  it("is what only its client can fill in, without the default that stands there", () => {
    expect(why({ command: "x", env: { KEY: "${input:key}" } })).toContain("${input:key}");
    expect(why({ command: "${workspaceFolder}/x" })).toContain("${workspaceFolder}");
    expect(why({ command: "${workspaceFolder}/x" }, "/home/ann/site")).toBeNull();
    expect(why({ command: "x", args: [`\${TOKEN:-${token}}`] })).not.toContain(token);
  });

  it("is what would borrow a secret of the vault by naming it", () => {
    expect(why({ command: "x", env: { A: "${keychain:github/TOKEN}" } })).toContain("secret of Portcullis");
    expect(why({ command: "x", args: ["--a=${keychain:"] })).toContain("secret of Portcullis");
  });
});
