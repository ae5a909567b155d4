import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHome } from "../fixtures/migrate/engine-rig.ts";
import { createMemoryRig, migrateAll, planAll } from "../fixtures/migrate/memory-rig.ts";
import { fail, ok } from "../../shared/errors.ts";
import type { Migration } from "../../shared/model/migration.ts";

// The moment at which one file is written: each step is noted before it is done, what fails on the way leaves the file as it is, and the
// record tells afterwards which of the two it was.

const none = (): void => undefined;
const token = "ghp_FAKEfakeFAKEfakeFAKEfakeFAKEfake1234";
const second = "ghp_MOREmoreMOREmoreMOREmoreMOREmore5678";
const entry = { command: "node", args: ["s.js"], env: { GITHUB_TOKEN: token } };
const broken = { command: "node", args: ["b.js"], env: { BROKEN_TOKEN: second } };
type Rig = Awaited<ReturnType<typeof createMemoryRig>>;
type Options = NonNullable<Parameters<typeof createMemoryRig>[1]>;
interface Kept {
  phase: string;
  files: { state: string; after: string | null; known: string[]; entries: { name: string; state: string }[] }[];
}

let home: string;
let file: string;
let data: string;
const open: Rig[] = [];
const real = { open: fs.promises.open, rename: fs.promises.rename };

const rigOn = async (options: Options = {}): Promise<Rig> => {
  const rig = await createMemoryRig(home, options);
  open.push(rig);
  return rig;
};
const write = (servers: object, other = 1): void => fs.writeFileSync(file, JSON.stringify({ mcpServers: servers, other }, null, 2));
const text = (): string => fs.readFileSync(file, "utf8");
const keptOf = (id: string): string => path.join(data, "migrations", `${id}.json`);
const changeKept = (id: string, change: (kept: Kept) => void): void => {
  const kept = JSON.parse(fs.readFileSync(keptOf(id), "utf8")) as Kept;
  change(kept);
  fs.writeFileSync(keptOf(id), JSON.stringify(kept));
};
/** What a kill between the rename and the next step leaves in the record. */
const cutOff = (id: string): void =>
  changeKept(id, (kept) => {
    kept.phase = "writing";
    for (const one of kept.files) {
      Object.assign(one, { state: "writing", known: [] });
      for (const written of one.entries) written.state = "old";
    }
  });
/** The app's next start, which ends what was cut off. */
const started = async (world: Rig["world"]): Promise<Rig> => {
  const rig = await rigOn({ world, follow: true });
  await rig.migrations.close();
  return rig;
};
const fileOf = (rig: Rig): Migration["files"][number] | undefined => rig.migrations.history()[0]?.files[0];
const secretsOf = (rig: Rig): string[] => rig.vault.list().map(({ name }) => rig.world.secrets.get(name) ?? "");
/** Called at the entry in the journal that precedes each writing of a file. */
const beforeWriting = (act: (time: number) => void): Pick<Options, "record"> => {
  let times = 0;
  return {
    record: ({ kind }) => {
      if (kind === "migration-applied") act((times += 1));
      return ok(undefined);
    },
  };
};
const stateAfter = (rig: Rig): unknown => [text(), fileOf(rig)?.state, rig.vault.list(), Object.keys(rig.settings)];
/** The file as it was, and nothing left of ours. */
const untouched = (before: string): unknown => [before, "failed", [], []];

beforeEach(() => {
  home = createHome();
  data = path.join(home, ".portcullis", "data");
  file = path.join(home, ".cursor", "mcp.json");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  write({ github: entry });
});
afterEach(async () => {
  Object.assign(fs.promises, real);
  for (const rig of open.splice(0)) await rig.migrations.close();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

it("killed right after the rename: the file counts as written, and is put back byte for byte", async () => {
  const before = text();
  fs.promises.rename = async (from, to) => {
    await real.rename(from, to);
    if (to === file) fs.cpSync(data, `${data}.cut`, { recursive: true });
  };
  const rig = await rigOn();
  const { id } = await migrateAll(rig);
  await rig.migrations.close();
  fs.promises.rename = real.rename;
  fs.rmSync(data, { recursive: true });
  fs.renameSync(`${data}.cut`, data);
  const next = await started(rig.world);
  expect([fileOf(next)?.state, secretsOf(next)]).toEqual(["applied", [token]]);
  const last = await rigOn({ world: rig.world });
  expect(await last.migrations.undo(id, undefined, none)).toMatchObject({ ok: true });
  expect(text()).toBe(before);
});

it("a state that cannot be saved before the file is written: the file stays as it is", async () => {
  const before = text();
  const rig = await rigOn();
  const id = await planAll(rig);
  const applied = await rig.migrations.apply(id, ({ kind, done }) => {
    if (kind !== "write" || done !== 0) return;
    fs.promises.open = async (...given) => {
      if (!String(given[0]).includes(`${path.sep}migrations${path.sep}`)) return real.open(...given);
      fs.promises.open = real.open;
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    };
  });
  expect(applied).toMatchObject({ ok: true });
  expect(stateAfter(rig)).toEqual(untouched(before));
});

it("a journal that cannot be written before the file is: the file stays as it is", async () => {
  const before = text();
  const rig = await rigOn({
    record: ({ kind }) => (kind === "migration-applied" ? fail("journal-unavailable", "The journal is full.") : ok(undefined)),
  });
  await migrateAll(rig);
  expect(stateAfter(rig)).toEqual(untouched(before));
});

it("a file that cannot be renamed stays as it is, with the reason", async () => {
  const before = text();
  fs.promises.rename = (from, to) =>
    to === file ? Promise.reject(Object.assign(new Error("EIO: i/o error"), { code: "EIO" })) : real.rename(from, to);
  const rig = await rigOn();
  expect((await migrateAll(rig)).files[0]?.reason).toContain("the disk failed");
  expect(stateAfter(rig)).toEqual(untouched(before));
});

it("a rename that is done and reported as failed: the file is said to be written, and can be put back", async () => {
  const before = text();
  fs.promises.rename = async (from, to) => {
    await real.rename(from, to);
    if (to === file) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
  };
  const rig = await rigOn();
  const { id, files } = await migrateAll(rig);
  fs.promises.rename = real.rename;
  expect(files).toMatchObject([{ state: "applied", reason: expect.stringMatching(/^It is written, but: /) as string }]);
  expect([text().includes(token), secretsOf(rig)]).toEqual([false, [token]]);
  expect(await rig.migrations.undo(id, undefined, none)).toMatchObject({ ok: true });
  expect(text()).toBe(before);
});

it("two files with servers of one name, both changed since they were shown: each has its own server and its own original", async () => {
  const codex = path.join(home, ".codex", "config.toml");
  fs.mkdirSync(path.dirname(codex));
  const toml = `model = "a"\n\n[mcp_servers.github]\ncommand = "node"\nargs = ["t.js"]\n[mcp_servers.github.env]\nOTHER_TOKEN = "${second}"\n`;
  fs.writeFileSync(codex, toml);
  const rig = await rigOn();
  const id = await planAll(rig);
  fs.writeFileSync(codex, toml.replace('"a"', '"b"'));
  write({ github: entry }, 2);
  const both = (): string[] => [text(), fs.readFileSync(codex, "utf8")];
  const before = both();
  expect(await rig.migrations.apply(id, none)).toMatchObject({ ok: true, value: { files: [{ state: "applied" }, { state: "applied" }] } });
  const launched = both().map((now) => /"connect",\s*"([^"]+)"/.exec(now)?.[1] ?? "");
  expect(launched.toSorted()).toEqual(Object.keys(rig.settings).toSorted());
  expect(await rig.migrations.undo(id, undefined, none)).toMatchObject({ ok: true });
  expect(both()).toEqual(before);
});

it("an original that cannot be kept in its newer form: the file stays as it is", async () => {
  const rig = await rigOn();
  const id = await planAll(rig);
  write({ github: entry }, 2);
  const changed = text();
  const applied = await rig.migrations.apply(id, ({ kind, done }) => {
    // Kept once as it was shown, and again as it is now.
    if (kind !== "write" || done !== 0) return;
    fs.promises.open = (...given) =>
      String(given[0]).includes(`${path.sep}originals${path.sep}`)
        ? Promise.reject(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }))
        : real.open(...given);
  });
  expect(applied).toMatchObject({ ok: true });
  expect(fileOf(rig)?.state).toBe("failed");
  expect(text()).toBe(changed);
});

it("a read-only file alone: nothing is done at all", async () => {
  const rig = await rigOn();
  const id = await planAll(rig);
  fs.chmodSync(file, 0o444);
  const applied = await rig.migrations.apply(id, none);
  expect(applied).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^Nothing was changed.*read-only/) as string } });
  expect([rig.migrations.history(), [...rig.world.secrets.keys()]]).toEqual([[], []]);
});

describe("its client writes the file at the very moment", () => {
  it("in another part: that is kept, and undone to exactly that", async () => {
    const rig = await rigOn(beforeWriting((time) => (time === 1 ? write({ github: entry }, 2) : undefined)));
    const { id, files } = await migrateAll(rig);
    expect(files).toMatchObject([{ state: "applied", reason: null }]);
    expect(text()).toContain('"other": 2');
    expect(text()).not.toContain(token);
    expect(await rig.migrations.undo(id, undefined, none)).toMatchObject({ ok: true });
    expect(JSON.parse(text())).toEqual({ mcpServers: { github: entry }, other: 2 });
  });

  it("again and again: it is left to its client after three times", async () => {
    let times = 0;
    const rig = await rigOn(beforeWriting((time) => write({ github: entry }, 1 + (times = time))));
    expect((await migrateAll(rig)).files[0]?.reason).toContain("changed by another program");
    expect(times).toBe(3);
    expect(stateAfter(rig)).toEqual(untouched(JSON.stringify({ mcpServers: { github: entry }, other: 4 }, null, 2)));
  });

  it.each([
    ["otherwise", { github: { ...entry, args: ["s.js", "--new"] } }, false],
    ["not at all", {}, true],
    ["with another secret", { github: { ...entry, env: { GITHUB_TOKEN: second } } }, true],
  ])("the entry itself %s: the file is left, is not said to be written, and no secret is lost", async (_what, servers, stays) => {
    const rig = await rigOn(beforeWriting(() => write(servers)));
    expect((await migrateAll(rig)).files).toMatchObject([
      { state: "failed", reason: expect.stringContaining("in the entry “github”") as string },
    ]);
    expect(text()).toBe(JSON.stringify({ mcpServers: servers, other: 1 }, null, 2));
    // Where the file does not hold it any more, the vault has the last copy.
    expect([secretsOf(rig), Object.keys(rig.settings)]).toEqual([stays ? [token] : [], []]);
  });
});

describe("one of the servers does not start", () => {
  const options: Options = { notStarting: (name) => (name === "broken" ? "it ends at once" : false) };
  beforeEach(() => write({ github: entry, broken }));

  it("its entry stays, with the reason, and takes nothing along", async () => {
    const rig = await rigOn(options);
    expect((await migrateAll(rig)).files).toMatchObject([{ state: "applied", reason: expect.stringMatching(/: broken\.$/) as string }]);
    expect(JSON.parse(text())).toMatchObject({ mcpServers: { broken } });
    expect([text().includes(token), secretsOf(rig), Object.keys(rig.settings)]).toEqual([false, [token], ["github"]]);
  });

  it("a file with no other stays as it is", async () => {
    const other = path.join(home, ".codex", "config.toml");
    fs.mkdirSync(path.dirname(other));
    const before = `[mcp_servers.broken]\ncommand = "node"\nargs = ["b.js"]\n[mcp_servers.broken.env]\nBROKEN_TOKEN = "${second}"\n`;
    fs.writeFileSync(other, before);
    const rig = await rigOn(options);
    const { files } = await migrateAll(rig);
    expect(files.find((one) => one.path === other)).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("(broken)") as string,
    });
    expect(fs.readFileSync(other, "utf8")).toBe(before);
  });

  it("what stays is known, so it is no drift; neither after a kill", async () => {
    const first = await rigOn({ ...options, follow: true });
    const { id } = await migrateAll(first);
    expect(first.migrations.drift()).toEqual([]);
    await first.migrations.close();
    cutOff(id);
    const next = await started(first.world);
    expect([fileOf(next)?.state, next.migrations.drift()]).toEqual(["applied", []]);
    changeKept(id, ({ files }) => expect(files.map(({ known }) => known)).toEqual([[expect.stringContaining("BROKEN_TOKEN")]]));
  });

  it("killed before the rename, and its client changed only that entry since: the file counts as untouched", async () => {
    const before = text();
    const rig = await rigOn(options);
    const { id } = await migrateAll(rig);
    await rig.migrations.close();
    cutOff(id);
    fs.writeFileSync(file, before.replace("b.js", "c.js"));
    expect(fileOf(await started(rig.world))?.state).toBe("failed");
  });
});

it("killed before the rename, and the key of the originals cannot be had: the very same bytes count as untouched", async () => {
  const before = text();
  const rig = await rigOn();
  const { id } = await migrateAll(rig);
  await rig.migrations.close();
  cutOff(id);
  fs.writeFileSync(file, before);
  for (const name of rig.world.secrets.keys()) if (name.startsWith("private ")) rig.world.secrets.delete(name);
  expect(stateAfter(await started(rig.world))).toEqual(untouched(before));
});

it("two entries that were dropped from a list are put back behind what is there", async () => {
  const config = path.join(home, ".continue", "config.yaml");
  fs.mkdirSync(path.dirname(config), { recursive: true });
  const item = (name: string, value: string): string =>
    `  - name: ${name}\n    command: node\n    args: [${name}.js]\n    env:\n      API_TOKEN: ${value}\n`;
  fs.writeFileSync(config, `mcpServers:\n${item("one", token)}${item("two", second)}`);
  const rig = await rigOn({ follow: true });
  await migrateAll(rig);
  const own = "  - name: own\n    command: node\n    args: [own.js]\n";
  fs.writeFileSync(config, `mcpServers:\n${own}`);
  await expect.poll(() => rig.migrations.drift().length, { timeout: 10_000 }).toBe(1);
  const plan = await rig.migrations.repair(rig.migrations.drift()[0]?.id ?? "");
  if (!plan.ok) throw new Error(plan.error.message);
  expect(await rig.migrations.apply(plan.value.id, none)).toMatchObject({ ok: true, value: { files: [{ state: "applied" }] } });
  const after = fs.readFileSync(config, "utf8");
  expect(after).toContain(own);
  expect([...after.matchAll(/- name: (\w+)/g)].map(([, name]) => name)).toEqual(["own", "one", "two"]);
});
