// An answer needs a question that is in sight (threats 19 and 20), and an ending says what happened.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApprovalAnswer } from "../../shared/model/approval.ts";
import { approval, detail, snapshot } from "../fixtures/renderer/snapshot.ts";
import { findBrowser, startHarness, type Harness, type OpenOptions } from "./renderer-harness.ts";

const browser = findBrowser();
if ("missing" in browser) console.log(`skipped: ${browser.missing}`);

async function answers(page: Page): Promise<ApprovalAnswer[]> {
  const calls = await page.evaluate(() =>
    window.fake.calls.filter(({ channel }) => channel === "approval.answer").map(({ input }) => input),
  );
  return calls as ApprovalAnswer[];
}

const armed = (page: Page) => page.locator(".answer[data-armed=true]").waitFor();

describe.skipIf("missing" in browser)("a question in sight", () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness("path" in browser ? browser.path : "");
  });
  afterAll(() => harness.close());

  async function withPage(options: OpenOptions, run: (page: Page) => Promise<void>): Promise<void> {
    const { page, problems, close } = await harness.open({
      file: "approval.html",
      width: 480,
      height: 700,
      data: { role: "approval" },
      ...options,
    });
    try {
      await run(page);
      expect(problems).toEqual([]);
    } finally {
      await close();
    }
  }

  it("in a narrow window answers nothing while the list stands in the question's place, and answers the one that is opened", async () => {
    await withPage({ file: "index.html", hash: "approvals", width: 640, height: 480, data: {} }, async (page) => {
      await page.getByRole("navigation", { name: "Waiting questions, oldest first" }).waitFor();
      // Long past the half second of a card that nobody sees.
      await page.waitForTimeout(1200);
      expect(await page.locator(".answer").count()).toBe(0);
      for (const key of ["Control+Enter", "Meta+Enter", "d", "a", "s"]) await page.keyboard.press(key);
      expect(await answers(page)).toEqual([]);
      await page.getByRole("button", { name: /write_file/ }).click();
      await armed(page);
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => answers(page)).toHaveLength(1);
      // What was on screen stays when the window gets narrow, and the way back to the list ends it.
      await page.getByRole("button", { name: "Back" }).click();
      await page.waitForTimeout(1200);
      await page.keyboard.press("Control+Enter");
      expect(await answers(page)).toHaveLength(1);
    });
  });

  it("answers nothing while the card is not to be seen, for whatever reason", async () => {
    await withPage({}, async (page) => {
      for (const [name, style] of [
        ["no box", "display: none"],
        ["invisible", "visibility: hidden"],
        ["transparent", "opacity: 0"],
        ["scrolled away", "position: absolute; top: 3000px"],
      ] as const) {
        await armed(page);
        await page.locator("main").evaluate((main, css) => (main.style.cssText = css), style);
        await page.locator(".answer[data-armed=false]").waitFor({ state: "attached" });
        await page.waitForTimeout(800);
        for (const key of ["Control+Enter", "d", "a"]) await page.keyboard.press(key);
        expect(await answers(page), name).toEqual([]);
        await page.locator("main").evaluate((main) => (main.style.cssText = ""));
      }
      await armed(page);
      await page.keyboard.press("d");
      await expect.poll(() => answers(page)).toHaveLength(1);
    });
  });

  it("says that the time ran out when it did, and that the person denied all when they did", async () => {
    const now = Date.now();
    const one = approval(now, { deadline: now + 6000 });
    await withPage(
      { data: { role: "approval", snapshot: { ...snapshot(now), approvals: [one] }, details: { [one.id]: detail(one, {}) } } },
      async (page) => {
        await armed(page);
        // The app's clock may be a moment ahead of the page's.
        await page.evaluate((at) => new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now()))), one.deadline - 5);
        await page.evaluate(() => window.fake.push({ approvals: [] }));
        await page.getByText("Time ran out. The call was denied.").waitFor();
      },
    );
    await withPage({ file: "index.html", hash: "approvals", width: 1080, data: {} }, async (page) => {
      await armed(page);
      await page.getByRole("button", { name: "Deny all" }).click();
      await page.locator(".ended").getByText("Denied.").waitFor();
    });
  });
});
