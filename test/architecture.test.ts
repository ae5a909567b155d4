import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { callChannels } from "../shared/ipc/channels.ts";

// The house and who may import whom (README, "The house"). Imports are read from the sources, type imports included.

const root = path.join(import.meta.dirname, "..");
const sourceFolders = ["shared", "electron", "renderer"];

interface Import {
  readonly from: string;
  readonly to: string;
}

function filesBelow(folder: string): string[] {
  const absolute = path.join(root, folder);
  if (!fs.existsSync(absolute)) return [];
  return fs
    .readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"));
}

const files = sourceFolders.flatMap(filesBelow);
const sources = new Map(files.map((file) => [file, fs.readFileSync(path.join(root, file), "utf8")]));

function importsOf(file: string): Import[] {
  const source = sources.get(file) ?? "";
  const specifiers = [
    ...source.matchAll(/^\s*(?:import|export)\s(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm),
    ...source.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g),
  ].map((match) => match[1] ?? "");
  return specifiers.map((specifier) => ({
    from: file,
    to: specifier.startsWith(".") ? path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier)) : specifier,
  }));
}

const imports = files.flatMap(importsOf);

/** The room a file of electron/ is in: its folder, or the file itself for the ones that stand in electron/. */
function room(file: string): string {
  const [top, second] = file.split("/");
  if (top !== "electron") return top ?? file;
  return second ?? "";
}

const mayImport: Readonly<Record<string, readonly string[]>> = {
  // entries and the composition root
  "main.ts": ["app.ts", "desktop", "settings", "helper-process.ts", "young-heap.ts", "memory-dumps.ts"],
  "headless.ts": ["app.ts", "web", "settings", "commands", "helper-process.ts", "stray-files.ts", "clients", "api", "state"],
  "portcullis.ts": ["bridge", "commands", "headless.ts"],
  "app.ts": [
    "anchor-store.ts",
    "migration-parts.ts",
    "migration",
    "api",
    "clients",
    "gate",
    "servers",
    "sandbox",
    "vault",
    "journal",
    "settings",
    "state",
    "commands",
    "helper-process.ts",
  ],
  "helper-process.ts": [],
  "memory-dumps.ts": [],
  "run-program.ts": ["stray-files.ts"],
  "stray-files.ts": [],
  "young-heap.ts": [],
  "atomic-file.ts": [],
  "exclusive-file.ts": [],
  "anchor-store.ts": ["journal", "vault"],
  "migration-parts.ts": ["migration", "servers"],
  // surfaces get the started app as an argument
  desktop: ["app.ts", "helper-process.ts", "api", "state", "settings", "atomic-file.ts"],
  web: ["api", "state", "app.ts"],
  commands: [
    "anchor-store.ts",
    "run-program.ts",
    "young-heap.ts",
    "memory-dumps.ts",
    "migration-parts.ts",
    "migration",
    "settings",
    "journal",
    "atomic-file.ts",
    "headless.ts",
    "app.ts",
    "bridge",
    "vault",
    "sandbox",
    "clients",
  ],
  bridge: ["settings", "stray-files.ts"],
  // the spine
  api: ["clients", "gate", "servers", "sandbox", "vault", "journal", "migration", "settings", "state"],
  clients: ["gate", "api", "settings", "atomic-file.ts", "exclusive-file.ts"],
  gate: ["servers", "atomic-file.ts"],
  servers: ["sandbox", "vault", "helper-process.ts", "run-program.ts", "stray-files.ts", "atomic-file.ts", "settings"],
  // the stages: shared only, and our own file and helper primitives
  vault: ["helper-process.ts", "atomic-file.ts", "memory-dumps.ts"],
  sandbox: ["helper-process.ts", "run-program.ts", "stray-files.ts", "atomic-file.ts"],
  journal: ["atomic-file.ts"],
  settings: ["atomic-file.ts"],
  migration: ["atomic-file.ts", "exclusive-file.ts", "run-program.ts", "stray-files.ts"],
  state: [],
  "preload.ts": [],
};

function isOurs(target: string): boolean {
  return sourceFolders.some((folder) => target.startsWith(`${folder}/`));
}

describe("who may import whom", () => {
  it("knows every file there is", () => {
    expect(files.length).toBeGreaterThan(30);
    const unknown = files.filter((file) => file.startsWith("electron/") && mayImport[room(file)] === undefined);
    expect(unknown).toEqual([]);
  });

  it("shared imports zod only", () => {
    expect(imports.filter((i) => i.from.startsWith("shared/") && !i.to.startsWith("shared/") && i.to !== "zod")).toEqual([]);
  });

  it("channels.ts imports nothing, and the preload only channels.ts and electron", () => {
    expect(imports.filter((i) => i.from === "shared/ipc/channels.ts")).toEqual([]);
    expect(imports.filter((i) => i.from === "electron/preload.ts" && !["shared/ipc/channels.ts", "electron"].includes(i.to))).toEqual([]);
  });

  it("renderer imports nothing of electron/ and no node module", () => {
    expect(imports.filter((i) => i.from.startsWith("renderer/") && (i.to.startsWith("electron") || i.to.startsWith("node:")))).toEqual([]);
  });

  it("electron imports nothing of renderer/", () => {
    expect(imports.filter((i) => i.from.startsWith("electron/") && i.to.startsWith("renderer/"))).toEqual([]);
  });

  it("the electron module is imported only by main.ts, preload.ts and desktop/", () => {
    const allowed = (file: string): boolean =>
      file === "electron/main.ts" || file === "electron/preload.ts" || file.startsWith("electron/desktop/");
    expect(imports.filter((i) => i.to === "electron" && !allowed(i.from))).toEqual([]);
  });

  it("inside electron/ every arrow points the way of the house", () => {
    const wrong = imports.filter((i) => {
      if (!i.from.startsWith("electron/") || !i.to.startsWith("electron/")) return false;
      const [from, to] = [room(i.from), room(i.to)];
      return from !== to && !(mayImport[from] ?? []).includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it("there is no cycle, type imports included", () => {
    const edges = new Map<string, string[]>();
    for (const { from, to } of imports) if (isOurs(to)) edges.set(from, [...(edges.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[][] = [];
    const visit = (file: string, trail: string[]): void => {
      const at = trail.indexOf(file);
      if (at >= 0) {
        cycles.push([...trail.slice(at), file]);
        return;
      }
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of edges.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("every import of ours leads to a file", () => {
    expect(imports.filter((i) => isOurs(i.to) && !sources.has(i.to) && !/\.(css|json|svg|png)(\?\w+)?$/.test(i.to))).toEqual([]);
  });

  it("the MCP SDK is imported in few files", () => {
    const users = new Set(imports.filter((i) => i.to.startsWith("@modelcontextprotocol/sdk")).map((i) => i.from));
    expect([...users].filter((file) => !file.startsWith("electron/servers/"))).toEqual([]);
    expect(users.size).toBeLessThanOrEqual(3);
  });
});

describe("how files are", () => {
  it("no barrels, no rooms for everything", () => {
    expect(files.filter((file) => /\/index\.tsx?$/.test(file))).toEqual([]);
    expect(files.filter((file) => /\/(utils|helpers|common|services|managers)\//.test(file))).toEqual([]);
  });

  it("file names are kebab-case", () => {
    expect(files.filter((file) => !/^[a-z0-9-]+(\.config|\.d)?\.tsx?$/.test(path.posix.basename(file)))).toEqual([]);
  });

  it("no default exports, no enums, no non-null state at module level", () => {
    expect(files.filter((file) => /^export default /m.test(sources.get(file) ?? ""))).toEqual([]);
    expect(files.filter((file) => /^(export )?(const )?enum /m.test(sources.get(file) ?? ""))).toEqual([]);
    expect(files.filter((file) => /^(export )?let /m.test(sources.get(file) ?? ""))).toEqual([]);
  });

  it("no file is over 400 lines", () => {
    const long = files.map((file) => [file, (sources.get(file) ?? "").split("\n").length] as const).filter(([, lines]) => lines > 401);
    expect(long).toEqual([]);
  });

  it("whatever can be asked of the app is asked by a page or a command", () => {
    const askers = files.filter((file) => file.startsWith("renderer/") || file.startsWith("electron/commands/"));
    const asked = askers.map((file) => sources.get(file) ?? "").join("\n");
    expect(callChannels.filter((channel) => !asked.includes(`"${channel}"`))).toEqual([]);
  });

  it("no child inherits our open files: each is started by a file that keeps them from it", () => {
    const starting = files.filter((file) => file.startsWith("electron/") && (sources.get(file) ?? "").includes('"node:child_process"'));
    // taskkill, on Windows, which passes on none.
    const others = starting.filter((file) => file !== "electron/servers/stop.ts");
    expect(others.length).toBeGreaterThan(5);
    const bare = others.filter((file) => {
      const source = sources.get(file) ?? "";
      const calls = [...source.matchAll(/(\(stdio\) =>\s*)?\b(spawn|fork|execFile)\(/g)];
      return !source.includes("withoutStrays(") || calls.some(([, kept, name]) => kept === undefined || name !== "spawn");
    });
    expect(bare).toEqual([]);
  });

  it("node:sqlite and synchronous child processes are not used in the app", () => {
    expect(imports.filter((i) => i.to === "node:sqlite")).toEqual([]);
    expect(
      files.filter((file) => file.startsWith("electron/") && /\b(spawnSync|execSync|execFileSync)\(/.test(sources.get(file) ?? "")),
    ).toEqual([]);
  });
});
