import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { acceptanceChanges, acceptanceFingerprint, acceptanceSubject } from "../../../electron/servers/acceptance.ts";
import type { AcceptedPackage } from "../../../electron/servers/acceptance.ts";
import type { Leads } from "../../../electron/servers/leads.ts";
import { openAcceptances } from "../../../electron/servers/acceptances.ts";
import type { ServerSettings } from "../../../shared/model/server.ts";

const settings: ServerSettings = {
  command: "npx",
  args: ["-y", "pkg"],
  env: { B: "2", A: "1" },
  sandbox: { read: ["~/a"], limits: { memoryMb: 64 } },
};
const nowhereElse: Leads = { elsewhere: {}, interpreter: null };
const resolved = { realPath: (folder: string) => folder.replace("~", "/home/ann") };
const subject = (over: Partial<ServerSettings> = {}, program = "npm:pkg", salt = "salt", leads: Partial<Leads> = {}) =>
  acceptanceSubject({ ...settings, ...over }, { ...resolved, program, leads: { ...nowhereElse, ...leads } }, salt);
const one = { name: "pkg", version: "1.0.0", integrity: "sha512-a" };
const same = (text: string): string => text;

describe("the fingerprint", () => {
  test("is the same for the same, whatever the order of the environment or keys that decide nothing", () => {
    const base = acceptanceFingerprint(subject(), one);
    expect(base).toMatch(/^[0-9a-f]{64}$/u);
    expect(acceptanceFingerprint(subject({ env: { A: "1", B: "2" }, idleMinutes: 3, disabled: true }), one)).toBe(base);
    expect(acceptanceFingerprint(subject({ sandbox: { read: ["~/a"], write: [], limits: { memoryMb: 64, later: 1 } } }), one)).toBe(base);
  });

  test("differs for everything that decides what runs", () => {
    const others = [
      subject({ command: "bunx" }),
      subject({ args: ["-y pkg"] }),
      subject({ args: ["-y", "pkg", ""] }),
      subject({ env: { A: "1", B: "3" } }),
      subject({ env: { A: "2", B: "1" } }),
      subject({ env: {} }),
      subject({ cwd: "/" }),
      subject({ sandbox: { read: ["/home/ann/b"], limits: { memoryMb: 64 } } }),
      subject({ sandbox: { write: ["~/a"], limits: { memoryMb: 64 } } }),
      subject({ sandbox: { read: ["~/a"], hosts: ["a"], limits: { memoryMb: 64 } } }),
      subject({ sandbox: { read: ["~/a"], waived: true, limits: { memoryMb: 64 } } }),
      subject({ sandbox: { read: ["~/a"] } }),
      subject({}, "/usr/bin/npx"),
      subject({}, "npm:pkg", "salt", { interpreter: "/usr/bin/node" }),
      subject({}, "npm:pkg", "salt", { elsewhere: { script: "/srv/x" } }),
    ];
    const all = [subject(), ...others].map((other) => acceptanceFingerprint(other, one));
    all.push(acceptanceFingerprint(subject(), null), acceptanceFingerprint(subject(), { ...one, integrity: "sha512-b" }));
    expect(new Set(all).size).toBe(all.length);
  });

  test("hashes of values are salted, and values are nowhere in it", () => {
    expect(subject().env["A"]).not.toBe(subject({}, "npm:pkg", "other").env["A"]);
    expect(JSON.stringify(subject({ env: { A: "a-plain-secret" } }))).not.toContain("a-plain-secret");
  });
});

describe("what changed", () => {
  const accepted = { subject: subject(), package: one };

  test("is nothing for the same, also while nothing is installed", () => {
    expect(acceptanceChanges(accepted, subject(), one, same)).toEqual([]);
    expect(acceptanceChanges(accepted, subject(), null, same)).toEqual([]);
    expect(acceptanceChanges({ ...accepted, package: null }, subject(), one, same)).toEqual([]);
  });

  test("is one line a field, with both sides, redacted, and no value of the environment", () => {
    const now = subject({ args: ["-y", "pkg", "hunter2"], env: { A: "9", C: "3" }, cwd: "/x" });
    const changes = acceptanceChanges(accepted, now, { ...one, version: "2.0.0" }, (text) => text.replaceAll("hunter2", "[redacted]"));
    expect(changes).toEqual([
      { field: "args", before: '["-y","pkg"]', after: '["-y","pkg","[redacted]"]' },
      { field: "env.A", before: "a value", after: "another value" },
      { field: "env.B", before: "a value", after: null },
      { field: "env.C", before: null, after: "a value" },
      { field: "cwd", before: null, after: "/x" },
      { field: "package", before: "pkg 1.0.0 (sha512-a)", after: "pkg 2.0.0 (sha512-a)" },
    ]);
    const hidden = (text: string): string => text.replaceAll("hunter2", "[redacted]");
    expect(
      acceptanceChanges({ subject: now, package: one }, subject({ ...settings, cwd: "/x", env: { A: "9", C: "3" } }), one, hidden),
    ).toEqual([{ field: "args", before: '["-y","pkg","[redacted]"]', after: '["-y","pkg"]' }]);
  });

  test.each<[string, Partial<ServerSettings>, string | null, string | null]>([
    ["command", { command: "bunx" }, "npx", "bunx"],
    ["sandbox.read", { sandbox: { read: ["~/b"], limits: { memoryMb: 64 } } }, '["/home/ann/a"]', '["/home/ann/b"]'],
    ["sandbox.write", { sandbox: { read: ["~/a"], write: ["~/w"], limits: { memoryMb: 64 } } }, null, '["/home/ann/w"]'],
    ["sandbox.hosts", { sandbox: { read: ["~/a"], hosts: ["h"], limits: { memoryMb: 64 } } }, null, '["h"]'],
    ["sandbox.waived", { sandbox: { read: ["~/a"], waived: true, limits: { memoryMb: 64 } } }, "boxed", "no sandbox"],
    [
      "sandbox.limits",
      { sandbox: { read: ["~/a"], limits: { processes: 5, openFiles: 6 } } },
      '{"memoryMb":64}',
      '{"openFiles":6,"processes":5}',
    ],
  ])("is %s, and nothing else", (field, over, before, after) => {
    expect(acceptanceChanges(accepted, subject(over), one, same)).toEqual([{ field, before, after }]);
  });

  test("is the program behind the same command, and what was installed: another version, other bytes, other dependencies", () => {
    expect(acceptanceChanges(accepted, subject({}, "/usr/bin/npx"), one, same)).toEqual([
      { field: "program", before: "npm:pkg", after: "/usr/bin/npx" },
    ]);
    // Its interpreter is another one by that, and not worth a line of its own.
    const elsewhere = subject({}, "/usr/bin/npx", "salt", { interpreter: "/usr/bin/node" });
    expect(acceptanceChanges(accepted, elsewhere, one, same)).toMatchObject([{ field: "program" }]);
    const locked = { ...one, lock: "a".repeat(64) };
    const changed = (was: AcceptedPackage, is: AcceptedPackage) => acceptanceChanges({ ...accepted, package: was }, subject(), is, same);
    expect(changed(one, { ...one, integrity: "sha512-b" })).toEqual([
      { field: "package", before: "pkg 1.0.0 (sha512-a)", after: "pkg 1.0.0 (sha512-b)" },
    ]);
    expect(changed(one, locked)).toEqual([]);
    expect(changed(locked, { ...locked, lock: "b".repeat(64) })).toMatchObject([{ field: "package" }]);
    expect(changed(locked, one)).toMatchObject([{ field: "package", after: "pkg 1.0.0 (sha512-a), dependencies unknown" }]);
  });

  test("is where the same words lead: the working folder, the script, its environment and its interpreter", () => {
    const where = (elsewhere: Record<string, string>, interpreter: string | null) =>
      subject({ cwd: "/x" }, "npm:pkg", "salt", { elsewhere, interpreter });
    const before = { subject: where({ script: "/s" }, "/usr/bin/node"), package: null };
    expect(acceptanceChanges(before, where({ script: "/s" }, "/usr/bin/node"), null, same)).toEqual([]);
    expect(acceptanceChanges(before, where({ cwd: "/y", environment: "/e" }, null), null, same)).toEqual([
      { field: "interpreter", before: "/usr/bin/node", after: null },
      { field: "cwd", before: "/x", after: "/y" },
      { field: "environment", before: null, after: "/e" },
      { field: "script", before: "/s", after: null },
    ]);
  });

  test("is not that what was accepted before interpreters were kept has one", () => {
    const { interpreter: _none, ...older } = subject();
    const now = subject({}, "npm:pkg", "salt", { interpreter: "/usr/bin/node" });
    expect(acceptanceChanges({ subject: older, package: one }, now, one, same)).toEqual([]);
    const moved = subject({ cwd: "/x" }, "npm:pkg", "salt", { elsewhere: { cwd: "/y" } });
    expect(acceptanceChanges({ subject: { ...older, cwd: "/x" }, package: one }, moved, one, same)).toMatchObject([{ field: "cwd" }]);
  });

  test("names that objects have by themselves are names like any other", () => {
    const now = subject({ env: { A: "1", B: "2", constructor: "x", toString: "y" } });
    expect(acceptanceChanges(accepted, now, one, same).map((change) => change.field)).toEqual(["env.constructor", "env.toString"]);
  });
});

test("what was accepted is still accepted by the next app, with the same salt", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "acceptances-"));
  try {
    const file = path.join(folder, "data", "accepted.json");
    const first = await openAcceptances(file, Date.now);
    const record = { subject: subject(), package: one, acceptedAt: 5 };
    expect((await first.set("a", record)).ok).toBe(true);
    await Promise.all([first.set("constructor", record), first.set("b", record), first.remove("b")]);
    const second = await openAcceptances(file, Date.now);
    expect(second.salt).toBe(first.salt);
    expect(second.get("a")).toEqual(record);
    expect(second.get("constructor")).toEqual(record);
    expect(second.get("b")).toBeUndefined();
    expect(second.get("toString")).toBeUndefined();
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test("what cannot be written is not accepted", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "acceptances-"));
  try {
    const acceptances = await openAcceptances(path.join(folder, "data", "accepted.json"), Date.now);
    fs.writeFileSync(path.join(folder, "data"), "a file in the folder's place");
    expect((await acceptances.set("a", { subject: subject(), package: null, acceptedAt: 5 })).ok).toBe(false);
    expect(acceptances.get("a")).toBeUndefined();
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test("what could not be written is not written by the next one", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "acceptances-"));
  try {
    const file = path.join(folder, "accepted.json");
    const acceptances = await openAcceptances(file, Date.now);
    const record = { subject: subject(), package: one, acceptedAt: 5 };
    expect((await acceptances.set("before", record)).ok).toBe(true);
    fs.renameSync(file, `${file}.away`);
    fs.mkdirSync(file);
    const refused = acceptances.set("refused", record);
    const changed = acceptances.set("before", { ...record, acceptedAt: 6 });
    const next = acceptances.set("next", record);
    expect((await refused).ok).toBe(false);
    expect((await changed).ok).toBe(false);
    fs.rmdirSync(file);
    expect((await next).ok).toBe(true);
    const read = await openAcceptances(file, Date.now);
    for (const opened of [acceptances, read]) {
      expect(["before", "refused", "next"].map((name) => opened.get(name)?.acceptedAt)).toEqual([5, undefined, 5]);
    }
    // One that fails takes back itself, not the one after it.
    fs.rmSync(file);
    fs.mkdirSync(file);
    const [failing, following] = [7, 8].map((acceptedAt) => acceptances.set("before", { ...record, acceptedAt }));
    expect((await failing)?.ok).toBe(false);
    fs.rmdirSync(file);
    expect((await following)?.ok).toBe(true);
    expect(acceptances.get("before")?.acceptedAt).toBe(8);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test("what cannot be read accepts nothing and is kept aside; what can be, but not by us, is no reason to begin anew", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "acceptances-"));
  try {
    const file = path.join(folder, "accepted.json");
    const first = await openAcceptances(file, () => 0);
    expect(first.salt).toMatch(/^[0-9a-f]{64}$/u);
    expect((await first.set("a", { subject: subject(), package: one, acceptedAt: 5 })).ok).toBe(true);
    const damaged = fs.readFileSync(file, "utf8").replace('"version": 1', '"version": 2');
    fs.writeFileSync(file, damaged);
    const second = await openAcceptances(file, () => 0);
    expect(second.get("a")).toBeUndefined();
    expect(second.salt).not.toBe(first.salt);
    expect(fs.readFileSync(`${file}.broken-1970-01-01T00-00-00-000Z`, "utf8")).toBe(damaged);
    fs.mkdirSync(file);
    await expect(openAcceptances(file, () => 0)).rejects.toThrow("EISDIR");
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test("what is taken back is not accepted from that moment on", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "acceptances-"));
  try {
    const acceptances = await openAcceptances(path.join(folder, "accepted.json"), Date.now);
    await acceptances.set("a", { subject: subject(), package: one, acceptedAt: 5 });
    const removing = acceptances.remove("a");
    expect(acceptances.get("a")).toBeUndefined();
    expect((await removing).ok).toBe(true);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
