// The answer in windows that are too low for everything: what scrolls is what was opened, or a name, and never the buttons.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { approval, detail, snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser, usePages } from "./harness.ts";

/** What of the answer's buttons is not in sight, by their words. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".answer-main button, .answer-more button")].flatMap((button) => {
      const { left, right, top, bottom, width, height } = button.getBoundingClientRect();
      const inside = left >= 0 && right <= window.innerWidth && top >= 0 && bottom <= window.innerHeight;
      const there = button.contains(document.elementFromPoint(left + width / 2, top + height - 3));
      return inside && there ? [] : [button.textContent];
    }),
  );

describe.skipIf(noBrowser !== null)("the buttons of an answer", () => {
  const pages = usePages();
  const now = Date.now();
  const long = approval(now, { client: `Client ${"c".repeat(55)}`, server: "s".repeat(64), tool: `write_${"t".repeat(179)}` });
  const data = { snapshot: { ...snapshot(now), approvals: [long] }, details: { [long.id]: detail(long, { path: "/a" }) } };

  it.each([512, 400, 341, 256])("are in sight in an approval window %i px high", async (height) => {
    for (const more of [{}, data]) {
      await pages.with({ file: "approval.html", width: 480, height, data: { role: "approval", ...more } }, async (page) => {
        await page.locator(".answer[data-armed=true]").waitFor();
        expect(await cutOff(page)).toEqual([]);
        await page.getByRole("button", { name: "Deny with a reason…" }).click();
        await page.getByRole("radio", { name: "Always" }).click();
        await page.locator(".rule-sentence").waitFor();
        expect(await cutOff(page)).toEqual([]);
        expect(await page.locator(".answer-panel").evaluate((panel) => panel.clientHeight)).toBeGreaterThanOrEqual(50);
      });
    }
  });

  it("do not shorten the height that the approval window asks for", async () => {
    await pages.with({ file: "approval.html", width: 480, height: 256, data: { role: "approval", ...data } }, async (page) => {
      await page.locator(".answer[data-armed=true]").waitFor();
      await page.getByRole("button", { name: "Deny with a reason…" }).click();
      const wanted = (): Promise<number> =>
        page.evaluate(() => {
          const last = window.fake.calls.findLast(({ channel }) => channel === "view.resize")?.input;
          return typeof last === "object" && last !== null && "height" in last ? Number(last.height) : 0;
        });
      await page.waitForTimeout(300);
      await page.setViewportSize({ width: 480, height: await wanted() });
      await page.waitForTimeout(300);
      await page.setViewportSize({ width: 480, height: await wanted() });
      await page.waitForTimeout(300);
      const hidden = await page.evaluate(() =>
        [".card-path", ".card-body", ".answer-panel"].map((name) => {
          const part = document.querySelector(name);
          return part === null ? name : part.scrollHeight - part.clientHeight;
        }),
      );
      expect(hidden).toEqual([0, 0, 0]);
    });
  });

  it.each([
    [900, 600],
    [640, 480],
  ])("are in sight in a main window of %i by %i, with names as long as they get", async (width, height) => {
    await pages.with({ hash: "approvals", width, height, data }, async (page) => {
      await page.locator(".answer[data-armed=true]").waitFor();
      expect(await cutOff(page)).toEqual([]);
      await page.getByRole("button", { name: "Deny with a reason…" }).click();
      await page.getByRole("radio", { name: "Always" }).click();
      expect(await cutOff(page)).toEqual([]);
    });
  });
});
