import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createKeychain, type Keychain, type KeychainDeps } from "../../../electron/vault/keychain.ts";
import { forkForTests, type ForkForTests } from "./fork-keychain.ts";
import { keyringMissing, patientDeadlines, startPrivateKeyring, until, type PrivateKeyring } from "./private-keyring.ts";

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: the keychain's tests (${missing})`);

describe.skipIf(missing !== null)("the keychain, on a real gnome-keyring", () => {
  let keyring: PrivateKeyring;
  let forks: ForkForTests;
  let sentinel = false;
  const open: Keychain[] = [];

  const keychain = (extra: Partial<KeychainDeps> = {}): Keychain => {
    const made = createKeychain({
      service: "Portcullis test",
      fork: forks.fork,
      env: { ...keyring.env, NOT_FOR_HELPERS: "x" },
      platform: "linux",
      sentinel: { known: () => sentinel, written: () => void (sentinel = true) },
      deadlines: patientDeadlines,
      ...extra,
    });
    open.push(made);
    return made;
  };

  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  beforeEach(() => {
    forks = forkForTests();
    sentinel = false;
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    await until("the helpers' end", () =>
      Promise.resolve(forks.started.every((child) => child.exitCode !== null || child.signalCode !== null)),
    );
  });

  const values: Readonly<Record<string, string>> = {
    "a token": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    unicode: "pässwörd 漢字 😀 \u202e",
    "line ends": "-----BEGIN KEY-----\r\nline\n\n\tend \n",
    "1,200 characters": "x".repeat(1200),
    "1,201 characters": "y".repeat(1201),
    "1,200 characters of four bytes": "😀".repeat(600),
    "10 KB": randomBytes(5120).toString("hex"),
    "64 KB": randomBytes(32_768).toString("hex"),
    "what looks like our own header": "portcullis-chunks:1:a:2:00",
  };
  it("gives back what was put", async () => {
    const store = keychain();
    for (const [name, value] of Object.entries(values)) {
      const secret = `round/${name.replaceAll(/[^a-zA-Z0-9]/g, "_")}`;
      expect(await store.put(secret, value), name).toEqual({ ok: true, value: undefined });
      expect(await store.get(secret), name).toEqual({ kind: "found", value });
    }
    expect(await store.status()).toEqual({ kind: "ready", store: "keychain" });
  });

  it("reads back in another process than the one that wrote", async () => {
    const writers: { pid: number | undefined; op: unknown }[] = [];
    forks.onSend = (child, message) => writers.push({ pid: child.pid, op: (message as { op: unknown }).op });
    await keychain().put("fresh", "some-value-1");
    const wrote = writers.find(({ op }) => op === "set")?.pid;
    expect(writers.at(-1)?.op).toBe("get");
    expect(writers.at(-1)?.pid).not.toBe(wrote);
  });

  it("replaces long by short and short by long, and leaves no piece behind", async () => {
    const store = keychain();
    const [long, longer] = ["l".repeat(5000), "m".repeat(9000)];
    for (const value of [long, "short", longer, long, "short again"]) {
      expect(await store.put("size", value)).toEqual({ ok: true, value: undefined });
      expect(await store.get("size")).toEqual({ kind: "found", value });
    }
    for (const piece of ["size#a1", "size#a2", "size#b1", "size#b8"]) expect(await store.get(piece)).toEqual({ kind: "missing" });
  });

  it("missing, deleted, and deleted again", async () => {
    const store = keychain();
    await store.put("gone", "z".repeat(3000));
    expect(await store.get("never-there")).toEqual({ kind: "missing" });
    expect((await store.delete("gone")).ok).toBe(true);
    expect(await store.get("gone")).toEqual({ kind: "missing" });
    expect((await store.delete("gone")).ok).toBe(true);
    expect(await store.get("gone#a1")).toEqual({ kind: "missing" });
  });

  it("refuses what the keychain would cut off or mangle", async () => {
    const store = keychain();
    for (const value of ["", "a\0b", "\ud800half", "x".repeat(65_537)]) {
      expect(await store.put("bad", value)).toMatchObject({ ok: false, error: { code: "bad-input" } });
    }
    expect(await store.get("bad")).toEqual({ kind: "missing" });
  });

  it("hands on only the environment a keychain needs", async () => {
    const store = keychain();
    await store.get("x");
    const pid = forks.started[0]?.pid ?? 0;
    const environment = fs.readFileSync(`/proc/${String(pid)}/environ`, "utf8");
    expect(environment).toContain("DBUS_SESSION_BUS_ADDRESS=");
    expect(environment).not.toContain("NOT_FOR_HELPERS");
    expect(fs.readFileSync(`/proc/${String(pid)}/coredump_filter`, "utf8").trim()).toBe("00000000");
  });

  describe("locked", () => {
    afterEach(() => keyring.restart());

    it("is told apart from missing, once something was ever stored", async () => {
      const store = keychain();
      await store.put("kept", "kept-value");
      await keyring.lock();
      expect(await store.get("kept")).toEqual({ kind: "locked" });
      expect(await store.get("never-there")).toEqual({ kind: "locked" });
      expect(await store.status()).toEqual({ kind: "locked", store: "keychain" });
      expect(await store.put("kept", "new-value")).toMatchObject({ ok: false, error: { code: "vault-locked" } });
      expect(await store.delete("kept")).toMatchObject({ ok: false, error: { code: "vault-locked" } });
      expect(await store.unlock()).toEqual({ kind: "locked", store: "keychain" });
      await keyring.restart();
      expect(await store.get("kept")).toEqual({ kind: "found", value: "kept-value" });
    });

    it("is told to all who ask at once: reads of a locked keyring are made one after the other", async () => {
      const store = keychain();
      await store.put("kept", "kept-value");
      await keyring.lock();
      for (let round = 0; round < 10; round += 1) {
        const answers = await Promise.all(["kept", "a", "b", "c", "d"].map((name) => store.get(name)));
        expect(answers).toEqual(answers.map(() => ({ kind: "locked" })));
      }
    });

    it("is seen at first use too, when nothing of ours is there yet", async () => {
      await keyring.lock();
      const store = keychain({ service: "Portcullis never used" });
      expect(await store.status()).toEqual({ kind: "locked", store: "keychain" });
      expect(sentinel).toBe(false);
      expect(await store.put("first", "first-value")).toMatchObject({ ok: false, error: { code: "vault-locked" } });
    });
  });

  describe("missing", () => {
    it("no bus at all", async () => {
      const store = keychain({ env: { HOME: "/nowhere", PATH: "/usr/bin", DISPLAY: ":9" } });
      const status = await store.status();
      expect(status).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("D-Bus") as string });
      expect(await store.get("x")).toMatchObject({ kind: "unavailable" });
      expect(await store.put("x", "value")).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
      expect(forks.started).toHaveLength(0);
    });

    it("a bus that is not there any more", async () => {
      const store = keychain({ env: { ...keyring.env, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/bus" } });
      expect(await store.get("x")).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("D-Bus") as string });
    });

    it("a bus without a keyring, and then with one", async () => {
      const store = keychain();
      await store.put("kept", "kept-value");
      await keyring.kill();
      expect(await store.get("kept")).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("gnome-keyring") as string });
      expect(await store.status()).toMatchObject({ kind: "unavailable" });
      expect(await store.put("kept", "x-value")).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
      await keyring.restart();
      expect(await store.get("kept")).toEqual({ kind: "found", value: "kept-value" });
    });
  });

  describe("hung", () => {
    afterEach(() => keyring.signal("SIGCONT"));

    it("is timed-out within the deadline, for everyone who asks, and works again afterwards", async () => {
      const store = keychain({ deadlines: { put: 4000 } });
      await store.put("kept", "kept-value");
      keyring.signal("SIGSTOP");
      const started = performance.now();
      const outcomes = await Promise.all([store.get("kept"), store.get("other"), store.get("kept")]);
      const took = performance.now() - started;
      expect(outcomes).toEqual([{ kind: "timed-out" }, { kind: "timed-out" }, { kind: "timed-out" }]);
      expect(took).toBeGreaterThan(4900);
      expect(took).toBeLessThan(6500);
      const again = performance.now();
      const written = await Promise.all([store.put("kept", "new-value"), store.delete("other")]);
      expect(performance.now() - again).toBeLessThan(5500);
      expect(written).toMatchObject([{ error: { code: "timed-out" } }, { error: { code: "timed-out" } }]);
      keyring.signal("SIGCONT");
      await until("the keyring", async () => (await store.get("kept")).kind === "found");
      // It may have taken what it was told before it hung; it is one or the other.
      expect(["kept-value", "new-value"]).toContain(await store.get("kept").then((outcome) => outcome.kind === "found" && outcome.value));
    });

    it("status says so", async () => {
      const store = keychain({ deadlines: { get: 500 } });
      await store.put("kept", "kept-value");
      keyring.signal("SIGSTOP");
      expect(await store.status()).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("in time") as string });
    });
  });

  describe("a helper that is lost", () => {
    it("while reading: another one answers", async () => {
      const store = keychain();
      await store.put("kept", "kept-value");
      let killed = 0;
      forks.onSend = (child) => {
        if (killed++ === 0) child.kill("SIGKILL");
      };
      expect(await store.get("kept")).toEqual({ kind: "found", value: "kept-value" });
      expect(killed).toBeGreaterThan(1);
    });

    it("every time: unavailable, not for ever", async () => {
      const store = keychain();
      forks.onSend = (child) => void child.kill("SIGSEGV");
      expect(await store.get("kept")).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("ended") as string });
      expect(forks.started).toHaveLength(3);
    });

    it("at any point of storing: the old value or the new one, and the answer says which", async () => {
      const [before, after] = ["b".repeat(3000), "a".repeat(4000)];
      let stored = 0;
      for (let point = 1; ; point++) {
        forks.onSend = undefined;
        const store = keychain();
        expect((await store.put("victim", before)).ok).toBe(true);
        let messages = 0;
        let killed = false;
        forks.onSend = (child) => {
          if (++messages !== point) return;
          killed = true;
          child.kill("SIGKILL");
        };
        const result = await store.put("victim", after);
        forks.onSend = undefined;
        const outcome = await store.get("victim");
        expect(outcome, `killed at message ${String(point)}`).toEqual({ kind: "found", value: result.ok ? after : outcomeBefore(outcome) });
        if (!killed) break;
        if (result.ok) stored++;
        await store.close();
      }
      expect(stored).toBeGreaterThan(0);

      function outcomeBefore(outcome: unknown): string {
        // Lost while reading back: it is not known, so both are allowed, but nothing else is.
        const value = (outcome as { value?: unknown }).value;
        return value === after ? after : before;
      }
    });

    it("at any point of deleting: a yes is true, and nothing is left then", async () => {
      let points = 0;
      for (let point = 1, killed = true; killed; point++) {
        forks.onSend = undefined;
        const store = keychain();
        expect((await store.put("victim", "v".repeat(3000))).ok).toBe(true);
        let messages = 0;
        killed = false;
        forks.onSend = (child) => {
          if (++messages !== point) return;
          killed = true;
          child.kill("SIGKILL");
        };
        const deleted = await store.delete("victim");
        forks.onSend = undefined;
        expect(deleted, `killed at message ${String(point)}`).toEqual({ ok: true, value: undefined });
        expect(await store.get("victim")).toEqual({ kind: "missing" });
        points = point;
        await store.close();
      }
      expect(points).toBeGreaterThan(2);
    });

    it("cannot be started at all", async () => {
      const store = keychain({
        fork: () => ({
          pid: undefined,
          send: () => {},
          onMessage: () => {},
          onExit: (listener) => void setTimeout(() => listener(null), 5),
          kill: () => {},
        }),
      });
      expect(await store.get("x")).toMatchObject({ kind: "unavailable" });
      expect(await store.put("x", "value")).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
    });
  });

  it("answers a flood within bounds", async () => {
    const store = keychain();
    await store.put("kept", "kept-value");
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => store.get("kept")));
    expect(outcomes.filter(({ kind }) => kind === "found").length).toBeGreaterThanOrEqual(64);
    expect(outcomes.every(({ kind }) => kind === "found" || kind === "unavailable")).toBe(true);
    const puts = await Promise.all(Array.from({ length: 40 }, (_, index) => store.put(`many${String(index)}`, "value")));
    expect(puts.filter((put) => put.ok).length).toBeGreaterThanOrEqual(16);
    expect(puts.filter((put) => !put.ok).every((put) => !put.ok && put.error.code === "too-many")).toBe(true);
  });

  it("ends its helpers when nobody asks, and when it is closed", async () => {
    const store = keychain({ deadlines: { idle: 50 } });
    await store.get("x");
    await until("the idle helper's end", () => Promise.resolve(forks.started[0]?.signalCode === "SIGKILL"));
    const asked = store.get("x");
    await store.close();
    expect(["unavailable", "missing", "locked"]).toContain((await asked).kind);
    expect(await store.get("x")).toMatchObject({ kind: "unavailable" });
  });
});
