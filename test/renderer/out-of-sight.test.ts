// What is not in sight is not allowed: the end of the arguments, however short they are, and where something is moved to.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { FakeData } from "../fixtures/renderer/fake-app.ts";
import { approval, detail, snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser, usePages } from "./harness.ts";

const destination = "/home/ann/.ssh/authorized_keys";

function move(args: unknown): Partial<FakeData> {
  const now = Date.now();
  const one = approval(now, { tool: "move_file", subject: { key: "destination", value: destination } });
  return { role: "approval", snapshot: { ...snapshot(now), approvals: [one] }, details: { [one.id]: detail(one, args) } };
}

const sent = (page: Page): Promise<number> =>
  page.evaluate(() => window.fake.calls.filter(({ channel }) => channel === "approval.answer").length);
const armed = (page: Page) => page.locator(".answer[data-armed=true]").waitFor();

describe.skipIf(noBrowser !== null)("arguments out of sight", () => {
  const pages = usePages({ file: "approval.html", width: 480, height: 512 });
  const long = move({ source: "/home/ann/notes.txt", note: Array.from({ length: 18 }, (_, at) => `line ${String(at)}`), destination });

  it.each([512, 256])("lock Allow and not Deny, in a window %i px high, until they were seen", async (height) => {
    await pages.with({ height, data: long }, async (page) => {
      await armed(page);
      const allow = page.getByRole("button", { name: /^Allow once/ });
      expect(await allow.getAttribute("aria-disabled")).toBe("true");
      await page.getByText("Scroll to the end to unlock Allow.").waitFor();
      await page.locator(".card-head").click();
      for (const key of ["Control+Enter", "s", "a"]) await page.keyboard.press(key);
      expect(await sent(page)).toBe(0);
      await page.getByRole("button", { name: "Go to the end" }).click();
      await expect.poll(() => allow.getAttribute("aria-disabled")).toBe("false");
      await armed(page);
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => sent(page)).toBe(1);
    });
    await pages.with({ height, data: long }, async (page) => {
      await armed(page);
      await page.keyboard.press("d");
      await expect.poll(() => sent(page)).toBe(1);
    });
  });

  it("are none where everything fits: half a second is enough, and the place it goes to is in the headline", async () => {
    await pages.with({ data: move({ source: "/home/ann/notes.txt", destination }) }, async (page) => {
      await armed(page);
      expect(await page.locator(".headline h2").textContent()).toBe("Move to authorized_keys");
      expect(await page.locator(".headline-lead").textContent()).toContain(destination);
      expect(await page.locator(".lock-note").count()).toBe(0);
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => sent(page)).toBe(1);
    });
  });
});
