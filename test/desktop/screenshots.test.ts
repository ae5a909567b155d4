import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addEverything, connectClient, type ConnectedClient } from "../fixtures/desktop/connect-client.ts";
import { launchDesktop, root, until, whyNoElectron, type RunningDesktop } from "../fixtures/desktop/launch-desktop.ts";

// Every screen of the real app in both themes, for a person to look at: test-output/screenshots/electron-*.png. The renderer's own
// tests look at every state on a fixture; these are the app as it is after a few real calls.

const reason = whyNoElectron();
if (reason !== null) console.warn(`skipped: screenshots of the desktop app: ${reason}`);

const folder = path.join(root, "test-output", "screenshots");
const screens = ["approvals", "activity", "servers", "servers/everything", "clients", "secrets", "rules", "settings"] as const;
/** Of the one server. */
const tabs = ["Tools", "Sandbox", "Stderr"] as const;
const themes = ["light", "dark"] as const;

describe.skipIf(reason !== null)("every screen", () => {
  let desktop: RunningDesktop;
  let client: ConnectedClient;

  const complaints: string[] = [];
  const listen = (page: Page): void => {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
  };

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    desktop = await launchDesktop();
    listen(desktop.main);
    desktop.electron.on("window", listen);
    await addEverything(desktop);
    client = await connectClient(desktop, "Claude Code");
    await desktop.main.evaluate(() =>
      window.portcullis?.call("rule.add", { effect: "allow", client: "Claude Code", server: "everything", tool: "get-sum" }),
    );
    const sum = await client.call("get-sum", { a: 2, b: 3 });
    if (sum.isError) throw new Error(`an allowed call failed: ${sum.text}`);
  });
  afterAll(async () => {
    await client?.close();
    await desktop?.close();
  });

  it.each(themes)("in the %s theme", async (theme) => {
    const { main } = desktop;
    await main.evaluate((wanted) => window.portcullis?.call("settings.update", { theme: wanted }), theme);
    await until("the theme", () => main.evaluate((dark) => matchMedia("(prefers-color-scheme: dark)").matches === dark, theme === "dark"));
    const answer = client.call("echo", { message: "Line one\nline two \u202e reversed \u200b end" });
    await until("the approval window", async () => (await desktop.approvalWindow())?.visible === true);
    const popup = await desktop.approval();
    await popup.getByText("echo").first().waitFor();
    await new Promise((resolve) => setTimeout(resolve, 900));
    await save(popup, `approval-${theme}`);
    for (const screen of screens) {
      await main.evaluate((hash) => {
        location.hash = hash;
      }, `/${screen}`);
      await main.waitForTimeout(400);
      await save(main, `${screen.replace("/", "-")}-${theme}`);
      if (screen !== "servers/everything") continue;
      for (const tab of tabs) {
        await main.getByRole("tab", { name: tab }).click();
        await main.waitForTimeout(400);
        await save(main, `server-${tab.toLowerCase()}-${theme}`);
      }
    }
    await popup.keyboard.press("d");
    expect((await answer).isError).toBe(true);
    await until("the approval window to go", async () => (await desktop.approvalWindow())?.visible === false);
  });

  it("no page complained: nothing of ours runs into the content security policy", () => {
    expect(complaints).toEqual([]);
  });

  const file = (name: string): string => path.join(folder, `electron-${name}.png`);
  const save = async (page: Page, name: string): Promise<void> => {
    const picture = await page.screenshot({ path: file(name) });
    // One colour all over would be a few hundred bytes.
    expect(picture.length, name).toBeGreaterThan(5_000);
  };
});
