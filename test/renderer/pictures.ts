import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { screenshots, usePages, type OpenOptions } from "./harness.ts";

/** A state of a page that is worth a look. */
export interface Picture {
  readonly name: string;
  readonly open: OpenOptions;
  /** What leads to it once the page is open. */
  readonly act?: (page: Page) => Promise<void>;
}

/** A test for each picture, to be called in a `describe`: taken in both themes as `<prefix>-<name>-<theme>.png`, nothing is wrong with it. */
export function testPictures(prefix: string, pictures: readonly Picture[]): void {
  const pages = usePages();
  it.each(pictures)("$name", async ({ name, open, act }) => {
    await pages.with(open, async (page) => {
      // Past the half second in which the buttons look switched off.
      await page.waitForFunction(() => document.querySelector(".answer[data-armed=false]") === null);
      await act?.(page);
      await page.mouse.move(0, 0);
      await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
      for (const theme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: theme });
        expect(await faultsOf(page, `${prefix}-${name}-${theme}`), theme).toEqual([]);
      }
    });
  });
}

/** Takes a picture of a page that axe was loaded into, for a person to look at; returns what axe finds wrong with it, and whether it is wider than the window. */
async function faultsOf(page: Page, picture: string): Promise<readonly string[]> {
  await page.screenshot({ path: path.join(screenshots, `${picture}.png`) });
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { target: unknown[]; failureSummary: string }[] }[] }> };
    };
    const { violations: found } = await axe.run({ resultTypes: ["violations"] });
    return found.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(" ")} (${failureSummary})`).join("; ")}`,
    );
  });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return overflow > 0 ? [...violations, `wider than the window by ${String(overflow)}`] : violations;
}
