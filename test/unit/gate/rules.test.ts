import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRules } from "../../../electron/gate/create-rules.ts";
import type { Rules } from "../../../electron/gate/rules.ts";
import type { JournalDraft } from "../../../shared/model/journal-entry.ts";
import type { Rule } from "../../../shared/model/rule.ts";

let folder: string;
let file: string;
let now: number;
let ids: number;
let records: JournalDraft[];
let journalBroken: boolean;
const open: Rules[] = [];

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "rules-"));
  file = path.join(folder, "data", "rules.json");
  now = 1_000;
  ids = 0;
  records = [];
  journalBroken = false;
});
afterEach(async () => {
  for (const rules of open.splice(0)) rules.close();
  await fs.rm(folder, { recursive: true, force: true });
});

const create = async (): Promise<Rules> => {
  const rules = await createRules({
    file,
    now: () => now,
    newId: () => `rule-${++ids}`,
    record: (draft) => {
      if (journalBroken) throw new Error("disk full");
      records.push(draft);
    },
  });
  open.push(rules);
  return rules;
};
const rule = (fields: Partial<Rule>): Rule => ({ id: "given", effect: "allow", createdAt: 1, origin: "approval", ...fields });

describe("createRules", () => {
  it("keeps lasting rules in a private file, newest first, and journals them", async () => {
    const rules = await create();
    await rules.add({ effect: "allow", server: "a" });
    const added = await rules.add({ effect: "deny", tool: "x*", expiresInMs: 500 });
    expect(added).toMatchObject({ ok: true, value: { id: "rule-2", expiresAt: 1_500, origin: "person" } });
    expect(rules.list().map((item) => item.id)).toEqual(["rule-2", "rule-1"]);
    expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
    expect((await create()).list()).toEqual(rules.list());
    expect(records.map((draft) => [draft.kind, draft.server, draft.tool])).toEqual([["rule-added", "a", undefined], ["rule-added", undefined, "x*"]]); // prettier-ignore
    now = 1_500;
    expect(rules.list().map((item) => item.id)).toEqual(["rule-1"]);
    expect(await rules.remove("rule-1")).toMatchObject({ ok: true });
    expect(await rules.remove("rule-1")).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect((await create()).list()).toEqual([]);
  });

  it("puts back what was removed, as it was, unless it has ended meanwhile", async () => {
    const rules = await create();
    await rules.add({ effect: "allow", server: "a" });
    await rules.add({ effect: "deny", tool: "x*", expiresInMs: 500 });
    const exact = rule({ id: "exact", arguments: { hash: "a".repeat(64), preview: "{}" } });
    const ofSession = rule({ id: "of-session", sessionId: "s" });
    for (const one of [exact, ofSession]) await rules.remember(one);
    expect(await rules.restore("exact")).toMatchObject({ ok: false, error: { code: "not-found" } });
    const before = rules.list();
    for (const { id } of before) expect(await rules.remove(id)).toMatchObject({ ok: true });
    expect([rules.list(), (await create()).list()]).toEqual([[], []]);
    for (const { id } of before) expect(await rules.restore(id)).toMatchObject({ ok: true, value: { id } });
    const sorted = (list: readonly Rule[]): readonly Rule[] => list.toSorted((a, b) => a.id.localeCompare(b.id));
    expect(sorted(rules.list())).toEqual(sorted(before));
    expect(sorted((await create()).list())).toEqual(sorted(before.filter(({ sessionId }) => sessionId === undefined)));
    expect(records.filter(({ kind }) => kind === "rule-added")).toHaveLength(8);
    expect(await rules.restore("exact")).toMatchObject({ ok: false });

    for (const id of ["of-session", "rule-2"]) await rules.remove(id);
    rules.endSession("s");
    now += 500;
    for (const id of ["of-session", "rule-2"]) expect(await rules.restore(id)).toMatchObject({ ok: false, error: { code: "not-found" } });
    await rules.remove("exact");
    journalBroken = true;
    expect(await rules.restore("exact")).toMatchObject({ ok: false, error: { code: "journal-unavailable" } });
    journalBroken = false;
    expect(rules.list().map(({ id }) => id)).toEqual(["rule-1"]);
    expect(await rules.restore("exact")).toMatchObject({ ok: true });
  });

  it("keeps an expired rule through a clock that was wrong for a while, and puts the end of an old one on record", async () => {
    const day = 24 * 3_600_000;
    const rules = await create();
    await rules.add({ effect: "deny", tool: "rm", expiresInMs: 7 * day });
    now += 30 * day;
    await rules.add({ effect: "allow", server: "a" });
    expect(rules.list().map((item) => item.id)).toEqual(["rule-2"]);
    now -= 30 * day;
    expect(rules.list().map((item) => item.id)).toEqual(["rule-2", "rule-1"]);
    expect((await create()).list()).toEqual(rules.list());

    now += 40 * day;
    const given = records.length;
    journalBroken = true;
    await rules.remove("rule-2");
    expect(await fs.readFile(file, "utf8")).toContain("rule-1");
    journalBroken = false;
    await rules.add({ effect: "allow", server: "b" });
    expect(await fs.readFile(file, "utf8")).not.toContain("rule-1");
    expect(records.slice(given).map(({ kind, tool, by }) => [kind, tool, by])).toEqual([
      ["rule-added", undefined, undefined],
      ["rule-removed", "rm", "expiry"],
    ]);
  });

  it("keeps a session's rules in memory only", async () => {
    const rules = await create();
    await rules.remember(rule({ id: "s", sessionId: "one" }));
    expect(rules.list()).toHaveLength(1);
    await expect(fs.stat(file)).rejects.toThrow("ENOENT");
    rules.endSession("two");
    expect(rules.list()).toHaveLength(1);
    rules.endSession("one");
    expect(rules.list()).toEqual([]);
  });

  it("writes one after the other, and loses none", async () => {
    const rules = await create();
    await Promise.all(Array.from({ length: 20 }, (_, i) => rules.remember(rule({ id: `r${i}` }))));
    expect((await create()).list()).toHaveLength(20);
  });

  it.each([
    ["no JSON", '{"version":1,"rules":[{"id":"x"'],
    ["another shape", '{"version":1,"rules":[{"id":"x","effect":"maybe","createdAt":1,"origin":"person"}]}'],
    ["another version", '{"version":2,"rules":[]}'],
    ["a star that is no wildcard", '{"version":1,"rules":[{"id":"x","effect":"deny","tool":"*_secret","createdAt":1,"origin":"person"}]}'],
  ])("with %s in the file says so, allows nothing by it, and never writes over it", async (_name, text) => {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, text);
    const rules = await create();
    expect(rules.problem()).toContain("rules.json");
    expect(rules.list()).toEqual([]);
    expect(await rules.add({ effect: "allow" })).toMatchObject({ ok: false, error: { code: "settings-broken" } });
    expect(await fs.readFile(file, "utf8")).toBe(text);
  });

  it("does not apply an allow whose conditions it does not know, but keeps it in the file", async () => {
    await fs.mkdir(path.dirname(file), { recursive: true });
    const future = { id: "f", effect: "allow", createdAt: 1, origin: "person", folders: ["/only/here"] };
    await fs.writeFile(file, JSON.stringify({ version: 1, rules: [future, { ...future, id: "g", effect: "deny" }] }));
    const rules = await create();
    expect(rules.list().map((item) => item.id)).toEqual(["g"]);
    await rules.add({ effect: "ask" });
    expect(await fs.readFile(file, "utf8")).toContain("/only/here");
  });

  it("counts an allow only when it is on disk, a deny at once", async () => {
    const rules = await create();
    const allow = rules.remember(rule({ id: "a", effect: "allow" }));
    expect(rules.list()).toEqual([]);
    const deny = rules.remember(rule({ id: "d", effect: "deny" }));
    expect(rules.list().map((item) => item.id)).toEqual(["d"]);
    await Promise.all([allow, deny]);
    expect(rules.list().map((item) => item.id)).toEqual(["d", "a"]);
  });

  it("makes no rule that the journal does not know, but lets an allow be taken back", async () => {
    const rules = await create();
    await rules.add({ effect: "allow" });
    await rules.add({ effect: "deny" });
    journalBroken = true;
    expect(await rules.add({ effect: "allow" })).toMatchObject({ ok: false, error: { code: "journal-unavailable" } });
    expect(await rules.remember(rule({ sessionId: "s" }))).toMatchObject({ ok: false });
    expect(await rules.remove("rule-2")).toMatchObject({ ok: false });
    expect(await rules.remove("rule-1")).toMatchObject({ ok: true });
  });

  it("keeps a session's no that the journal cannot take, and no yes", async () => {
    const rules = await create();
    journalBroken = true;
    expect(await rules.remember(rule({ id: "yes", sessionId: "s" }))).toMatchObject({ ok: false, error: { code: "journal-unavailable" } });
    expect(await rules.remember(rule({ id: "no", sessionId: "s", effect: "deny" }))).toMatchObject({ ok: true });
    expect(rules.list().map(({ id }) => id)).toEqual(["no"]);
    // Taking it back would open something: that must be on record.
    expect(await rules.remove("no")).toMatchObject({ ok: false, error: { code: "journal-unavailable" } });
    expect(rules.list().map(({ id }) => id)).toEqual(["no"]);
  });

  it("makes no lasting rule any more once it is closed", async () => {
    const rules = await create();
    rules.close();
    expect(await rules.add({ effect: "allow" })).toMatchObject({ ok: false, error: { code: "closing" } });
    await expect(fs.stat(file)).rejects.toThrow("ENOENT");
  });

  it("has room for 10,000 rules in force, not counting those that have ended", async () => {
    const known = Array.from({ length: 10_000 }, (_, i) => rule({ id: `r${String(i)}`, ...(i === 0 ? { expiresAt: 1_500 } : {}) }));
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, JSON.stringify({ version: 1, rules: known }));
    const rules = await create();
    expect(await rules.add({ effect: "allow" })).toMatchObject({ ok: false, error: { code: "too-many" } });
    now = 1_500;
    expect(await rules.add({ effect: "allow" })).toMatchObject({ ok: true });
  });

  it("reports a folder that cannot be written", async () => {
    const rules = await create();
    await fs.writeFile(path.join(folder, "data"), "a file where the folder should be");
    expect(await rules.add({ effect: "allow" })).toMatchObject({ ok: false, error: { code: "settings-broken" } });
    expect(rules.list()).toEqual([]);
  });

  it("says on record that a rule which could not be written was not made, and one was not removed", async () => {
    const rules = await create();
    const added = await rules.add({ effect: "deny", tool: "rm" });
    if (!added.ok) throw new Error(added.error.message);
    await fs.rm(path.join(folder, "data"), { recursive: true });
    await fs.writeFile(path.join(folder, "data"), "a file where the folder should be");
    expect((await rules.add({ effect: "allow", tool: "ls" })).ok).toBe(false);
    expect((await rules.remove(added.value.id)).ok).toBe(false);
    expect(rules.list().map(({ tool }) => tool)).toEqual(["rm"]);
    expect(records.map(({ kind, tool, outcome }) => [kind, tool, outcome])).toEqual([
      ["rule-added", "rm", undefined],
      ["rule-added", "ls", undefined],
      ["rule-added", "ls", "refused"],
      ["rule-removed", "rm", undefined],
      ["rule-removed", "rm", "refused"],
    ]);
  });

  it("tells its listeners, also when a rule expires", async () => {
    const rules = await create();
    let changes = 0;
    rules.onChange(() => changes++);
    await rules.add({ effect: "allow", expiresInMs: 30 });
    const before = changes;
    now += 31;
    await expect.poll(() => changes).toBeGreaterThan(before);
    expect(rules.list()).toEqual([]);
  });
});
