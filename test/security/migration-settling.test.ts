import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHome } from "../fixtures/migrate/engine-rig.ts";
import { createMemoryRig, migrateAll } from "../fixtures/migrate/memory-rig.ts";
import { fail, ok } from "../../shared/errors.ts";

// What is taken away after an undo or at a start: only what a migration brought, and a secret only while its plaintext is seen to stand where
// it came from. Where that cannot be told, or a step before it fails, it stays, and is looked at again.

const none = (): void => undefined;
const token = "ghp_FAKEfakeFAKEfakeFAKEfakeFAKEfake1234";
const rotated = "ghp_ROTATEDrotatedROTATEDrotatedROTA9999";
const entry = { command: "node", args: ["s.js"], env: { GITHUB_TOKEN: token } };
type Rig = Awaited<ReturnType<typeof createMemoryRig>>;
type Options = Parameters<typeof createMemoryRig>[1];

let home: string;
let file: string;
const open: Rig[] = [];

const rigOn = async (options: Options = {}): Promise<Rig> => {
  const rig = await createMemoryRig(home, options);
  open.push(rig);
  return rig;
};
const write = (servers: object): void => fs.writeFileSync(file, JSON.stringify({ mcpServers: servers, other: 1 }, null, 2));
const migrate = async (rig: Rig): Promise<string> => (await migrateAll(rig)).id;
const undo = async (rig: Rig, id: string): Promise<void> => {
  expect(await rig.migrations.undo(id, undefined, none)).toMatchObject({ ok: true });
};
/** The app's next start, which ends what was left to do. */
const started = async (world: Rig["world"]): Promise<Rig> => {
  const rig = await rigOn({ world, follow: true });
  await rig.migrations.close();
  return rig;
};
const secretOf = (rig: Rig): string => rig.vault.list()[0]?.name ?? "";
const record = (id: string): string => path.join(home, ".portcullis", "data", "migrations", `${id}.json`);

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

it("an undo takes away every server and secret that its migration brought", async () => {
  write({ github: entry, two: { ...entry, args: ["t.js"], env: { TWO_TOKEN: rotated } } });
  const rig = await rigOn();
  const id = await migrate(rig);
  expect([rig.vault.list().length, Object.keys(rig.settings).toSorted()]).toEqual([2, ["github", "two"]]);
  await undo(rig, id);
  expect([rig.vault.list(), Object.keys(rig.settings)]).toEqual([[], []]);
});

it("what was there before the migration stays after its undo", async () => {
  const rig = await rigOn();
  const first = await migrate(rig);
  const secrets = new Map(rig.world.secrets);
  const settings = structuredClone(rig.settings);
  const name = secretOf(rig);
  await undo(rig, first);
  // The very same server and secret, by the person's own hand this time.
  await rig.vault.put(name, secrets.get(name) ?? "");
  Object.assign(rig.settings, settings);
  await undo(rig, await migrate(rig));
  expect(rig.settings).toEqual(settings);
  expect(rig.world.secrets.get(name)).toBe(token);
});

it("a secret that was there before the migration stays after its undo, also where no server names it", async () => {
  const rig = await rigOn();
  const first = await migrate(rig);
  const name = secretOf(rig);
  await undo(rig, first);
  await rig.vault.put(name, token);
  const second = await migrate(rig);
  expect([...rig.world.secrets].filter(([one]) => !one.startsWith("private "))).toEqual([[name, token]]);
  await undo(rig, second);
  expect([Object.keys(rig.settings), rig.world.secrets.get(name)]).toEqual([[], token]);
});

it("a secret that only the arguments of another server name stays", async () => {
  const rig = await rigOn();
  const id = await migrate(rig);
  const name = secretOf(rig);
  rig.settings["mine"] = { command: "node", args: ["m.js", "--token", `\${keychain:${name}}`] };
  await undo(rig, id);
  expect([Object.keys(rig.settings), rig.world.secrets.get(name)]).toEqual([["mine"], token]);
});

it("a secret whose value cannot be read to compare it stays", async () => {
  const rig = await rigOn();
  const id = await migrate(rig);
  const name = secretOf(rig);
  await rig.migrations.close();
  const next = await rigOn({ world: rig.world, halfStored: name });
  await undo(next, id);
  expect(next.world.secrets.get(name)).toBe(token);
});

it("a deletion that cannot be journaled is not done; at the next start it is", async () => {
  const rig = await rigOn({ record: ({ kind }) => (kind === "secret-deleted" ? fail("journal-unavailable", "full") : ok(undefined)) });
  const id = await migrate(rig);
  const name = secretOf(rig);
  await undo(rig, id);
  expect(rig.world.secrets.get(name)).toBe(token);
  expect((await started(rig.world)).vault.list()).toEqual([]);
});

it("a deletion is noted before it is done", async () => {
  const rig = await rigOn();
  const id = await migrate(rig);
  const real = rig.vault.delete.bind(rig.vault);
  let noted = "";
  rig.vault.delete = (name) => {
    noted = fs.readFileSync(record(id), "utf8");
    return real(name);
  };
  await undo(rig, id);
  expect(JSON.parse(noted)).toMatchObject({ secrets: [{ state: "deleting" }] });
  expect(rig.vault.list()).toEqual([]);
});

/** How a deletion can be stopped after it was noted: by the store, by the journal, or by the end of the app. */
const stops = ["store", "journal", "kill"] as const;

/** Undone, but the secret is still in the vault. */
const leftInVault = async (stop: (typeof stops)[number]): Promise<{ readonly rig: Rig; readonly name: string }> => {
  const refused = fail("journal-unavailable", "The disk is full.");
  const rig = await rigOn({ record: ({ kind }) => (stop === "journal" && kind === "secret-deleted" ? refused : ok(undefined)) });
  const id = await migrate(rig);
  const name = secretOf(rig);
  const real = rig.vault.delete.bind(rig.vault);
  let noted: Buffer | null = null;
  rig.vault.delete = () => {
    noted = fs.readFileSync(record(id));
    return Promise.resolve(fail("vault-locked", "The keychain is locked."));
  };
  await undo(rig, id);
  rig.vault.delete = real;
  if (stop === "kill" && noted !== null) fs.writeFileSync(record(id), noted);
  expect(rig.world.secrets.get(name)).toBe(token);
  return { rig, name };
};

it.each(stops)("a deletion that is stopped by %s is done at the next start", async (stop) => {
  const { rig } = await leftInVault(stop);
  expect((await started(rig.world)).vault.list()).toEqual([]);
});

it.each(stops)("a deletion that is stopped by %s, and the person has replaced the value since: the new one stays", async (stop) => {
  const { rig, name } = await leftInVault(stop);
  await rig.vault.put(name, rotated);
  expect((await started(rig.world)).world.secrets.get(name)).toBe(rotated);
});

describe.each(stops)("a deletion that is stopped by %s", (stop) => {
  it.each([
    ["is gone", (): void => fs.rmSync(file)],
    ["is half written", (): void => fs.writeFileSync(file, fs.readFileSync(file, "utf8").slice(0, 50))],
    ["holds no such entry", (): void => write({})],
    ["holds another value", (): void => write({ github: { ...entry, env: { GITHUB_TOKEN: rotated } } })],
  ])("and at the next start the file %s: the last copy stays", async (_what, change) => {
    const { rig, name } = await leftInVault(stop);
    change();
    expect((await started(rig.world)).world.secrets.get(name)).toBe(token);
  });
});

it("a server that cannot be taken away with an undo is taken away at the next start", async () => {
  const removals: string[] = [];
  const rig = await rigOn({ beforeRemove: (name) => removals.push(name) === 1 && "busy" });
  const id = await migrate(rig);
  await undo(rig, id);
  expect([Object.keys(rig.settings), removals]).toEqual([["github"], ["github"]]);
  const next = await started(rig.world);
  expect([Object.keys(next.settings), next.vault.list()]).toEqual([[], []]);
});

it("an original whose entry its client dropped is kept; one that was put back is not", async () => {
  const kept = (id: string): boolean => fs.existsSync(path.join(home, ".portcullis", "data", "originals", id));
  const rig = await rigOn();
  const clean = await migrate(rig);
  expect(kept(clean)).toBe(true);
  await undo(rig, clean);
  expect(kept(clean)).toBe(false);
  const dropped = await migrate(rig);
  write({});
  await undo(rig, dropped);
  expect(kept(dropped)).toBe(true);
});
