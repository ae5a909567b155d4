// What a sandbox opens, changed on its tab, and the way out of a journal that cannot be trusted: the words before, and what is asked of
// the app after.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noBrowser, fixture, usePages } from "./harness.ts";

describe.skipIf(noBrowser !== null)("changes that need a second look", () => {
  const pages = usePages();

  const inputs = (page: Page, channel: string): Promise<unknown[]> =>
    page.evaluate((name) => window.fake.calls.filter((call) => call.channel === name).map(({ input }) => input), channel);

  it("opens and closes folders and hosts of a sandbox, and sends nothing when nothing changed", async () => {
    await pages.with({ hash: "servers/filesystem" }, async (page) => {
      await page.getByRole("tab", { name: "Sandbox" }).click();
      await page.getByRole("button", { name: "Change folders, hosts and limits" }).click();
      const save = page.getByRole("button", { name: "Save and review" });
      expect(await page.getByLabel("May read and write").inputValue()).toBe("/home/ann/projects/site");
      expect(await page.getByLabel("May only read").inputValue()).toBe("/home/ann/projects/shared");
      expect(await save.getAttribute("aria-disabled")).toBe("true");
      await save.click({ force: true });
      await page.getByLabel("May only read").fill("");
      await page.getByLabel("May connect to").fill(" api.github.com \n\nlocalhost:5432\napi.github.com");
      await page.getByText("It starts again when you have looked at the change").waitFor();
      await save.click();
      await expect.poll(() => inputs(page, "server.setSandbox")).toHaveLength(1);
      expect(await inputs(page, "server.setSandbox")).toEqual([
        { name: "filesystem", sandbox: { read: [], write: ["/home/ann/projects/site"], hosts: ["api.github.com", "localhost:5432"] } },
      ]);
      await page.getByRole("button", { name: "Change folders, hosts and limits" }).waitFor();
    });
  });

  it("changes limits, each within its bounds, and sends them only where they changed", async () => {
    const base = fixture(Date.now());
    const servers = base.snapshot.servers.map((server) =>
      server.name === "filesystem" ? { ...server, sandbox: { ...server.sandbox, limits: { memoryMb: 512, openFiles: 64 } } } : server,
    );
    await pages.with({ hash: "servers/filesystem", data: { snapshot: { ...base.snapshot, servers } } }, async (page) => {
      await page.getByRole("tab", { name: "Sandbox" }).click();
      await page.getByRole("button", { name: "Change folders, hosts and limits" }).click();
      const save = page.getByRole("button", { name: "Save and review" });
      expect(await page.getByLabel("Memory in MB").inputValue()).toBe("512");
      // One number for all of a server would be another promise.
      expect(await page.getByText("For each process.").count()).toBe(2);
      expect(await page.getByLabel("Processes").inputValue()).toBe("");
      for (const wrong of ["15", "1.5", "-1", "4 GB", "1048577"]) {
        await page.getByLabel("Memory in MB").fill(wrong);
        await page.getByText("A whole number from 16 to 1,048,576.").waitFor();
        expect(await save.getAttribute("aria-disabled")).toBe("true");
      }
      await page.getByLabel("Memory in MB").fill(" 4096 ");
      await page.getByLabel("Open files").fill("");
      await save.click();
      const lists = { read: ["/home/ann/projects/shared"], write: ["/home/ann/projects/site"], hosts: [] };
      await expect
        .poll(() => inputs(page, "server.setSandbox"))
        .toEqual([{ name: "filesystem", sandbox: { ...lists, limits: { memoryMb: 4096 } } }]);
    });
  });

  it("puts a journal aside after saying what that does, and again where the keychain could not be told", async () => {
    const base = fixture(Date.now());
    const fault = "Record 812 does not fit to the one before it.";
    const { app } = base.snapshot;
    const snapshot = {
      ...base.snapshot,
      app: { ...app, state: "fault" as const, reason: fault, journal: { records: 811, fault } },
    };
    const file = "/home/ann/.local/share/portcullis/journal-20261120-140322.db";
    const answers = { "journal.archive": { file, anchored: false } };
    await pages.with({ hash: "servers", data: { snapshot, answers } }, async (page) => {
      await page.getByRole("button", { name: "Put the journal aside…" }).click();
      await page.getByText("Nothing is deleted.").waitFor();
      expect(await inputs(page, "journal.archive")).toEqual([]);
      await page.getByRole("button", { name: "Put the journal aside" }).click();
      await page.getByText(file).waitFor();
      await page.getByText("it would refuse the new journal").waitFor();
      await page.evaluate((kept) => {
        window.fake.answers["journal.archive"] = { file: kept, anchored: true };
      }, file);
      await page.getByRole("button", { name: "Do it again" }).click();
      await page.getByText("Quit Portcullis and start it again.").waitFor();
      await page.getByRole("button", { name: "Quit Portcullis" }).click();
      await expect.poll(() => inputs(page, "app.quit")).toHaveLength(1);
      expect(await inputs(page, "journal.archive")).toHaveLength(2);
    });
  });

  it("offers no such thing for a fault of another kind", async () => {
    const base = fixture(Date.now());
    const snapshot = { ...base.snapshot, app: { ...base.snapshot.app, state: "fault" as const, reason: "config.json is broken." } };
    await pages.with({ hash: "servers", data: { snapshot } }, async (page) => {
      await page.getByText("config.json is broken.").waitFor();
      expect(await page.getByRole("button", { name: "Put the journal aside" }).count()).toBe(0);
    });
  });
});
