// The log as a person reads it: days, and calls that are told whole whatever is searched for.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { JournalRecord } from "../../shared/model/journal-entry.ts";
import { noBrowser, usePages, type OpenOptions } from "./harness.ts";

function call(seq: number, at: number, id: string): JournalRecord[] {
  const of = { call: id, client: "Cursor", server: "filesystem", tool: "write_file", hash: "a" };
  return [
    { seq, at, kind: "call-dispatched", ...of, decision: "allow", by: "person", detail: { arguments: { path: `/home/ann/${id}.txt` } } },
    { seq: seq + 1, at: at + 20, kind: "call-finished", ...of, outcome: "ok", durationMs: 20 },
  ];
}

describe.skipIf(noBrowser !== null)("activity", () => {
  const pages = usePages({ hash: "activity" });
  const withPage = (options: OpenOptions, run: (page: Page) => Promise<void>): Promise<void> => pages.with(options, run);

  it("tells a searched call whole: its end does not contain what was searched for, and it is not said to run", async () => {
    const now = Date.now();
    await withPage({ data: { records: [...call(1, now - 9000, "first"), ...call(3, now - 5000, "second")] } }, async (page) => {
      await page.getByRole("searchbox").fill("first.txt");
      const row = page.locator(".log-row");
      await expect.poll(() => row.count()).toBe(1);
      expect(await row.textContent()).toContain("allowed by you");
      expect(await row.textContent()).not.toContain("running");
      // One that comes while it is searched for: sent, then answered.
      const [sent, answered] = call(5, now, "first.txt");
      await page.mouse.move(5, 5);
      await page.evaluate((record) => window.fake.append(record === undefined ? [] : [record]), sent);
      await expect.poll(() => row.first().textContent()).toContain("running");
      await page.evaluate((record) => window.fake.append(record === undefined ? [] : [record]), answered);
      await expect.poll(() => row.first().textContent()).not.toContain("running");
      expect(await row.count()).toBe(2);
    });
  });

  it("asks for the other records of everything it found at once", async () => {
    const now = Date.now();
    const records = Array.from({ length: 30 }, (_, at) => call(2 * at + 1, now - 9000 + at * 50, `report-${String(at)}`)).flat();
    await withPage({ data: { records } }, async (page) => {
      await page.getByRole("searchbox").fill("report-");
      const asked = (): Promise<number[]> =>
        page.evaluate(() =>
          window.fake.calls
            .filter(({ channel }) => channel === "journal.page")
            .flatMap(({ input }) => (typeof input === "object" && input !== null && "calls" in input ? [input.calls] : []))
            .map((named) => (Array.isArray(named) ? named.length : 0)),
        );
      await expect.poll(asked).toEqual([30]);
      await page.locator(".log-row").first().waitFor();
      expect(await page.locator(".log-row", { hasText: "running" }).count()).toBe(0);
    });
  });

  it("begins every day with its name, and says the date in the detail", async () => {
    const noon = new Date(2026, 2, 11, 12).getTime();
    const day = 86_400_000;
    const records = [
      ...call(1, noon - 2 * day, "a"),
      ...call(3, noon - day, "b"),
      ...call(5, noon - day + 60_000, "c"),
      ...call(7, noon, "d"),
    ];
    await withPage({ data: { records } }, async (page) => {
      await page.locator(".log-row").first().waitFor();
      expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual([
        "Wednesday, 11 March 2026",
        "Tuesday, 10 March 2026",
        "Monday, 9 March 2026",
      ]);
      await page.getByRole("button", { name: /b\.txt/ }).click();
      await page.locator(".log-detail").getByText("10 Mar 2026, 12:00:00").waitFor();
    });
  });

  it("says why it cannot be read, and reads again", async () => {
    await withPage({ data: { held: ["journal.page"] } }, async (page) => {
      await page.evaluate(() => {
        window.fake.failures["journal.page"] = { code: "internal", message: "The journal is busy." };
        window.fake.release("journal.page");
      });
      await page.getByText("The journal is busy.").waitFor();
      await page.evaluate(() => {
        window.fake.failures = {};
      });
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("create_issue").first().waitFor();
      expect(await page.getByText("The journal is busy.").count()).toBe(0);
    });
  });

  it("keeps what it has read when older records cannot be, says so at its end, and goes on from there", async () => {
    await withPage({}, async (page) => {
      await page.getByText("create_issue").first().waitFor();
      await page.evaluate(() => {
        window.fake.failures["journal.page"] = { code: "internal", message: "The journal is busy." };
      });
      const log = page.locator(".log-scroll");
      const toEnd = (): Promise<void> => log.evaluate((scroller) => scroller.scrollTo({ top: scroller.scrollHeight }));
      await toEnd();
      await page.getByText("The journal is busy.").waitFor({ state: "attached" });
      expect(await page.locator(".log-row").count()).toBeGreaterThan(5);
      const asked = (): Promise<number> =>
        page.evaluate(() => window.fake.calls.filter(({ channel }) => channel === "journal.page").length);
      const before = await asked();
      await page.waitForTimeout(500);
      expect(await asked()).toBe(before);
      await page.evaluate(() => {
        window.fake.failures = {};
      });
      await toEnd();
      await page.getByRole("button", { name: "Try again" }).click();
      await expect.poll(asked).toBeGreaterThan(before);
      await expect.poll(() => page.getByText("The journal is busy.").count()).toBe(0);
      await log.evaluate(async (scroller) => {
        for (let step = 0; step < 20; step += 1) {
          scroller.scrollTo({ top: scroller.scrollHeight });
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      await page.getByText("The journal begins here.").waitFor();
    });
  });

  it("does not move under the keyboard", async () => {
    await withPage({}, async (page) => {
      await page.getByText("create_issue").first().waitFor();
      await page.mouse.move(5, 5);
      await page.locator(".log-line").first().focus();
      await page.evaluate((at) => window.fake.append([{ seq: 5001, at, kind: "gate-paused", by: "person", hash: "a" }]), Date.now());
      await page.getByRole("button", { name: "Show 1 new row" }).waitFor();
      expect(await page.locator(".log-row").first().textContent()).toContain("create_issue");
    });
  });

  it("is asked for the same when the person comes back to it", async () => {
    await withPage({}, async (page) => {
      await page.getByRole("searchbox").fill("create_issue");
      await page.getByRole("combobox", { name: "Show" }).click();
      await page.getByRole("option", { name: "Calls" }).click();
      await page.getByRole("link", { name: "Rules" }).click();
      await page.getByRole("link", { name: "Activity" }).click();
      expect(await page.getByRole("searchbox").inputValue()).toBe("create_issue");
      expect(await page.getByRole("combobox", { name: "Show" }).textContent()).toBe("Calls");
    });
  });

  it("takes the room that a narrow window has", async () => {
    await withPage({ width: 380, height: 700 }, async (page) => {
      await page.locator(".log-row").first().waitFor();
      const { bottom, height, scrolls } = await page.locator(".log-scroll").evaluate((log) => ({
        bottom: log.getBoundingClientRect().bottom,
        height: log.clientHeight,
        scrolls: log.scrollHeight > log.clientHeight,
      }));
      expect(bottom).toBeGreaterThan(695);
      expect(height).toBeGreaterThanOrEqual(360);
      expect(scrolls).toBe(true);
    });
  });
});
