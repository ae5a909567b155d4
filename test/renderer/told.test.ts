// What is told to those who do not see the page as it was drawn: in the title, to a screen reader, in a system's own colours.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { approvals } from "../fixtures/renderer/snapshot.ts";
import { migrationFixture } from "../fixtures/renderer/migration.ts";
import { noBrowser, usePages } from "./harness.ts";

describe.skipIf(noBrowser !== null)("what waits", () => {
  const pages = usePages();
  const { list } = approvals(Date.now());

  it("stands in the title, and is read out whatever screen is open", async () => {
    await pages.with({ hash: "rules" }, async (page) => {
      const told = page.locator("output.sr-only").first();
      await expect.poll(() => page.title()).toBe("(2) Rules · Portcullis");
      expect(await told.textContent()).toBe("2 questions wait");
      await page.evaluate((waiting) => window.fake.push({ approvals: waiting }), list.slice(0, 1));
      await expect.poll(() => told.textContent()).toBe("1 question waits");
      await page.evaluate(() => window.fake.push({ approvals: [] }));
      await expect.poll(() => page.title()).toBe("Rules · Portcullis");
      expect(await told.textContent()).toBe("");
    });
  });

  it("is named in the approval window: who wants to use what of which server", async () => {
    await pages.with({ file: "approval.html", width: 480, height: 700, data: { role: "approval" } }, async (page) => {
      const told = page.locator("main > output.sr-only");
      const first = "Cursor wants to use write_file of filesystem";
      await expect.poll(() => told.textContent(), { timeout: 10_000 }).toBe(first);
      const afterAnswer = async (): Promise<string | null> => {
        // A key that comes while the window still takes its size answers nothing.
        if ((await told.textContent()) === first) await page.keyboard.press("d");
        return told.textContent();
      };
      await expect.poll(afterAnswer, { timeout: 10_000 }).toBe("Claude Code wants to use create_issue of github");
    });
  });
});

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
        // The system's pair, and not one half of it on a colour of ours.
        const other = hash === "settings" ? ".segment[data-checked]" : ".list-item[aria-current]";
        expect(await background(page, ".rail-item[aria-current]")).toBe(await background(page, other));
        expect(await background(page, ".rail-item[aria-current] .rail-count, .rail-gap")).not.toBe(
          await background(page, ".rail-item[aria-current]"),
        );
      });
    }
  });
});

describe.skipIf(noBrowser !== null)("a name as long as it gets", () => {
  const pages = usePages();

  it("does not make a narrow window scroll sideways, and the kinds of a variable are read whole", async () => {
    await pages.with({ hash: "clients", width: 380, height: 700 }, async (page) => {
      await page.evaluate(() => {
        const name = "s".repeat(64);
        const base = { command: "npx", args: [], env: [], cwd: null, warnings: [], fingerprint: "f", state: { kind: "idle" as const } };
        const sandbox = { kind: "boxed" as const, reason: null, read: [], write: [], hosts: [] };
        window.fake.push({ servers: [{ ...base, name, sandbox, secrets: [], instances: [], tools: null, package: null, callsToday: 0 }] });
      });
      await page.getByText("s".repeat(64)).first().waitFor();
      const sideways = await page.evaluate(() =>
        [...document.querySelectorAll(".content, .screen-body")].map((part) => part.scrollWidth - part.clientWidth),
      );
      expect(sideways.every((by) => by <= 0)).toBe(true);
    });
    await pages.with({ hash: "servers/-new", width: 1280, height: 720 }, async (page) => {
      await page.getByRole("button", { name: "Add a variable" }).click();
      const cut = await page.locator(".env-row .select .one-line").evaluate((words) => words.scrollWidth - words.clientWidth);
      expect(cut).toBeLessThanOrEqual(0);
    });
  });
});

describe.skipIf(noBrowser !== null)("a client whose sessions say different things of themselves", () => {
  const pages = usePages();

  it("has them told apart", async () => {
    await pages.with({ hash: "clients" }, async (page) => {
      await page.evaluate(() => {
        const base = { name: "Cursor", server: "filesystem", connectedAt: 1, calls: 1 };
        window.fake.push({ clients: ["cursor 1.0", "cursor 1.1"].map((says) => ({ ...base, id: says, says })) });
      });
      const row = page.getByRole("region", { name: "Connected now" }).getByRole("listitem").first();
      await expect.poll(() => row.textContent()).toContain("says it is cursor 1.0 and cursor 1.1");
    });
  });
});

describe.skipIf(noBrowser !== null)("an undo that put nothing back", () => {
  const pages = usePages({ hash: "clients" });

  it("is not told as one that did", async () => {
    const migration = migrationFixture(Date.now());
    const reason = "The file is gone, so nothing was put back.";
    const undone = { ...migration.applied, files: migration.applied.files.map((file) => ({ ...file, state: "undone", reason })) };
    const data = { migration: { ...migration, history: [migration.applied] }, answers: { "migration.undo": undone } };
    await pages.with({ data }, async (page) => {
      await page.getByRole("button", { name: "Undo the change of /home/ann/.cursor/mcp.json" }).first().click();
      await page.getByRole("button", { name: "Put back" }).click();
      await page.getByText("Not everything is as it was").first().waitFor();
      expect(await page.getByText(`/home/ann/.cursor/mcp.json: ${reason}`).count()).toBeGreaterThan(0);
      expect(await page.getByText("/home/ann/.cursor/mcp.json is put back").count()).toBe(0);
    });
  });
});
