import { describe, expect, it } from "vitest";
import { readEntries } from "../../../electron/migration/clients/read-entries.ts";
import { whyItStays } from "../../../electron/migration/clients/why-it-stays.ts";
import { placeholders } from "../../../electron/migration/clients/define-client.ts";
import { detectSecrets } from "../../../electron/migration/detect/detect.ts";
import { openDocument } from "../../../electron/migration/formats/open-document.ts";
import { moveEntry, takenSecrets } from "../../../electron/migration/move-entry.ts";
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

  it("takes them out of every container program's, however the option is written, and out of nothing else", () => {
    const moved = (command: string, args: string[], env: JsonObject = {}) => move({ command, args, env }).settings;
    for (const command of ["docker", "/usr/bin/podman", "nerdctl", "C:\\Docker\\Docker.exe"]) {
      for (const args of [["-e", `A=${token}`], ["--env", `A=${token}`], [`-e=A=${token}`], [`--env=A=${token}`]]) {
        const { settings } = { settings: moved(command, ["run", ...args]) };
        expect(settings.env, `${command} ${args.join(" ")}`).toEqual({ A: "${keychain:x/S0}" });
        expect(settings.args?.join(" ")).toBe(["run", ...args].join(" ").replace(`=${token}`, ""));
      }
    }
    const kept = { args: ["run", "-e", "A=${keychain:x/S0}"] };
    expect(moved("my-docker", ["run", "-e", `A=${token}`])).toMatchObject(kept);
    // What the entry sets itself stays what it is.
    expect(moved("docker", ["run", "-e", `A=${token}`], { A: "own" })).toMatchObject({ ...kept, env: { A: "own" } });
    expect(moved("docker", ["run", "image", `A=${token}`]).env).toBeUndefined();
    expect(move({ command: "x" }).settings).toEqual({ command: "x" });
  });

  it("of stretches that overlap takes the first, of two that begin together the longer, and every other", () => {
    const entry = read({ command: "x", env: { A: "0123456789", B: "0123456789" } });
    const chosen = (name: string, start: number, end: number) =>
      ({ place: { kind: "env", name }, range: { start, end } }) as Parameters<typeof takenSecrets>[1][number];
    const taken = (...stretches: [string, number, number][]) =>
      takenSecrets(
        entry,
        stretches.map((stretch) => chosen(...stretch)),
      ).map(({ text, value }) => [text, value]);
    expect(taken(["A", 0, 4], ["A", 0, 6])).toEqual([["env A", "012345"]]);
    expect(taken(["A", 4, 8], ["A", 2, 6], ["B", 1, 9])).toEqual([
      ["env A", "2345"],
      ["env B", "12345678"],
    ]);
    expect(taken(["A", 0, 6], ["A", 6, 10], ["A", 3, 3])).toEqual([
      ["env A", "012345"],
      ["env A", "6789"],
    ]);
    expect(taken(["A", 0, 6], ["A", 2, 8], ["A", 6, 10])).toEqual([
      ["env A", "012345"],
      ["env A", "6789"],
    ]);
  });

  it("leaves what is reached over the network, and what no program could read", () => {
    expect(() => move({ command: "x", type: "sse", url: "https://mcp.example.com" })).toThrow("remote server");
    for (const name of ["A B", "A=B", "A\0", ""])
      expect(() => move({ command: "x", env: { [name]: "y" } }), name).toThrow("no program can read");
  });

  it("starts in the project only what is named relative to it", () => {
    expect(move({ command: "node", args: ["./server.js"] }, "/home/ann/site").settings.cwd).toBe("/home/ann/site");
    expect(move({ command: "node", args: ["build/server.js"] }, "/home/ann/site").settings.cwd).toBe("/home/ann/site");
    expect(move({ command: "npx", args: ["-y", "@acme/mcp"] }, "/home/ann/site").settings.cwd).toBeUndefined();
    expect(move({ command: "node", args: ["./server.js"], cwd: "tools" }, "/home/ann/site").settings.cwd).toBe("/home/ann/site/tools");
  });

  it("keeps a folder that is none of the project's, and knows a relative name wherever it stands", () => {
    const cwd = (entry: JsonObject) => move(entry, "/home/ann/site").settings.cwd;
    for (const named of ["/srv/x/", "~/x"]) expect(cwd({ command: "node", cwd: named })).toBe(named);
    for (const command of ["./run", "..\\run", "bin/run.sh"]) expect(cwd({ command, args: ["x"] }), command).toBe("/home/ann/site");
    for (const args of [["."], ["--dir", ".."], ["x", "../y"]]) expect(cwd({ command: "x", args }), args.join(" ")).toBe("/home/ann/site");
    for (const args of [["acme/tool@next.js"], ["...x"], ["a/b"]]) expect(cwd({ command: "npx", args }), args.join(" ")).toBeUndefined();
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
