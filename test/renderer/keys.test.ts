// Which question a key answers: the one that the keyboard is at, and none when it is somewhere else.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { approval, detail, snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser, usePages } from "./harness.ts";

const answers = (page: Page): Promise<unknown[]> =>
  page.evaluate(() => window.fake.calls.filter(({ channel }) => channel === "approval.answer").map(({ input }) => input));
const armed = (page: Page) => page.locator(".answer[data-armed=true]").waitFor();

describe.skipIf(noBrowser !== null)("a key pressed beside a question", () => {
  const pages = usePages();
  const now = Date.now();
  const three = ["q1", "q2", "q3"].map((id, at) =>
    approval(now, { id, fingerprint: `fingerprint-${id}`, createdAt: now - 9000 + at, tool: `write_${id}` }),
  );
  const data = {
    snapshot: { ...snapshot(now), approvals: three },
    details: Object.fromEntries(three.map((one) => [one.id, detail(one, { path: "/a" })])),
  };

  it("answers nothing: on another row, or on a link of the rail", async () => {
    await pages.with({ hash: "approvals", data }, async (page) => {
      await armed(page);
      // The person has the window in hand.
      await page.locator(".headline").click();
      for (const other of [page.getByRole("button", { name: /write_q3/ }), page.getByRole("link", { name: "Activity" })]) {
        await other.focus();
        for (const key of ["s", "d", "a", "Control+Enter"]) await page.keyboard.press(key);
        await page.getByText("The keyboard is not at this question.").waitFor();
      }
      expect(await answers(page)).toEqual([]);
      expect(await page.locator(".headline h2").textContent()).toContain("Change");
      expect(await page.locator(".answer-panel").count()).toBe(0);
      await page.locator(".headline").click();
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => answers(page)).toMatchObject([{ id: "q1", verdict: "allow", remember: "once" }]);
    });
  });

  it("answers where the keyboard was brought by the way to this screen", async () => {
    await pages.with({ hash: "activity", data }, async (page) => {
      await page.getByRole("link", { name: "Approvals" }).click();
      await armed(page);
      await page.keyboard.press("d");
      await expect.poll(() => answers(page)).toMatchObject([{ id: "q1", verdict: "deny" }]);
    });
  });

  it("answers from the row of the question that is open", async () => {
    await pages.with({ hash: "approvals", data }, async (page) => {
      await armed(page);
      await page.getByRole("button", { name: /write_q2/ }).click();
      await page.locator(".list-item[aria-current=true]", { hasText: "write_q2" }).waitFor();
      await armed(page);
      await expect
        .poll(async () => {
          await page.keyboard.press("Control+Enter");
          return answers(page);
        })
        .toMatchObject([{ id: "q2", verdict: "allow" }]);
    });
  });

  it("goes back to the search's button, and the rest of what was typed there allows nothing", async () => {
    const one = approval(now);
    // Only what is long can be searched.
    const long = {
      role: "approval" as const,
      snapshot: { ...snapshot(now), approvals: [one] },
      details: { [one.id]: detail(one, { path: "/a", a: "word ".repeat(50), b: "word ".repeat(50), c: "word ".repeat(50) }) },
    };
    await pages.with({ file: "approval.html", width: 480, height: 900, data: long }, async (page) => {
      await armed(page);
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("textbox", { name: "Search" }).pressSequentially("sit");
      await page.keyboard.press("Escape");
      await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Search");
      await page.keyboard.press("s");
      expect(await answers(page)).toEqual([]);
      await page.getByText("Click into this window first").waitFor();
      await page.locator(".headline").click();
      await page.keyboard.press("s");
      await expect.poll(() => answers(page)).toMatchObject([{ verdict: "allow", remember: "session" }]);
    });
  });
});
