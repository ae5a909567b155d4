import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSettingsStore, parseSettings } from "../../../electron/settings/create-settings-store.ts";
import type { SettingsStore } from "../../../electron/settings/settings-store.ts";

let folder: string;
let file: string;
let store: SettingsStore | undefined;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-settings-"));
  file = path.join(folder, "config.json");
});
afterEach(() => {
  store?.close();
  store = undefined;
  fs.rmSync(folder, { recursive: true, force: true });
});

function open(): SettingsStore {
  store = createSettingsStore({ file, schemaUrl: "./config.schema.json" });
  return store;
}

describe("reading config.json", () => {
  it("takes a missing file for empty settings and does not create it", () => {
    expect(open().current()).toEqual({});
    expect(open().problem()).toBeNull();
    expect(fs.existsSync(file)).toBe(false);
  });

  it("takes one that never had settings for none, when it is gone, too", async () => {
    fs.writeFileSync(file, " \n");
    const settings = open();
    fs.rmSync(file);
    expect(await settings.edit([{ path: ["gate", "paused"], value: true }])).toMatchObject({ ok: true });
    expect(settings.problem()).toBeNull();
  });

  it("names line and column of a broken file and keeps it byte for byte", async () => {
    const broken = '{\n  "mcpServers": {\n    "a": { "command": "node" \n  "b"\n}';
    fs.writeFileSync(file, broken);
    const settings = open();
    expect(settings.problem()).toMatch(/^config\.json, line 4, column 3: /);
    const edited = await settings.edit([{ path: ["gate", "paused"], value: true }]);
    expect(edited).toMatchObject({ ok: false, error: { code: "settings-broken" } });
    expect(fs.readFileSync(file, "utf8")).toBe(broken);
  });

  it("names the place of a value that does not fit", () => {
    const problemOf = (text: string): string | null => {
      const parsed = parseSettings(text, "config.json");
      return parsed.ok ? null : parsed.problem;
    };
    const missing = '// mine\n{\n  "mcpServers": {\n    "a": {\n      "args": []\n    }\n  }\n}';
    expect(problemOf(missing)).toMatch(/^config\.json, line 4, column 10, at mcpServers → a → command: /);
    const wrong = '{\n  "mcpServers": {\n    "a": {\n      "command": "node",\n      "args": ["x",\n        7]\n    }\n  }\n}';
    expect(problemOf(wrong)).toMatch(/^config\.json, line 6, column 9, at mcpServers → a → args → 1: /);
    expect(problemOf("\n[]")).toMatch(/^config\.json, line 2, column 1, at the top: /);
  });

  it("refuses a server's name that could be an option or a path", () => {
    for (const name of ["--help", "../x", "a b", ""]) {
      expect(parseSettings(JSON.stringify({ mcpServers: { [name]: { command: "node" } } }), "config.json").ok, name).toBe(false);
    }
  });

  it("refuses duplicate keys, which two readers could take differently", () => {
    const parsed = parseSettings('{"gate":{"paused":true},\n"gate":{"paused":false}}', "config.json");
    expect(parsed).toEqual({ ok: false, problem: 'config.json, line 2, column 1: the key "gate" stands twice' });
    // However deep, and however one of them is spelled; the same key in two objects is none.
    const inside = '{"mcpServers":{"a":{"command":"x","c\\u006fmmand":"y"}}}';
    expect(parseSettings(inside, "config.json")).toMatchObject({
      ok: false,
      problem: expect.stringContaining('"command" stands twice') as unknown,
    });
    expect(parseSettings('{"mcpServers":{"a":{"command":"x"},"b":{"command":"x"}}}', "config.json").ok).toBe(true);
  });

  it("takes comments and a comma at the end as editors write them", () => {
    expect(parseSettings('{ // mine\n "gate": { "paused": true, }, /* all */ }', "config.json")).toEqual({
      ok: true,
      settings: { gate: { paused: true } },
    });
  });
});

describe("a config.json that cannot be read", () => {
  it("is a problem at the start, and no edit touches or rejects", async () => {
    fs.mkdirSync(file);
    const settings = open();
    expect(settings.problem()).toBe("config.json cannot be read: it is not a file");
    const edited = await settings.edit([{ path: ["gate", "paused"], value: true }]);
    expect(edited).toMatchObject({ ok: false, error: { code: "settings-broken" } });
    expect(fs.statSync(file).isDirectory()).toBe(true);
  });

  it("is a problem while running: what was set holds, and it is read again once it can be", async () => {
    fs.writeFileSync(file, '{"gate":{"paused":true}}');
    const settings = open();
    fs.rmSync(file);
    fs.mkdirSync(file);
    await vi.waitFor(() => expect(settings.problem()).toContain("config.json cannot be read"));
    expect(settings.current()).toEqual({ gate: { paused: true } });
    fs.rmdirSync(file);
    fs.writeFileSync(file, "{}");
    await vi.waitFor(() => expect(settings.problem()).toBeNull());
    expect(settings.current()).toEqual({});
  });

  it("is one of another encoding; it keeps its bytes", async () => {
    const bytes = Buffer.from('{\n  // für den Büro-Rechner\n  "mine": "café"\n}\n', "latin1");
    fs.writeFileSync(file, bytes);
    const settings = open();
    expect(settings.problem()).toBe("config.json cannot be read: it is not in UTF-8");
    expect((await settings.edit([{ path: ["gate", "paused"], value: true }])).ok).toBe(false);
    expect(fs.readFileSync(file)).toEqual(bytes);
  });

  it("is none for its byte order mark, which stays", async () => {
    fs.writeFileSync(file, '\uFEFF{\n  "a": "ü"\n}\n');
    expect((await open().edit([{ path: ["gate", "paused"], value: true }])).ok).toBe(true);
    const text = fs.readFileSync(file, "utf8");
    expect(text.startsWith("\uFEFF{")).toBe(true);
    expect(parseSettings(text, "config.json")).toMatchObject({ ok: true, settings: { gate: { paused: true } } });
  });

  it.skipIf(process.platform === "win32")("names the reason: a link that leads to itself", () => {
    fs.symlinkSync("config.json", file);
    expect(open().problem()).toBe("config.json cannot be read (ELOOP)");
  });
});

describe("a config.json that had settings", () => {
  it.each([
    ["empty", () => fs.truncateSync(file, 0)],
    ["gone", () => fs.rmSync(file)],
  ])("and is %s while running does not mean that there are none", async (word, change) => {
    fs.writeFileSync(file, '{"gate":{"paused":true,"default":"deny"}}');
    const settings = open();
    change();
    await vi.waitFor(() => expect(settings.problem()).toBe(`config.json is ${word}; {} in it means no settings`));
    expect(settings.current().gate).toEqual({ paused: true, default: "deny" });
    expect(await settings.edit([{ path: ["desktop", "theme"], value: "dark" }])).toMatchObject({
      ok: false,
      error: { code: "settings-broken" },
    });
    fs.writeFileSync(file, "{}");
    await vi.waitFor(() => expect(settings.problem()).toBeNull());
    expect(settings.current()).toEqual({});
  });

  it("is no different after its first edit made it", async () => {
    const settings = open();
    await settings.edit([{ path: ["gate", "paused"], value: true }]);
    fs.truncateSync(file, 0);
    await vi.waitFor(() => expect(settings.problem()).toContain("config.json is empty"));
  });
});

describe("watching config.json", () => {
  it.skipIf(process.platform === "win32")("notices a change of the file that it is a link to", async () => {
    const elsewhere = path.join(folder, "dotfiles");
    fs.mkdirSync(elsewhere);
    const target = path.join(elsewhere, "portcullis.json");
    fs.writeFileSync(target, "{}");
    fs.symlinkSync(target, file);
    const settings = open();
    fs.writeFileSync(target, '{"gate":{"paused":true}}');
    await vi.waitFor(() => expect(settings.current().gate?.paused).toBe(true));
    // And of the one that it is made a link to.
    const other = path.join(folder, "other");
    fs.mkdirSync(other);
    fs.writeFileSync(path.join(other, "mine.json"), "{}");
    fs.symlinkSync(path.join(other, "mine.json"), `${file}.new`);
    fs.renameSync(`${file}.new`, file);
    await vi.waitFor(() => expect(settings.current()).toEqual({}));
    fs.writeFileSync(path.join(other, "mine.json"), "{");
    await vi.waitFor(() => expect(settings.problem()).toContain("config.json, line 1"));
  });

  it("goes on in the folder that takes the place of its own", async () => {
    const own = path.join(folder, "config");
    fs.mkdirSync(own);
    file = path.join(own, "config.json");
    fs.writeFileSync(file, "{}");
    const settings = open();
    fs.renameSync(own, `${own}.old`);
    fs.cpSync(`${own}.old`, own, { recursive: true });
    fs.writeFileSync(file, '{"gate":{"paused":true}}');
    await vi.waitFor(() => expect(settings.current().gate?.paused).toBe(true));
    fs.rmSync(own, { recursive: true });
    fs.mkdirSync(own);
    fs.writeFileSync(file, '{"gate":{"paused":false}}');
    await vi.waitFor(() => expect(settings.current().gate?.paused).toBe(false));
    fs.writeFileSync(file, "{");
    await vi.waitFor(() => expect(settings.problem()).toContain("config.json, line 1"));
  });
});

describe("editing config.json", () => {
  it("keeps comments, unknown keys, indentation and line ends", async () => {
    const original =
      '{\r\n\t// mine\r\n\t"other": {"x": 1},\r\n\t"mcpServers": {\r\n\t\t"a": {\r\n\t\t\t"command": "node",\r\n\t\t\t"future": true\r\n\t\t}\r\n\t}\r\n}\r\n';
    fs.writeFileSync(file, original);
    const edited = await open().edit([{ path: ["mcpServers", "b"], value: { command: "npx" } }]);
    expect(edited.ok).toBe(true);
    const text = fs.readFileSync(file, "utf8");
    for (const line of original.split("\r\n").slice(0, 4)) expect(text).toContain(`${line}\r\n`);
    expect(text).toContain('\r\n\t\t\t"future": true\r\n\t\t},\r\n\t\t"b": {\r\n\t\t\t"command": "npx"\r\n\t\t}\r\n\t}');
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
    const taken = await open().edit([{ path: ["mcpServers", "b"], value: undefined }]);
    expect(taken.ok).toBe(true);
    expect(fs.readFileSync(file, "utf8")).toBe(original);
  });

  it("creates the file with its schema named, for us alone", async () => {
    expect((await open().edit([{ path: ["gate", "paused"], value: true }])).ok).toBe(true);
    expect(JSON.parse(fs.readFileSync(file, "utf8"))).toEqual({ $schema: "./config.schema.json", gate: { paused: true } });
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  it("goes through a link to where the file belongs, also before it is there", async () => {
    const kept = path.join(folder, "dotfiles");
    fs.mkdirSync(kept);
    fs.symlinkSync("dotfiles/other.json", path.join(folder, "next.json"));
    fs.symlinkSync("next.json", file);
    for (const paused of [true, false]) {
      expect((await open().edit([{ path: ["gate", "paused"], value: paused }])).ok).toBe(true);
      expect(fs.readlinkSync(file)).toBe("next.json");
      expect(fs.readlinkSync(path.join(folder, "next.json"))).toBe("dotfiles/other.json");
      expect(JSON.parse(fs.readFileSync(path.join(kept, "other.json"), "utf8"))).toMatchObject({ gate: { paused } });
    }
    // A disk that is not there: nothing is put in the place of the link.
    fs.rmSync(kept, { recursive: true });
    expect((await open().edit([{ path: ["gate", "paused"], value: true }])).ok).toBe(false);
    expect(fs.readlinkSync(file)).toBe("next.json");
  });

  it("writes nothing that it could not read back", async () => {
    fs.writeFileSync(file, "{}");
    expect(await open().edit([{ path: ["gate", "deadlineSeconds"], value: -1 }])).toMatchObject({
      ok: false,
      error: { code: "bad-input" },
    });
    expect(fs.readFileSync(file, "utf8")).toBe("{}");
  });

  it("works on the file as it is now, not as it was read", async () => {
    fs.writeFileSync(file, '{"a":1}');
    const settings = open();
    fs.writeFileSync(file, '{"a":2}');
    await settings.edit([{ path: ["gate", "paused"], value: true }]);
    expect(JSON.parse(fs.readFileSync(file, "utf8"))).toEqual({ a: 2, gate: { paused: true } });
  });

  it("does not overwrite what a person saves while it is written", async () => {
    for (let round = 0; round < 20; round++) {
      fs.writeFileSync(file, '{"a":1}');
      const settings = open();
      const edited = settings.edit([{ path: ["desktop", "theme"], value: "dark" }]);
      for (let turn = 0; turn <= round; turn++) await new Promise((resolve) => setImmediate(resolve));
      // Saved as an editor does it, on what is there.
      const saved = { ...(JSON.parse(fs.readFileSync(file, "utf8")) as object), gate: { paused: true } };
      fs.writeFileSync(`${file}.new`, JSON.stringify(saved));
      fs.renameSync(`${file}.new`, file);
      expect((await edited).ok).toBe(true);
      expect(JSON.parse(fs.readFileSync(file, "utf8"))).toEqual({ a: 1, gate: { paused: true }, desktop: { theme: "dark" } });
      settings.close();
    }
  });

  it("gives up on a file that is changed all the time, and leaves it", async () => {
    fs.writeFileSync(file, '{"a":0}');
    const settings = open();
    const state = { done: false };
    const edited = settings.edit([{ path: ["desktop", "theme"], value: "dark" }]).finally(() => (state.done = true));
    for (let n = 1; !state.done; n++) {
      fs.writeFileSync(file, `{"a":${String(n)}}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await edited).toMatchObject({ ok: false, error: { code: "settings-broken" } });
    expect(fs.readFileSync(file, "utf8")).toMatch(/^\{"a":[0-9]+\}$/);
    expect(fs.readdirSync(folder)).toEqual(["config.json"]);
  });

  it("tells once of an edit, and neither tells nor writes where there is nothing to change", async () => {
    file = path.join(folder, "new", "config.json");
    store = createSettingsStore({ file, schemaUrl: "./config.schema.json", watch: false });
    const told = vi.fn();
    store.onChange(told);
    const edit = [{ path: ["gate", "paused"], value: true }];
    await store.edit(edit);
    expect(told).toHaveBeenCalledTimes(1);
    const { ino } = fs.statSync(file);
    expect((await store.edit(edit)).ok).toBe(true);
    expect([told.mock.calls.length, fs.statSync(file).ino]).toEqual([1, ino]);
  });

  it.skipIf(process.platform === "win32")("leaves to others what the person lets them read, and nothing that it makes", async () => {
    file = path.join(folder, "new", "config.json");
    expect(open().problem()).toBeNull();
    expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    fs.writeFileSync(file, "{}");
    fs.chmodSync(file, 0o644);
    await open().edit([{ path: ["gate", "paused"], value: true }]);
    expect(fs.statSync(file).mode & 0o777).toBe(0o644);
  });

  it("makes edits one after the other", async () => {
    const settings = open();
    const names = Array.from({ length: 30 }, (_, n) => `s${String(n)}`);
    const edited = await Promise.all(names.map((name) => settings.edit([{ path: ["mcpServers", name], value: { command: "node" } }])));
    expect(edited.filter(({ ok }) => !ok)).toEqual([]);
    expect(Object.keys(settings.current().mcpServers ?? {})).toEqual(names);
  });

  it("notices a change by someone else, also by replacing the file", async () => {
    fs.writeFileSync(file, "{}");
    const settings = open();
    let changes = 0;
    settings.onChange(() => (changes += 1));
    fs.writeFileSync(`${file}.new`, '{"gate":{"paused":true}}');
    fs.renameSync(`${file}.new`, file);
    await vi.waitFor(() => expect(settings.current().gate?.paused).toBe(true));
    fs.writeFileSync(file, "{");
    await vi.waitFor(() => expect(settings.problem()).toContain("config.json, line 1"));
    expect(settings.current().gate?.paused).toBe(true);
    expect(changes).toBe(2);
  });
});
