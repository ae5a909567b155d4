import { spawn } from "node:child_process";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { addEverything, connectClient, type ConnectedClient, type ToolAnswer } from "../fixtures/desktop/connect-client.ts";
import {
  findElectron,
  launchDesktop,
  root,
  sandboxSwitches,
  until,
  whyNoElectron,
  type RunningDesktop,
  type WindowState,
} from "../fixtures/desktop/launch-desktop.ts";

// The main job in the real tray app: a real client, the real bridge, a real boxed server, a person at the popup (threats 19, 20, 22).

const reason = whyNoElectron();
if (reason !== null) console.warn(`skipped: approvals in the desktop app: ${reason}`);

describe.skipIf(reason !== null)("a call that waits, in the tray app", () => {
  let desktop: RunningDesktop;
  let client: ConnectedClient;
  const pending: Promise<ToolAnswer>[] = [];

  beforeAll(async () => {
    desktop = await launchDesktop();
    await addEverything(desktop);
    client = await connectClient(desktop, "cursor");
  });
  afterAll(async () => {
    await client?.close();
    await desktop?.close();
  });
  // No test leaves a question to the next one.
  afterEach(async () => {
    await desktop.main.evaluate(() => window.portcullis?.call("approval.denyAll", {}));
    await Promise.all(pending.splice(0));
    // With nothing waiting, closing it is reading "this question is gone" and going on.
    await closeWindow("approval.html");
    await until("the approval window to go", async () => (await desktop.approvalWindow())?.visible !== true);
  });

  const closeWindow = (page: string): Promise<void> =>
    desktop.electron.evaluate(
      ({ BrowserWindow }, name) =>
        BrowserWindow.getAllWindows()
          .find((window) => window.webContents.getURL().includes(name))
          ?.close(),
      page,
    );
  const ask = (message: string): Promise<ToolAnswer> => {
    const answer = client.call("echo", { message });
    pending.push(answer);
    return answer;
  };
  const shown = (): Promise<WindowState> =>
    until("the approval window", async () => {
      const window = await desktop.approvalWindow();
      return window?.visible === true ? window : undefined;
    });
  const popupWith = async (message: string): Promise<Page> => {
    await shown();
    const page = await desktop.approval();
    await page.getByText(message).first().waitFor();
    return page;
  };
  const armed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 800));
  const waiting = async (): Promise<number> => {
    const state = (await desktop.main.evaluate(() => window.portcullis?.call("state.get", undefined))) as {
      value: { snapshot: { approvals: unknown[] } };
    };
    return state.value.snapshot.approvals.length;
  };

  it("brings up the popup above all else, in the corner, without taking the keyboard", async () => {
    await desktop.main.bringToFront();
    await desktop.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.webContents.getURL().includes("index.html"))
        ?.focus(),
    );
    const before = (await desktop.windows()).find(({ url }) => url.includes("index.html"));
    void ask("come up");
    const popup = await shown();
    expect(popup).toMatchObject({ onTop: true, focused: false });
    const after = (await desktop.windows()).find(({ url }) => url.includes("index.html"));
    expect(after?.focused).toBe(before?.focused);
    const area = await desktop.electron.evaluate(({ screen }) => screen.getPrimaryDisplay().workArea);
    expect(popup.bounds.width).toBe(480);
    expect(popup.bounds.height).toBeLessThanOrEqual(Math.floor((area.height * 2) / 3));
    expect(popup.bounds.x + popup.bounds.width).toBeLessThanOrEqual(area.x + area.width);
    expect(popup.bounds.y + popup.bounds.height).toBeLessThanOrEqual(area.y + area.height);
    const page = await popupWith("come up");
    await page.getByText("cursor").first().waitFor();
    await page.getByText("everything").first().waitFor();
  });

  it("a click in the first half second does nothing, and the keyboard allows after it", async () => {
    const answer = ask("half a second");
    const page = await popupWith("half a second");
    await page.getByRole("button", { name: /allow once/i }).click({ timeout: 300, force: true, noWaitAfter: true });
    await page.keyboard.press("Control+Enter");
    expect(await waiting()).toBe(1);
    await armed();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Space");
    expect(await waiting()).toBe(1);
    await page.keyboard.press("Control+Enter");
    expect(await answer).toEqual({ isError: false, text: "Echo: half a second" });
    await until("the popup to hide", async () => (await desktop.approvalWindow())?.visible === false);
  });

  it("a click allows once it has stood still", async () => {
    const answer = ask("by mouse");
    const page = await popupWith("by mouse");
    await armed();
    await page.getByRole("button", { name: /allow once/i }).click();
    expect(await answer).toEqual({ isError: false, text: "Echo: by mouse" });
  });

  it("the main process refuses an allow that comes too early, whatever the page does", async () => {
    void ask("too early");
    await shown();
    const page = await desktop.approval();
    const early = await page.evaluate(async () => {
      const state = (await window.portcullis?.call("state.get", undefined)) as {
        value: { snapshot: { approvals: { id: string; fingerprint: string }[] } };
      };
      const [first] = state.value.snapshot.approvals;
      return window.portcullis?.call("approval.answer", { ...first, verdict: "allow", remember: "once" });
    });
    expect(early).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect(await waiting()).toBe(1);
  });

  it("the main process refuses an allow from the popup for a question it does not show", async () => {
    void ask("the first");
    await popupWith("the first");
    void ask("the second");
    await until("two questions", async () => (await waiting()) === 2);
    await armed();
    const page = await desktop.approval();
    const unseen = await page.evaluate(async () => {
      const state = (await window.portcullis?.call("state.get", undefined)) as {
        value: { snapshot: { approvals: { id: string; fingerprint: string }[] } };
      };
      const second = state.value.snapshot.approvals[1];
      return window.portcullis?.call("approval.answer", { ...second, verdict: "allow", remember: "once" });
    });
    expect(unseen).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect(await waiting()).toBe(2);
  });

  it("the main window allows nothing that it does not show: in a narrow one the list stands in the question's place", async () => {
    await desktop.electron.evaluate(({ BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows().find((one) => one.webContents.getURL().includes("index.html"));
      window?.setSize(640, 480);
      window?.focus();
    });
    try {
      await desktop.main.evaluate(() => (window.location.hash = "/approvals"));
      void ask("not on screen");
      void ask("not on screen either");
      await until("two questions", async () => (await waiting()) === 2);
      const back = desktop.main.getByRole("button", { name: "Back" });
      const list = desktop.main.getByRole("navigation", { name: "Waiting questions, oldest first" });
      await back.or(list).first().waitFor();
      if (await back.isVisible()) await back.click();
      await list.waitFor();
      await armed();
      await desktop.main.keyboard.press("Control+Enter");
      await armed();
      expect(await waiting()).toBe(2);
      await list.getByRole("button").first().click();
      await desktop.main.locator(".answer[data-armed=true]").waitFor();
      await desktop.main.keyboard.press("d");
      await until("one question", async () => (await waiting()) === 1);
    } finally {
      await desktop.electron.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()
          .find((one) => one.webContents.getURL().includes("index.html"))
          ?.setSize(1080, 720),
      );
    }
  });

  it("the tray and one notification follow, without an argument in either", async () => {
    const before = (await desktop.seen()).notifications.length;
    void ask("my private words");
    void ask("more private words");
    await until("a count of two", async () => JSON.stringify((await desktop.seen()).tray.menu).includes("Pending approvals (2)"));
    const seen = await desktop.seen();
    expect(seen.tray.tooltip).toBe("Portcullis: 2 calls wait for you");
    expect(seen.notifications.length).toBe(before + 1);
    expect(seen.notifications.at(-1)?.body).toBe("cursor → everything → echo");
    expect(JSON.stringify(seen)).not.toContain("private words");
    await desktop.main.evaluate(() => window.portcullis?.call("approval.denyAll", {}));
    await until("no count", async () => JSON.stringify((await desktop.seen()).tray.menu).includes("No pending approvals"));
    expect((await desktop.seen()).tray.tooltip).toContain("open to what your rules allow");
  });

  it("closing the popup is a no to what it shows, and the next question stays", async () => {
    const first = ask("closed on");
    await popupWith("closed on");
    const second = ask("still waiting");
    await until("two questions", async () => (await waiting()) === 2);
    await closeWindow("approval.html");
    expect((await first).isError).toBe(true);
    expect(await waiting()).toBe(1);
    expect((await shown()).visible).toBe(true);
    await popupWith("still waiting");
    await armed();
    await (await desktop.approval()).keyboard.press("d");
    expect((await second).isError).toBe(true);
  });

  it("a popup whose page is killed is a no, and a new page shows the next question", async () => {
    const first = ask("dies with the page");
    await popupWith("dies with the page");
    const second = ask("asked by the next page");
    await until("two questions", async () => (await waiting()) === 2);
    const pid = await desktop.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.webContents.getURL().includes("approval.html"))
        ?.webContents.getOSProcessId(),
    );
    process.kill(pid ?? 0, "SIGKILL");
    expect((await first).isError).toBe(true);
    await shown();
    expect(await waiting()).toBe(1);
    await desktop.main.evaluate(() => window.portcullis?.call("approval.denyAll", {}));
    expect((await second).isError).toBe(true);
  });

  it.each(["lock-screen", "suspend"] as const)("nobody there (%s): what waits is denied", async (event) => {
    const answer = ask(event);
    await popupWith(event);
    await desktop.electron.evaluate(({ powerMonitor }, name) => powerMonitor.emit(name), event);
    expect((await answer).isError).toBe(true);
  });

  it("a graphics process that is killed approves nothing, and the question still waits", async () => {
    const answer = ask("graphics");
    await popupWith("graphics");
    const killed = await desktop.electron.evaluate(({ app }) => {
      const graphics = app.getAppMetrics().find(({ type }) => type === "GPU");
      if (graphics !== undefined) process.kill(graphics.pid, "SIGKILL");
      return graphics !== undefined;
    });
    if (!killed) console.warn("no graphics process runs on this display: nothing was killed");
    await armed();
    expect(await waiting()).toBe(1);
    await desktop.main.evaluate(() => window.portcullis?.call("approval.denyAll", {}));
    expect((await answer).isError).toBe(true);
  });

  it("a new question neither replaces the shown one nor brings another window", async () => {
    void ask("number one");
    const page = await popupWith("number one");
    const { bounds } = await shown();
    for (let index = 0; index < 5; index += 1) void ask(`later ${String(index)}`);
    await until("six questions", async () => (await waiting()) === 6);
    await page.getByText("number one").first().waitFor();
    expect((await desktop.windows()).filter(({ url }) => url.includes("approval.html"))).toHaveLength(1);
    const after = await shown();
    expect([after.bounds.x, after.bounds.y + after.bounds.height]).toEqual([bounds.x, bounds.y + bounds.height]);
  });

  it("pausing from the tray refuses what waits and what comes; resuming ends that", async () => {
    const click = (label: string): Promise<void> =>
      desktop.electron.evaluate((_electron, wanted) => {
        const { trayMenuOfTest } = globalThis as unknown as { trayMenuOfTest: { items: { label: string; click(): void }[] } };
        trayMenuOfTest.items.find((item) => item.label === wanted)?.click();
      }, label);
    const waits = ask("paused on");
    await popupWith("paused on");
    await click("Pause everything");
    expect((await waits).isError).toBe(true);
    await until("the tray to say so", async () => (await desktop.seen()).tray.tooltip.includes("paused"));
    expect((await ask("while paused")).isError).toBe(true);
    await click("Resume");
    await until("the tray to be idle", async () => (await desktop.seen()).tray.tooltip.includes("open to what your rules allow"));
  });

  it("all of it is in the journal", async () => {
    const page = (await desktop.main.evaluate(() => window.portcullis?.call("journal.page", { limit: 500 }))) as {
      value: { records: { kind: string; tool?: string; decision?: string; by?: string }[] };
    };
    const calls = page.value.records.filter(({ tool }) => tool === "echo");
    expect(calls.filter(({ kind }) => kind === "call-dispatched")).toHaveLength(2);
    expect(calls.filter(({ kind }) => kind === "call-finished")).toHaveLength(2);
    const denied = calls.filter(({ kind }) => kind === "call-denied");
    expect(denied.length).toBeGreaterThan(5);
    expect(denied.every(({ decision }) => decision === "deny")).toBe(true);
    expect(await desktop.main.evaluate(() => window.portcullis?.call("journal.verify", undefined))).toMatchObject({
      value: { kind: "intact" },
    });
  });

  describe("a second start", () => {
    const start = async (...switches: string[]): Promise<number | null> => {
      const second = spawn(findElectron() ?? "", [...sandboxSwitches(), root, ...switches], { env: desktop.env, stdio: "ignore" });
      return new Promise((resolve) => second.once("exit", (code) => resolve(code)));
    };
    const mainWindow = async (): Promise<WindowState | undefined> =>
      (await desktop.windows()).find(({ url }) => url.includes("index.html"));
    const closeMain = async (): Promise<void> => {
      await closeWindow("index.html");
      await until("the main window to close", async () => (await mainWindow()) === undefined);
    };

    it("in the background opens nothing; by a person it opens the window, where it was", async () => {
      await desktop.electron.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()
          .find((window) => window.webContents.getURL().includes("index.html"))
          ?.setBounds({ x: 60, y: 70, width: 900, height: 650 }),
      );
      await closeMain();
      expect(await start("--background")).toBe(0);
      expect(await mainWindow()).toBeUndefined();
      expect(await start()).toBe(0);
      const opened = await until("the main window", async () => {
        const window = await mainWindow();
        return window?.visible === true ? window : undefined;
      });
      expect(opened.bounds).toMatchObject({ width: 900, height: 650 });
      desktop = {
        ...desktop,
        main: await until("its page", () => Promise.resolve(desktop.electron.windows().find((page) => page.url().includes("index.html")))),
      };
    });
  });
});

describe.skipIf(reason !== null)("the app goes while a call waits", () => {
  let desktop: RunningDesktop;
  let client: ConnectedClient;

  /** In an object: a promise of a promise would be the answer itself. */
  const waitingCall = async (display?: string): Promise<{ readonly answer: Promise<ToolAnswer> }> => {
    desktop = await launchDesktop(display === undefined ? {} : { DISPLAY: display });
    await addEverything(desktop);
    client = await connectClient(desktop, "cursor");
    const answer = client.call("echo", { message: "never" });
    await until("the approval window", async () => (await desktop.approvalWindow())?.visible === true);
    return { answer };
  };
  afterEach(async () => {
    await client?.close();
    await desktop?.close();
  });

  it("quitting: an error to the client, never the call", async () => {
    const { answer } = await waitingCall();
    await desktop.electron.evaluate(({ app }) => app.quit()).catch(() => undefined);
    expect((await answer).isError).toBe(true);
  });

  it.skipIf(process.platform !== "linux")("the display server dies: an error to the client, never the call", async () => {
    const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x800x24"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const number = new Promise<string>((resolve) => server.stdio[3]?.once("data", (chunk: Buffer) => resolve(chunk.toString().trim())));
    try {
      const { answer } = await waitingCall(`:${await number}`);
      server.kill("SIGKILL");
      expect((await answer).isError).toBe(true);
    } finally {
      server.kill("SIGKILL");
    }
  });

  it("kill -9: an error to the client, never the call", async () => {
    const { answer } = await waitingCall();
    desktop.electron.process().kill("SIGKILL");
    expect((await answer).isError).toBe(true);
  });
});
