import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createHome } from "../fixtures/migrate/engine-rig.ts";
import { createMemoryRig, migrateAll } from "../fixtures/migrate/memory-rig.ts";

// Whatever comes between (a client, a kill, a disk, a typo of the person's), a moved secret is never gone from both its file and the vault.

const none = (): void => undefined;
const token = "ghp_FAKEfakeFAKEfakeFAKEfakeFAKEfake1234";
const entry = { command: "node", args: ["s.js"], env: { GITHUB_TOKEN: token } };
type Rig = Awaited<ReturnType<typeof createMemoryRig>>;

let home: string;
let file: string;
const open: Rig[] = [];

const rigOn = async (options: Parameters<typeof createMemoryRig>[1] = {}): Promise<Rig> => {
  const rig = await createMemoryRig(home, options);
  open.push(rig);
  return rig;
};
const write = (servers: object, more: object = { other: 1 }): void =>
  fs.writeFileSync(file, JSON.stringify({ mcpServers: servers, ...more }, null, 2));
const migrate = async (rig: Rig): Promise<string> => (await migrateAll(rig)).id;
const inFile = (): boolean => fs.readFileSync(file, "utf8").includes(token);
const inVault = (rig: Rig): boolean => [...rig.world.secrets.values()].includes(token);
const noticed = async (rig: Rig): Promise<string> => {
  await expect.poll(() => rig.migrations.drift().length, { timeout: 10_000 }).toBe(1);
  return rig.migrations.drift()[0]?.id ?? "";
};
/** The app's next start, which ends what was cut off. */
const started = async (world: Rig["world"], problem?: string): Promise<Rig> => {
  const rig = await rigOn({ world, follow: true, ...(problem === undefined ? {} : { problem }) });
  await rig.migrations.close();
  return rig;
};
const stateOf = (rig: Rig): unknown => rig.migrations.history().map((one) => one.files.map(({ state }) => state));

beforeEach(() => {
  home = createHome();
  file = path.join(home, ".cursor", "mcp.json");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  write({ github: entry });
});
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.migrations.close();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

it.each([
  ["drops the entry", (): void => write({})],
  ["rewrites the entry", (): void => write({ github: { command: "node", args: ["other.js"] } })],
])("a client %s, that is repaired, and the repair is undone: the migration can still be undone", async (_what, change) => {
  const rig = await rigOn({ follow: true });
  const first = await migrate(rig);
  change();
  const plan = await rig.migrations.repair(await noticed(rig));
  if (!plan.ok) throw new Error(plan.error.message);
  expect(await rig.migrations.apply(plan.value.id, none)).toMatchObject({ ok: true });
  expect(await rig.migrations.undo(plan.value.id, undefined, none)).toMatchObject({ ok: true });
  expect([inFile(), inVault(rig)]).toEqual([false, true]);
  expect(await rig.migrations.undo(first, undefined, none)).toMatchObject({ ok: true });
  expect(inFile() || inVault(rig)).toBe(true);
});

/** What a kill between the rename and the next step leaves in the record. */
const cutOffAfterRename = (id: string): void => {
  const kept = path.join(home, ".portcullis", "data", "migrations", `${id}.json`);
  const record = JSON.parse(fs.readFileSync(kept, "utf8")) as {
    phase: string;
    files: { state: string; known: string[]; entries: { state: string }[] }[];
  };
  record.phase = "writing";
  for (const one of record.files) {
    one.state = "writing";
    one.known = [];
    for (const written of one.entries) written.state = "old";
  }
  fs.writeFileSync(kept, JSON.stringify(record));
};

it.each([
  ["is not there for the moment", (): void => fs.renameSync(file, `${file}.away`)],
  ["holds no servers", (): void => write({})],
  ["is half written", (): void => fs.writeFileSync(file, fs.readFileSync(file, "utf8").slice(0, 50))],
  [
    "is a folder",
    (): void => {
      fs.renameSync(file, `${file}.away`);
      fs.mkdirSync(file);
    },
  ],
])(
  "killed right after the rename, and at the next start the file %s: the secret stays, and the file counts as written",
  async (_what, meanwhile) => {
    const rig = await rigOn();
    const id = await migrate(rig);
    await rig.migrations.close();
    cutOffAfterRename(id);
    meanwhile();
    const next = await started(rig.world);
    expect(inVault(next)).toBe(true);
    expect(next.migrations.history()[0]?.files[0]?.state).not.toBe("failed");
  },
);

it("killed before the rename, with its client at work in another part of the file since: it counts as untouched", async () => {
  const original = fs.readFileSync(file);
  const rig = await rigOn();
  const id = await migrate(rig);
  await rig.migrations.close();
  cutOffAfterRename(id);
  fs.writeFileSync(file, original.toString().replace('"other": 1', '"other": 2'));
  const next = await started(rig.world);
  expect(next.migrations.history()[0]?.files[0]?.state).toBe("failed");
  expect([inFile(), inVault(next), Object.keys(next.settings)]).toEqual([true, false, []]);
});

it("killed in the middle of storing a secret: what is half stored is taken away", async () => {
  const original = fs.readFileSync(file);
  const rig = await rigOn();
  const id = await migrate(rig);
  await rig.migrations.close();
  cutOffAfterRename(id);
  const kept = path.join(home, ".portcullis", "data", "migrations", `${id}.json`);
  const record = JSON.parse(fs.readFileSync(kept, "utf8")) as { phase: string; files: { state: string; after: string | null }[] };
  record.phase = "preparing";
  for (const one of record.files) Object.assign(one, { state: "pending", after: null });
  fs.writeFileSync(kept, JSON.stringify(record));
  fs.writeFileSync(file, original);
  const [name = ""] = rig.vault.list().map((one) => one.name);
  const next = await rigOn({ world: rig.world, follow: true, halfStored: name });
  await next.migrations.close();
  expect([next.vault.list(), Object.keys(next.settings)]).toEqual([[], []]);
});

it("killed while it was put back, and the file cannot be read at the next start: it can be put back afterwards", async () => {
  const rig = await rigOn();
  const id = await migrate(rig);
  await rig.migrations.close();
  const kept = path.join(home, ".portcullis", "data", "migrations", `${id}.json`);
  fs.writeFileSync(kept, fs.readFileSync(kept, "utf8").replace('"applied"', '"undoing"'));
  const written = fs.readFileSync(file);
  fs.writeFileSync(file, written.subarray(0, 40));
  await started(rig.world);
  fs.writeFileSync(file, written);
  const next = await rigOn({ world: rig.world });
  expect(await next.migrations.undo(id, undefined, none)).toMatchObject({ ok: true });
  expect(inFile()).toBe(true);
});

it("a folder that cannot be synced after the rename: the file is written, and said to be", async () => {
  const handle = await fs.promises.open(home, "r");
  const prototype = Object.getPrototypeOf(handle) as { sync: () => Promise<void> };
  await handle.close();
  const real = prototype.sync;
  const folder = fs.statSync(path.dirname(file)).ino;
  prototype.sync = async function sync(this: fs.promises.FileHandle) {
    const stat = await this.stat();
    if (stat.isDirectory() && stat.ino === folder) throw Object.assign(new Error("EINVAL"), { code: "EINVAL" });
    await real.call(this);
  };
  try {
    const rig = await rigOn();
    await migrate(rig);
    expect([stateOf(rig), inFile(), inVault(rig)]).toEqual([[["applied"]], false, true]);
  } finally {
    prototype.sync = real;
  }
});

it("a state that cannot be saved right after the rename: the file is written, and can be put back", async () => {
  const real = fs.promises.open;
  let armed = false;
  const rig = await rigOn({
    record: ({ kind }) => {
      armed ||= kind === "migration-applied";
      return { ok: true, value: undefined };
    },
  });
  fs.promises.open = async (...given) => {
    // The first write after the journal's entry is that of the file itself.
    if (armed && String(given[0]).includes(`${path.sep}migrations${path.sep}`)) {
      armed = false;
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    }
    return real(...given);
  };
  let id: string;
  try {
    id = await migrate(rig);
  } finally {
    fs.promises.open = real;
  }
  expect(rig.migrations.history()[0]?.files[0]).toMatchObject({
    state: "applied",
    reason: expect.stringMatching(/^It is written, but: /) as string,
  });
  expect(await rig.migrations.undo(id, undefined, none)).toMatchObject({ ok: true });
  expect(inFile()).toBe(true);
});

it("a start with settings that cannot be read takes nothing away", async () => {
  const rig = await rigOn();
  const id = await migrate(rig);
  rig.settings["github"] = { ...rig.settings["github"], command: "node", idleMinutes: 5 };
  // The server is the person's own by now: it stays, and its secret with it.
  await rig.migrations.undo(id, undefined, none);
  expect([inFile(), inVault(rig)]).toEqual([true, true]);
  await rig.migrations.close();
  const next = await started(rig.world, "config.json:3:4: a comma is missing");
  expect(inVault(next)).toBe(true);
});

it("a secret that the person has replaced since is not taken away with an undo", async () => {
  const rig = await rigOn();
  const id = await migrate(rig);
  const [name = ""] = [...rig.world.secrets.keys()].filter((one) => !one.startsWith("private "));
  await rig.vault.put(name, "ghp_ROTATEDrotatedROTATEDrotatedROTA9999");
  expect(await rig.migrations.undo(id, undefined, none)).toMatchObject({ ok: true });
  expect([inFile(), rig.world.secrets.get(name)]).toEqual([true, "ghp_ROTATEDrotatedROTATEDrotatedROTA9999"]);
});

it("two entries of one name in a list stay both, with the reason", async () => {
  const config = path.join(home, ".continue", "config.yaml");
  fs.mkdirSync(path.dirname(config), { recursive: true });
  const text = `mcpServers:
  - name: db
    command: node
    args: [a.js]
    env:
      API_TOKEN: ${token}
  - name: db
    command: node
    args: [b.js]
    env:
      API_TOKEN: ${token.replace("FAKE", "MORE")}
`;
  fs.writeFileSync(config, text);
  const rig = await rigOn();
  const scan = await rig.migrations.scan([], none);
  expect(JSON.stringify(scan)).toContain("another entry of the list has the same name");
  await migrate(rig);
  expect(fs.readFileSync(config, "utf8")).toBe(text);
});

it("what an older migration moved is repaired also after a newer one moved more in the same file", async () => {
  const rig = await rigOn({ follow: true });
  await migrate(rig);
  const now = JSON.parse(fs.readFileSync(file, "utf8")) as { mcpServers: Record<string, unknown> };
  write({ ...now.mcpServers, two: { ...entry, env: { TWO_TOKEN: token.replace("FAKE", "MORE") } } });
  await delay(300);
  await migrate(rig);
  const after = JSON.parse(fs.readFileSync(file, "utf8")) as { mcpServers: Record<string, unknown> };
  write({ two: after.mcpServers["two"] });
  const plan = await rig.migrations.repair(await noticed(rig));
  expect(plan).toMatchObject({ ok: true });
  if (!plan.ok) return;
  await rig.migrations.apply(plan.value.id, none);
  expect(Object.keys((JSON.parse(fs.readFileSync(file, "utf8")) as typeof after).mcpServers).toSorted()).toEqual(["github", "two"]);
});

it.skipIf(os.platform() === "win32")("a pipe in the place of a migrated file stops nothing", async () => {
  const codex = path.join(home, ".codex", "config.toml");
  fs.mkdirSync(path.dirname(codex), { recursive: true });
  fs.writeFileSync(
    codex,
    `[mcp_servers.db]\ncommand = "node"\nargs = ["b.js"]\n[mcp_servers.db.env]\nDB_TOKEN = "${token.replace("FAKE", "MORE")}"\n`,
  );
  const rig = await rigOn();
  const id = await migrate(rig);
  await rig.migrations.close();
  fs.rmSync(file);
  execFileSync("mkfifo", [file]);
  const next = await rigOn({ world: rig.world, follow: true });
  expect(await Promise.race([next.migrations.undo(id, codex, none), delay(5_000, "hangs")])).toMatchObject({ ok: true });
});
