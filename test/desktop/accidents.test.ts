import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { addEverything, connectClient, type ConnectedClient, type ToolAnswer } from "../fixtures/desktop/connect-client.ts";
import { launchDesktop, until, whyNoElectron, type RunningDesktop } from "../fixtures/desktop/launch-desktop.ts";

// What hands do by accident, done by the X server's own pointer and keyboard rather than by a driver inside the page (threats 19 to 21).

const run = promisify(execFile);
const noXdotool = process.platform !== "linux" || spawnSync("xdotool", ["version"]).status !== 0;
const reason = whyNoElectron() ?? (noXdotool ? "no xdotool here to press real keys and buttons" : null);
if (reason !== null) console.warn(`skipped: accidents at the approval window: ${reason}`);

describe.skipIf(reason !== null)("accidents at the approval window", () => {
  let desktop: RunningDesktop;
  let client: ConnectedClient;
  const pending: Promise<ToolAnswer>[] = [];

  beforeAll(async () => {
    desktop = await launchDesktop();
    await addEverything(desktop);
    client = await connectClient(desktop, "cursor");
    // So that the page is loaded and waits, as it does for everyone but the first call.
    await until("the approval window's page", async () => (await desktop.approvalWindow()) !== undefined);
  });
  afterAll(async () => {
    await client?.close();
    await desktop?.close();
  });
  afterEach(async () => {
    await desktop.main.evaluate(() => window.portcullis?.call("approval.denyAll", {}));
    await Promise.all(pending.splice(0));
    await desktop.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.webContents.getURL().includes("approval.html"))
        ?.close(),
    );
    await until("the approval window to go", async () => (await desktop.approvalWindow())?.visible !== true);
  });

  const xdotool = (...args: string[]): Promise<unknown> => run("xdotool", args, { env: desktop.env });
  const ask = (message: string): Promise<ToolAnswer> => {
    const answer = client.call("echo", { message });
    pending.push(answer);
    return answer;
  };
  const shown = async (message: string): Promise<Page> => {
    await until("the approval window", async () => (await desktop.approvalWindow())?.visible === true);
    const page = await desktop.approval();
    await page.getByText(message).first().waitFor();
    return page;
  };
  const waiting = async (): Promise<number> => {
    const state = (await desktop.main.evaluate(() => window.portcullis?.call("state.get", undefined))) as {
      value: { snapshot: { approvals: unknown[] } };
    };
    return state.value.snapshot.approvals.length;
  };
  /** The middle of the Allow button on the screen. */
  const allowAt = async (page: Page): Promise<[string, string]> => {
    const box = await page.getByRole("button", { name: /allow once/i }).boundingBox();
    const window = await desktop.approvalWindow();
    if (box === null || window === undefined) throw new Error("no Allow button");
    return [String(Math.round(window.bounds.x + box.x + box.width / 2)), String(Math.round(window.bounds.y + box.y + box.height / 2))];
  };
  const focusPopup = (): Promise<void> =>
    desktop.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.webContents.getURL().includes("approval.html"))
        ?.focus(),
    );
  const still = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 900));

  it("a double click where Allow comes up does nothing; one click on what has stood still allows", async () => {
    // Where the button will be is known from a question before.
    void ask("first look");
    const spot = await allowAt(await shown("first look"));
    await desktop.main.evaluate(() => window.portcullis?.call("approval.denyAll", {}));
    await desktop.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.webContents.getURL().includes("approval.html"))
        ?.close(),
    );
    await xdotool("mousemove", ...spot);
    const answer = ask("second look");
    await until("the approval window", async () => (await desktop.approvalWindow())?.visible === true);
    const since = Date.now();
    while (Date.now() - since < 350) await xdotool("click", "--repeat", "2", "--delay", "20", "1");
    const page = await shown("second look");
    await still();
    expect(await waiting()).toBe(1);
    await xdotool("mousemove", ...(await allowAt(page)), "click", "1");
    expect(await answer).toEqual({ isError: false, text: "Echo: second look" });
  });

  it("Enter, Space and Ctrl+Enter in the first half second do nothing, nor does a key that is held down", async () => {
    void ask("keys");
    await until("the approval window", async () => (await desktop.approvalWindow())?.visible === true);
    await focusPopup();
    for (const key of ["Return", "space", "ctrl+Return"]) await xdotool("key", key);
    await xdotool("keydown", "ctrl", "keydown", "Return");
    await still();
    await xdotool("keyup", "Return", "keyup", "ctrl");
    expect(await waiting()).toBe(1);
    await still();
    for (const key of ["Return", "space"]) await xdotool("key", key);
    await still();
    expect(await waiting()).toBe(1);
  });

  it("the same keys pressed on purpose, later, allow", async () => {
    const answer = ask("on purpose");
    await shown("on purpose");
    await focusPopup();
    await still();
    await xdotool("key", "ctrl+Return");
    expect(await answer).toEqual({ isError: false, text: "Echo: on purpose" });
  });

  it("what is typed into another window while the popup comes up stays there", async () => {
    const { main } = desktop;
    // Any screen but Approvals, which shows the question too and takes an answer to it.
    await main.evaluate(() => {
      location.hash = "/activity";
      const typed: string[] = [];
      Object.assign(window, { typed });
      window.addEventListener("keydown", ({ key }) => typed.push(key), true);
    });
    await desktop.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.webContents.getURL().includes("index.html"))
        ?.focus(),
    );
    void ask("typed elsewhere");
    await shown("typed elsewhere");
    await still();
    for (const key of ["ctrl+Return", "s", "a", "Return"]) await xdotool("key", key);
    await until("the keys to arrive there", () =>
      main.evaluate(() => JSON.stringify(Reflect.get(window, "typed")) === JSON.stringify(["Control", "Enter", "s", "a", "Enter"])),
    );
    await still();
    expect(await waiting()).toBe(1);
  });

  it("a flood of calls is one window, one notification and a bounded queue", async () => {
    const before = (await desktop.seen()).notifications.length;
    const calls = Array.from({ length: 200 }, (_, index) => ask(`flood ${String(index)}`));
    await until("the approval window", async () => (await desktop.approvalWindow())?.visible === true);
    const tooMany = await Promise.race(calls);
    expect(tooMany.isError).toBe(true);
    expect((await desktop.windows()).filter(({ url }) => url.includes("approval.html"))).toHaveLength(1);
    await until("a full queue", async () => (await waiting()) === 8);
    expect((await desktop.seen()).notifications.length - before).toBe(1);
    await desktop.main.evaluate(() => window.portcullis?.call("approval.denyAll", {}));
    const answers = await Promise.all(calls);
    expect(answers.filter(({ isError }) => !isError)).toEqual([]);
  });
});
