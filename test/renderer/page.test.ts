// What a page does with the browser around it: its clipboard, and its way of keeping pages that were left.
import { describe, expect, it } from "vitest";
import { noBrowser, usePages } from "./harness.ts";

describe.skipIf(noBrowser !== null)("a page and its browser", () => {
  const pages = usePages();

  it("says when the clipboard refused a text, and only then", async () => {
    await pages.with({ hash: "clients" }, async (page) => {
      await page.evaluate(() => {
        Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new Error("not allowed")) } });
        document.execCommand = () => false;
      });
      const refused = page.getByText("The clipboard refused the text.");
      await page.getByRole("button", { name: "Copy" }).first().click();
      await refused.waitFor();
      expect(await page.getByRole("button", { name: "Copied" }).count()).toBe(0);
      await page.getByRole("button", { name: "Dismiss" }).click();
      await refused.waitFor({ state: "detached" });
      await page.evaluate(() => {
        document.execCommand = () => true;
        document.hasFocus = () => false;
      });
      await page.getByRole("button", { name: "Copy" }).first().click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      expect(await refused.count()).toBe(0);
    });
  });

  it("begins anew when the browser shows it again as it was left", async () => {
    await pages.with({ hash: "rules" }, async (page) => {
      const loaded = page.waitForEvent("load");
      await page.evaluate(() => {
        window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
        window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
      });
      await loaded;
      await page.getByText("What no rule covers").waitFor();
      await page.evaluate(() => window.fake.push({ rules: [] }));
      await expect.poll(() => page.getByText("No rules yet").count()).toBe(1);
    });
  });
});
