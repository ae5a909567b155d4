// What is told to those who do not see the page as it was drawn: in the title, to a screen reader, in a system's own colours.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noBrowser, usePages } from "./harness.ts";

describe.skipIf(noBrowser !== null)("in the system's own colours", () => {
  const pages = usePages();
  const background = (page: Page, selector: string): Promise<string> =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);

  it("a state is still to be seen: what is chosen, what is on, where one is, how it goes", async () => {
    const pairs = [
      ["settings", ".segment[data-checked]", ".segment:not([data-checked])"],
      ["settings", ".switch[data-checked]", ".switch:not([data-checked])"],
      ["settings", ".switch:not([data-checked]) .switch-thumb", ".switch:not([data-checked])"],
      ["settings", ".rail-item[aria-current]", ".rail-item:not([aria-current])"],
      ["servers/github", ".list-item[aria-current]", ".list-item:not([aria-current])"],
      ["servers/github", ".dot.green", ".dot.red"],
    ] as const;
    for (const [hash, on, off] of pairs) {
      await pages.with({ hash }, async (page) => {
        await page.emulateMedia({ forcedColors: "active" });
        expect(await background(page, on), on).not.toBe(await background(page, off));
      });
    }
  });
});
