import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { descendants, readProcesses } from "../../electron/sandbox/process-tree.ts";
import { askApp } from "../fixtures/desktop/ask-app.ts";
import { addEverything, addServer, connectClient, everythingSettings } from "../fixtures/desktop/connect-client.ts";
import { launchDesktop, until, whyNoElectron, type RunningDesktop } from "../fixtures/desktop/launch-desktop.ts";

// The processes around the window: helpers, what they are given, how the app starts and ends.

const reason = whyNoElectron();
if (reason !== null) console.warn(`skipped: the desktop app's processes: ${reason}`);
const noBus = process.env["DBUS_SESSION_BUS_ADDRESS"] === undefined;
if (noBus) console.warn("skipped: the keychain from the desktop app: no session bus here (DBUS_SESSION_BUS_ADDRESS)");

/** Empty where its process has ended. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

async function pidsOf(desktop: RunningDesktop): Promise<number[]> {
  return (await desktop.electron.evaluate(({ app }) => app.getAppMetrics())).map(({ pid }) => pid);
}

interface OpenFile {
  readonly number: number;
  readonly to: string;
}

/**
 * The open files of a process, without the kernel's own things, which have no names to tell them apart; null where it may not be looked at
 * (an ordinary user may not look at bubblewrap itself, but at what it starts).
 */
function filesOf(pid: number): readonly OpenFile[] | null {
  const folder = `/proc/${String(pid)}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        const to = readlinkSync(`${folder}/${name}`);
        return to.startsWith("anon_inode:") ? [] : [{ number: Number(name), to }];
      } catch {
        return [];
      }
    });
  } catch {
    return null;
  }
}

const numbersOf = (pid: number): ReadonlySet<number> => new Set(readdirSync(`/proc/${String(pid)}/fd`).map(Number));

/** The lowest number without an open file, above those that a box is given and uses up. */
function lowestFree(numbers: ReadonlySet<number>): number {
  let number = 16;
  while (numbers.has(number)) number += 1;
  return number;
}

describe.skipIf(reason !== null)("the desktop app's processes", () => {
  let desktop: RunningDesktop;
  afterEach(async () => {
    await desktop?.close();
  });

  it.skipIf(noBus || process.platform !== "linux")(
    "a secret reaches the keychain through a helper that is given what it needs and no more",
    async () => {
      desktop = await launchDesktop({ PORTCULLIS_TEST_CANARY: "canary" });
      const value = `s3cret-${String(Date.now())}`;
      const stored = await askApp(desktop.home, "secret.put", { name: "test/TOKEN", value });
      expect(stored).toMatchObject({ ok: true });
      const { helpers } = await desktop.seen();
      expect(helpers.length).toBeGreaterThan(0);
      for (const { entry, env } of helpers) {
        expect(entry).toBe("keychain-helper.js");
        expect(env).toContain("DBUS_SESSION_BUS_ADDRESS");
        expect(env.filter((name) => /^(PORTCULLIS|NODE_|ELECTRON_|npm_)/.test(name))).toEqual([]);
      }
      // A helper may end between the two looks.
      const living = await pidsOf(desktop);
      expect(living).toContain(desktop.electron.process().pid);
      const told = living.flatMap((pid) => ["environ", "cmdline"].map((part) => textOf(`/proc/${String(pid)}/${part}`)));
      expect(told.join("")).not.toBe("");
      for (const text of told) expect(text).not.toContain(value);
      // Pages get the name, never the value.
      const state = JSON.stringify(await desktop.main.evaluate(() => window.portcullis?.call("state.get", undefined)));
      expect(state).toContain("test/TOKEN");
      expect(state).not.toContain(value);
      expect(await askApp(desktop.home, "secret.delete", { name: "test/TOKEN" })).toMatchObject({ ok: true });
    },
  );

  it("Chromium's own files stay below ours, and none holds a page's storage", async () => {
    desktop = await launchDesktop();
    const mark = "kept-in-memory-only";
    await desktop.main.evaluate((text) => localStorage.setItem("mark", text), mark);
    await desktop.electron.evaluate(({ session }) => session.defaultSession.flushStorageData());
    const folder = path.join(desktop.home, "data", "desktop");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const read = files.flatMap(({ parentPath, name }) => {
      try {
        return [{ name, bytes: readFileSync(path.join(parentPath, name)) }];
      } catch {
        // A file of the cache that Chromium has taken away meanwhile.
        return [];
      }
    });
    expect(read.length).toBeGreaterThan(0);
    for (const { name, bytes } of read)
      for (const encoding of ["utf8", "utf16le"] as const) expect(bytes.includes(Buffer.from(mark, encoding)), name).toBe(false);
  });

  it("a page that crashes leaves no dump", async () => {
    desktop = await launchDesktop();
    await desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer());
    await until("the window to go", async () => (await desktop.windows()).length === 0);
    const files = readdirSync(desktop.home, { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => file.endsWith(".dmp"))).toEqual([]);
    // And the app goes on: the next opening makes a new window.
    expect(await askApp(desktop.home, "app.open", {})).toMatchObject({ ok: true, value: { kind: "window" } });
    await until("a new window", async () => (await desktop.windows()).some(({ visible }) => visible));
  });

  it.skipIf(process.platform !== "linux")("what it starts holds none of Chromium's files and sockets", async () => {
    desktop = await launchDesktop();
    await addEverything(desktop);
    const client = await connectClient(desktop, "cursor");
    const main = desktop.electron.process().pid ?? 0;
    const ofChromium = (pid: number): boolean => readFileSync(`/proc/${String(pid)}/cmdline`, "latin1").includes("--type=");
    const children = descendants(await readProcesses(), main)
      .filter(({ pid }) => !ofChromium(pid))
      .flatMap(({ pid, name }) => {
        const files = filesOf(pid);
        return files === null ? [] : [{ name, files, numbers: numbersOf(pid) }];
      });
    // The reaper and the server, at the least.
    expect(children.length).toBeGreaterThanOrEqual(2);
    const ours = new Set(filesOf(main)?.map(({ to }) => to));
    const next = lowestFree(numbersOf(main));
    expect(ours.size).toBeGreaterThan(30);
    const streams = new Set(children.flatMap(({ files }) => files.flatMap(({ number, to }) => (number <= 2 ? [to] : []))));
    for (const { name, files } of children) {
      const held = files.filter(({ number, to }) => number > 2 && to !== "/dev/null" && ours.has(to) && !streams.has(to));
      expect(held, name).toEqual([]);
    }
    // Nor can they hold what one of Chromium's threads opened while they were started: that took the lowest free numbers, and under those they
    // have something else. Only bubblewrap closes all that in its own processes.
    const open = children.filter(({ name, numbers }) => name !== "bwrap" && lowestFree(numbers) <= next);
    expect(open.map(({ name }) => name)).toEqual([]);
    await client.close();
  });

  it.skipIf(process.platform !== "linux")("a server that may open few files may open so many, whatever the app has open", async () => {
    desktop = await launchDesktop();
    const { sandbox, ...settings } = everythingSettings();
    await addServer(desktop, "everything", { ...settings, sandbox: { ...sandbox, limits: { openFiles: 64 } } });
    expect(await askApp(desktop.home, "rule.add", { effect: "allow", server: "everything" })).toMatchObject({ ok: true });
    // Each client is a socket and three pipes of the app's.
    const clients = [];
    for (let i = 0; i < 12; i += 1) clients.push(await connectClient(desktop, `cursor-${String(i)}`));
    const answer = await clients.at(-1)?.call("echo", { message: "with few files" });
    expect(answer).toEqual({ isError: false, text: "Echo: with few files" });
    await Promise.all(clients.map((client) => client.close()));
  });

  it("a bridge finds no app, starts it in the background, and the call goes through", async () => {
    desktop = await launchDesktop();
    await addEverything(desktop);
    const { home, env } = desktop;
    expect(await askApp(home, "rule.add", { effect: "allow", server: "everything" })).toMatchObject({ ok: true });
    await desktop.electron.evaluate(({ app }) => app.quit()).catch(() => undefined);
    await until("the app to be gone", () => Promise.resolve(!existsSync(path.join(home, "run", "token"))));
    // As bare as a client's environment: the rest is in what the app wrote down.
    const { PATH: search = "", HOME: own = "" } = env;
    const client = await connectClient({ env: { PATH: search, HOME: own, PORTCULLIS_HOME: home } }, "cursor");
    try {
      expect(await client.call("echo", { message: "back again" })).toEqual({ isError: false, text: "Echo: back again" });
    } finally {
      await client.close();
      expect(await askApp(home, "app.quit")).toMatchObject({ ok: true });
      // Chromium's lock is the last thing that goes; a link to nowhere, so it is looked at and not followed.
      const lock = path.join(home, "data", "desktop", "SingletonLock");
      await until("the started app to be gone", () => Promise.resolve(lstatSync(lock, { throwIfNoEntry: false }) === undefined));
    }
  });
});
