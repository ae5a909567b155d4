// What the wizard and the migration parts of the screens do, in a real browser: the keyboard alone, what has to be read first, what is asked of
// the app, what a screen reader hears, and names and paths that somebody else wrote (threats 1, 4, 13, 32).
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Drift, Selection } from "../../shared/model/migration.ts";
import type { FakeMigration } from "../fixtures/renderer/fake-app.ts";
import { migrationFixture } from "../fixtures/renderer/migration.ts";
import { snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser, usePages, type OpenOptions } from "./harness.ts";

const now = Date.now();
const base = snapshot(now);
const fresh = { ...base, servers: [], approvals: [], clients: [], rules: [], secrets: [] };
const migration = migrationFixture(now);
const drift: Drift = {
  id: "d1",
  kind: "re-added",
  file: "/home/ann/.cursor/mcp.json",
  path: "/home/ann/.cursor/mcp.json",
  client: "Cursor",
  servers: ["github"],
  text: "github is started directly again, past Portcullis.",
  at: now - 60_000,
};

async function inputs(page: Page, channel: string): Promise<unknown[]> {
  return await page.evaluate((name) => window.fake.calls.filter((call) => call.channel === name).map(({ input }) => input), channel);
}

async function lastSelection(page: Page): Promise<Selection> {
  return (await inputs(page, "migration.plan")).at(-1) as Selection;
}

const primary = (page: Page) => page.locator(".welcome-foot .button.primary");

async function toReview(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Review what would change" }).click();
  await page.getByRole("heading", { level: 1, name: /to the keychain/ }).waitFor();
}

async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector(".foot-note")?.textContent !== "Making the plan…");
}

describe.skipIf(noBrowser !== null)("a migration in the window", () => {
  const pages = usePages();
  const withPage = (options: OpenOptions, run: (page: Page) => Promise<void>): Promise<void> => pages.with(options, run);
  const wizard: OpenOptions = { hash: "welcome", data: { snapshot: fresh, migration } };

  it("comes by itself when nothing is configured, and not again after “not now”", async () => {
    await withPage({ data: { snapshot: fresh, migration } }, async (page) => {
      await page.getByRole("heading", { level: 1, name: /8 plaintext secrets in 6 files of 4 clients/ }).waitFor();
      expect(await page.title()).toBe("Look for configs · Portcullis");
      await page.getByRole("button", { name: "Not now" }).click();
      await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
      await page.goto(`${pages.url()}/index.html`);
      await page.reload();
      await page.getByRole("heading", { level: 1, name: "Approvals" }).waitFor();
      await expect.poll(() => inputs(page, "migration.history")).not.toEqual([]);
      expect(await inputs(page, "migration.scan")).toEqual([]);
    });
  });

  it("does not come where there are servers, another screen was asked for, or no client is found", async () => {
    await withPage({ data: { migration } }, async (page) => {
      await expect.poll(() => inputs(page, "migration.drift")).toHaveLength(1);
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Approvals");
    });
    await withPage({ hash: "rules", data: { snapshot: fresh, migration } }, async (page) => {
      await expect.poll(() => inputs(page, "migration.drift")).toHaveLength(1);
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Rules");
    });
    await withPage({ data: { snapshot: fresh } }, async (page) => {
      await page.getByRole("heading", { level: 2, name: "No servers yet" }).waitFor();
      await page.getByRole("button", { name: "Add a server" }).waitFor();
    });
  });

  it("goes from the look to the undo by the keyboard alone", async () => {
    await withPage(wizard, async (page) => {
      const focused = (): Promise<string> =>
        page.evaluate(() => {
          const at = document.activeElement;
          const label = at instanceof HTMLTextAreaElement ? at.labels[0]?.textContent : null;
          return at?.getAttribute("aria-label") ?? label ?? at?.textContent ?? "";
        });
      const visible = (): Promise<boolean> =>
        page.evaluate(() => {
          const style = document.activeElement === null ? null : getComputedStyle(document.activeElement);
          return style !== null && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        });
      const tabTo = async (wanted: RegExp): Promise<void> => {
        for (let step = 0; step < 120; step += 1) {
          await page.keyboard.press("Tab");
          const name = await focused();
          expect(await visible(), name).toBe(true);
          if (wanted.test(name)) return;
        }
        throw new Error(`Tab never came to ${String(wanted)}`);
      };
      await page.getByRole("heading", { level: 1, name: /plaintext secrets in/ }).waitFor();
      await expect.poll(focused).toMatch(/8 plaintext secrets/);
      await tabTo(/^Review what would change$/);
      await page.keyboard.press("Enter");
      await expect.poll(focused).toMatch(/secrets to the keychain|What would change/);
      await tabTo(/^Move DEPLOY_KEY to the keychain$/);
      await page.keyboard.press("Space");
      await settled(page);
      expect(await focused()).toBe("Move DEPLOY_KEY to the keychain");
      expect((await lastSelection(page)).secrets).not.toContain("s5");
      await tabTo(/^Details of filesystem$/);
      await page.keyboard.press("Enter");
      await tabTo(/^Change folders and hosts…$/);
      await page.keyboard.press("Enter");
      await tabTo(/^May connect to$/);
      await page.keyboard.type("example.org");
      await tabTo(/^Use this$/);
      await page.keyboard.press("Enter");
      await settled(page);
      expect((await lastSelection(page)).sandbox).toEqual({
        filesystem: { read: [], write: ["/home/ann/projects/site"], hosts: ["example.org"] },
      });
      await tabTo(/^Move 6 secrets, connect 5 clients$/);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: /moved/ }).waitFor();
      await expect.poll(focused).toMatch(/7 secrets moved, 5 clients connected/);
      await tabTo(/^Undo all of it$/);
      await page.keyboard.press("Enter");
      expect(await focused()).toBe("Cancel");
      await page.keyboard.press("Enter");
      expect(await focused()).toBe("Undo all of it");
      await page.keyboard.press("Enter");
      await tabTo(/^Put back$/);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "Everything is as it was" }).waitFor();
      expect(await inputs(page, "migration.undo")).toEqual([{ migration: "m1" }]);
    });
  });

  it("cannot be applied before the end of a dangerous command was in sight, and shows where it is", async () => {
    await withPage({ ...wizard, height: 420 }, async (page) => {
      await toReview(page);
      await page.getByText("1 command to read first").waitFor();
      await primary(page).click({ force: true });
      expect(await inputs(page, "migration.apply")).toEqual([]);
      expect(await page.locator(".argv mark").allTextContents()).toEqual(expect.arrayContaining(["curl", "|"]));
      await page.getByRole("button", { name: "Show" }).click();
      await expect.poll(() => primary(page).getAttribute("aria-disabled")).toBe("false");
      expect(await page.evaluate(() => document.activeElement?.className)).toBe("argv");
    });
  });

  it("asks for exactly what is ticked, keeps the focus on a server that is left, and says what stays readable", async () => {
    await withPage(wizard, async (page) => {
      await toReview(page);
      const stripe = page.getByRole("checkbox", { name: "Move stripe", exact: true });
      await stripe.focus();
      await page.keyboard.press("Space");
      await settled(page);
      expect((await lastSelection(page)).servers).not.toContain("stripe");
      expect(await stripe.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await stripe.isChecked()).toBe(false);
      await page.getByRole("heading", { level: 1, name: "7 secrets to the keychain, 8 servers behind the gate" }).waitFor();
      await page.keyboard.press("Space");
      await settled(page);
      expect(await lastSelection(page)).not.toHaveProperty("servers");
      // The same token stands in two clients: one tick for both.
      await page.getByRole("checkbox", { name: "Move GITHUB_PERSONAL_ACCESS_TOKEN to the keychain" }).uncheck();
      await settled(page);
      expect((await lastSelection(page)).secrets).toEqual(expect.not.arrayContaining(["s1", "s6"]));
      await page.getByText("stays readable, in Portcullis’ own config").waitFor();
    });
  });

  it("leaves files that git shares with others, and moves them when that is asked for", async () => {
    const { scan } = migration;
    const files = scan.files.map((file) =>
      file.id === "cursor-project"
        ? { ...file, exposures: [{ kind: "git-tracked" as const, text: "Git tracks it.", severe: true }] }
        : file,
    );
    await withPage({ ...wizard, data: { ...wizard.data, migration: { ...migration, scan: { ...scan, files } } } }, async (page) => {
      await page.getByRole("button", { name: "Review what would change" }).click();
      await page.getByRole("heading", { level: 1, name: /8 servers behind the gate/ }).waitFor();
      const shared = page.getByRole("checkbox", { name: /Also move what is in files that git shares/ });
      expect(await shared.isChecked()).toBe(false);
      expect(await lastSelection(page)).not.toHaveProperty("shared");
      await shared.check();
      await page.getByRole("heading", { level: 1, name: /9 servers behind the gate/ }).waitFor();
      expect((await lastSelection(page)).shared).toBe(true);
    });
  });

  it("is limited to one client when it is opened from there, and back means what was found", async () => {
    await withPage({ hash: "clients", data: { migration } }, async (page) => {
      await page.getByRole("button", { name: /Move secrets.* of Cursor/ }).click();
      await page.getByRole("heading", { level: 1, name: "3 plaintext secrets in 2 files of 1 client" }).waitFor();
      await toReview(page);
      expect((await lastSelection(page)).clients).toEqual(["cursor"]);
      await page.getByRole("button", { name: "Back" }).click();
      await page.getByRole("heading", { level: 1, name: /3 plaintext secrets/ }).waitFor();
      await page.getByRole("button", { name: "Not now" }).click();
      await page.getByRole("heading", { level: 1, name: "Clients" }).waitFor();
    });
  });

  it("says politely what it does, not more often than can be heard, and goes on when the page is left", async () => {
    await withPage({ ...wizard, data: { ...wizard.data, held: ["migration.apply"] }, height: 2400 }, async (page) => {
      await toReview(page);
      await expect.poll(() => primary(page).getAttribute("aria-disabled")).toBe("false");
      await primary(page).click();
      await page.getByRole("heading", { level: 1, name: "Moving…" }).waitFor();
      await page.evaluate(() => {
        const heard: string[] = [];
        Object.assign(window, { heard });
        const region = document.querySelector(".progress output");
        if (region === null) throw new Error("no live region");
        new MutationObserver(() => heard.push(region.textContent ?? "")).observe(region, {
          subtree: true,
          childList: true,
          characterData: true,
        });
        for (let done = 0; done < 40; done += 1) {
          window.fake.progress({ kind: "store", done, total: 40, text: `Storing secret ${String(done)}` });
        }
      });
      await page.waitForFunction(() => (window as unknown as { heard: string[] }).heard.includes("Storing secret 39"));
      expect(await page.evaluate(() => (window as unknown as { heard: string[] }).heard.length)).toBeLessThanOrEqual(2);
      expect(await page.getByRole("progressbar").getAttribute("max")).toBe("40");
      await page.getByRole("button", { name: "Close" }).click();
      await page.getByRole("heading", { level: 1, name: "Clients" }).waitFor();
      await page.getByRole("button", { name: "Look for configs" }).click();
      await page.getByRole("heading", { level: 1, name: "Moving…" }).waitFor();
      await page.evaluate(() => window.fake.release("migration.apply"));
      await page.getByRole("heading", { level: 1, name: /moved/ }).waitFor();
      expect(await inputs(page, "migration.apply")).toHaveLength(1);
    });
  });

  it("shows a failure of the whole with what to do, and nothing is lost by it", async () => {
    await withPage({ ...wizard, height: 2400 }, async (page) => {
      await toReview(page);
      await page.evaluate(() => {
        window.fake.failures["migration.apply"] = {
          code: "vault-locked",
          message: "Nothing was changed. The keychain is locked.",
          hint: "Unlock it, then press again.",
        };
      });
      await expect.poll(() => primary(page).getAttribute("aria-disabled")).toBe("false");
      await primary(page).click();
      await page.getByText("Nothing was changed. The keychain is locked.").waitFor();
      await page.getByText("Unlock it, then press again.").waitFor();
      await page.evaluate(() => {
        window.fake.failures = {};
      });
      await primary(page).click();
      await page.getByRole("heading", { level: 1, name: /moved/ }).waitFor();
      await page.getByText("Restart these two").waitFor();
      await page.getByText("stripe ended with exit status 1").waitFor();
      await page.getByText("A remote has a commit with the secret").waitFor();
    });
  });

  it("shows a look that failed, and looks again", async () => {
    await withPage({ hash: "rules", data: { snapshot: fresh, migration } }, async (page) => {
      await page.evaluate(() => {
        window.fake.failures["migration.scan"] = { code: "internal", message: "The look broke." };
        window.location.hash = "/welcome";
      });
      await page.getByText("The look broke.").waitFor();
      await page.evaluate(() => {
        window.fake.failures = {};
      });
      await page.getByRole("button", { name: "Look again" }).click();
      await page.getByRole("heading", { level: 1, name: /plaintext secrets in/ }).waitFor();
      expect(await inputs(page, "migration.scan")).toHaveLength(2);
    });
  });

  it("says of a plan that failed that it failed, not that nothing would change, and looks again", async () => {
    await withPage(wizard, async (page) => {
      await page.evaluate(() => {
        window.fake.failures["migration.plan"] = { code: "internal", message: "The plan broke." };
      });
      await page.getByRole("button", { name: "Review what would change" }).click();
      await page.getByRole("heading", { level: 1, name: "It is not known what would change" }).waitFor();
      await page.getByText("The plan broke.").waitFor();
      await page.getByRole("button", { name: "Look again" }).click();
      await page.getByRole("heading", { level: 1, name: /plaintext secrets in/ }).waitFor();
      expect(await inputs(page, "migration.scan")).toHaveLength(2);
    });
  });

  it("looks into a folder that the person names, and into nothing that is no whole path", async () => {
    await withPage(wizard, async (page) => {
      await page.getByRole("button", { name: "Look into a project, too" }).click();
      await page.getByLabel("Project folder").fill("projects/x");
      await page.getByRole("button", { name: "Look there" }).click();
      await page.getByText("A whole path, like").waitFor();
      expect(await inputs(page, "migration.scan")).toHaveLength(1);
      await page.getByLabel("Project folder").fill("/srv/x");
      await page.keyboard.press("Enter");
      await expect.poll(() => inputs(page, "migration.scan")).toEqual([{ folders: [] }, { folders: ["/srv/x"] }]);
    });
  });

  it("repairs a drift after showing its diff, and undoes one file after saying what that does", async () => {
    await withPage(
      { hash: "clients", data: { migration: { ...migration, history: [migration.applied], drift: [drift] } } },
      async (page) => {
        await page
          .getByRole("link", { name: /Clients/ })
          .getByText("1 change in a client’s config to look at")
          .waitFor({ state: "attached" });
        await page.getByText("github is started directly again").waitFor();
        await page.getByRole("button", { name: "Show the repair" }).click();
        await page.locator(".unified-line.added").first().waitFor();
        expect(await inputs(page, "migration.apply")).toEqual([]);
        await page.getByRole("button", { name: "Repair", exact: true }).click();
        await expect.poll(() => inputs(page, "migration.apply")).toEqual([{ plan: "plan-0" }]);
        await expect.poll(() => page.getByText("github is started directly again").count()).toBe(0);
        const undo = page.getByRole("button", { name: "Undo the change of /home/ann/.cursor/mcp.json" }).first();
        await undo.click();
        await page.getByText("It gets its original bytes again").waitFor();
        expect(await inputs(page, "migration.undo")).toEqual([]);
        await page.getByRole("button", { name: "Put back" }).click();
        await expect.poll(() => inputs(page, "migration.undo")).toEqual([{ migration: "m1", file: "/home/ann/.cursor/mcp.json" }]);
        await page.getByText("/home/ann/.cursor/mcp.json is put back").first().waitFor();
      },
    );
  });

  it("draws names, paths, commands, reasons and diffs as text, whatever is in them, and nothing runs out of the window", async () => {
    const evil = `<img src=x onerror="window.pwned=1">\u202ereversed\u200b${"very/long/".repeat(60)}`;
    const poisoned = JSON.parse(
      JSON.stringify({ ...migration, history: [migration.applied], drift: [drift] }, (key, value: unknown) =>
        typeof value === "string" &&
        ["path", "clientName", "text", "reason", "command", "url", "project", "how", "diff", "prefix", "flag"].includes(key)
          ? key === "diff"
            ? `@@ -1 +1 @@\n-${evil}\n+${evil}`
            : evil
          : value,
      ),
    ) as FakeMigration;
    const look = async (page: Page, where: string): Promise<void> => {
      await page.locator(".hidden-char").first().waitFor();
      const found = await page.evaluate(() => ({
        pwned: "pwned" in window,
        images: document.querySelectorAll("#root img").length,
        // eslint-disable-next-line no-misleading-character-class
        raw: /[\u202e\u200b]/.test(document.querySelector("#root")?.textContent ?? ""),
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      }));
      expect(found, where).toEqual({ pwned: false, images: 0, raw: false, overflow: 0 });
    };
    await withPage({ hash: "welcome", height: 3000, data: { snapshot: fresh, migration: poisoned } }, async (page) => {
      await look(page, "found");
      await toReview(page);
      for (const details of await page.getByRole("button", { name: /^Details of/ }).all()) await details.click();
      await look(page, "review");
      await page.locator(".argv-end").last().scrollIntoViewIfNeeded();
      for (const end of await page.locator(".argv-end").all()) await end.scrollIntoViewIfNeeded();
      await expect.poll(() => primary(page).getAttribute("aria-disabled")).toBe("false");
      await primary(page).click();
      await page.getByRole("heading", { level: 1, name: /moved/ }).waitFor();
      await look(page, "done");
    });
    await withPage({ hash: "clients", data: { migration: poisoned } }, async (page) => {
      await page.getByRole("button", { name: "Show the repair" }).click();
      await look(page, "clients");
    });
  });
});
