// What is asked for when it is shown: while it is on its way, when it fails, when something else is to be shown, and when it is out of date.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { fixture, noBrowser, usePages } from "./harness.ts";

const { snapshot } = fixture(Date.now());
const filesystem = snapshot.servers.find(({ name }) => name === "filesystem");
if (filesystem === undefined) throw new Error("the fixture has no filesystem server");

const calls = (page: Page, channel: string): Promise<number> =>
  page.evaluate((wanted) => window.fake.calls.filter((call) => call.channel === wanted).length, channel);
const failing = (page: Page, channel: string): Promise<void> =>
  page.evaluate((wanted) => {
    window.fake.failures[wanted] = { code: "not-running", message: "It did not work.", hint: "Do this about it." };
  }, channel);
const mended = (page: Page): Promise<void> =>
  page.evaluate(() => {
    window.fake.failures = {};
  });
const pushServer = (page: Page, change: Partial<typeof filesystem>): Promise<void> =>
  page.evaluate((servers) => window.fake.push({ servers }), [{ ...filesystem, ...change }]);

describe.skipIf(noBrowser !== null)("a server's tools", () => {
  const pages = usePages({ hash: "servers/filesystem" });
  const openTools = (page: Page): Promise<void> => page.getByRole("tab", { name: "Tools" }).click();

  it("are said to be on their way; a failure says what to do, and is tried again", async () => {
    await pages.with({}, async (page) => {
      await page.evaluate(() => window.fake.hold("server.knownTools"));
      await openTools(page);
      await page.getByText("Loading…").waitFor();
      await failing(page, "server.knownTools");
      await page.evaluate(() => window.fake.release("server.knownTools"));
      await page.getByText("It did not work.").waitFor();
      await page.getByText("Do this about it.").waitFor();
      await mended(page);
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("read_text_file").waitFor();
      expect(await calls(page, "server.knownTools")).toBe(2);
    });
  });

  it("are none where it said so, and not merely unknown", async () => {
    await pages.with({}, async (page) => {
      await pushServer(page, { tools: { count: 0, listing: 1 } });
      await openTools(page);
      await page.getByText("It has no tools.").waitFor();
      expect(await page.getByText("not known yet").count()).toBe(0);
    });
  });

  it("are asked for once where it runs and has not said, and why it does not say is shown", async () => {
    await pages.with({}, async (page) => {
      await failing(page, "server.tools");
      await pushServer(page, { tools: null });
      await openTools(page);
      await page.getByText("Do this about it.").waitFor();
      expect(await calls(page, "server.tools")).toBe(1);
      await mended(page);
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("Asking it for its tools").waitFor();
      await pushServer(page, { tools: { count: 6, listing: 1 } });
      await page.getByText("read_text_file").waitFor();
    });
  });

  it("have the effect of each at one edge, whatever stands beside it", async () => {
    await pages.with({}, async (page) => {
      await openTools(page);
      const ends = await page
        .locator(".tool-head .end .badge")
        .evaluateAll((all) => all.map((badge) => badge.getBoundingClientRect().right));
      expect(ends.length).toBeGreaterThan(2);
      expect(new Set(ends.map(Math.round)).size).toBe(1);
    });
  });
});

describe.skipIf(noBrowser !== null)("what a server said on stderr", () => {
  const pages = usePages({ hash: "servers/filesystem" });

  it("is read again when it has ended or failed, and a failure to read it says what to do", async () => {
    await pages.with({}, async (page) => {
      await page.getByRole("tab", { name: "Stderr" }).click();
      await page.getByText("slow disk").waitFor();
      expect(await calls(page, "server.log")).toBe(1);
      await page.evaluate(() => Object.assign(window.fake.answers, { "server.log": ["it broke"] }));
      const error = { code: "internal" as const, message: "It ended." };
      await pushServer(page, { instances: [], state: { kind: "failed", at: 1, error } });
      await page.getByText("it broke").waitFor();
      await failing(page, "server.log");
      await pushServer(page, { instances: [], state: { kind: "failed", at: 2, error } });
      await page.getByText("Do this about it.").waitFor();
      expect(await calls(page, "server.log")).toBe(3);
    });
  });
});

describe.skipIf(noBrowser !== null)("a rule that is being written", () => {
  const pages = usePages({ hash: "rules" });

  it("is not offered the tools of the server that was named before", async () => {
    await pages.with({}, async (page) => {
      await page.getByRole("button", { name: "Add a rule" }).click();
      const offered = page.locator("#rule-tools option");
      await page.getByRole("combobox", { name: "Server" }).fill("filesystem");
      await expect.poll(() => offered.count()).toBeGreaterThan(0);
      await page.evaluate(() => window.fake.hold("server.knownTools"));
      await page.getByRole("combobox", { name: "Server" }).fill("github");
      expect(await offered.count()).toBe(0);
      await page.evaluate(() => window.fake.release("server.knownTools"));
      await expect.poll(() => offered.first().getAttribute("value")).toBe("create_issue");
    });
  });
});
