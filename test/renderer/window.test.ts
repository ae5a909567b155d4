// The main window in a real browser: keyboard, forms, undo, and the live journal.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noBrowser, fixture, usePages, type OpenOptions } from "./harness.ts";

async function calls(page: Page, channel: string): Promise<unknown[]> {
  return await page.evaluate((name) => window.fake.calls.filter((call) => call.channel === name).map(({ input }) => input), channel);
}

describe.skipIf(noBrowser !== null)("the main window", () => {
  const pages = usePages();
  const withPage = (options: OpenOptions, run: (page: Page) => Promise<void>): Promise<void> => pages.with(options, run);

  it("goes everywhere by keyboard and says where it is", async () => {
    await withPage({}, async (page) => {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
      for (const name of ["Activity", "Servers", "Clients", "Secrets", "Rules", "Settings", "Approvals"]) {
        await page.getByRole("link", { name }).focus();
        await page.keyboard.press("Enter");
        expect(await page.title()).toBe(`(2) ${name} · Portcullis`);
        expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(name);
        expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
      }
    });
  });

  it("reaches every control of every screen with Tab, each with a visible focus and a name", async () => {
    for (const hash of ["approvals", "activity", "servers/postgres", "clients", "secrets", "rules", "settings"]) {
      await withPage({ hash }, async (page) => {
        const expected = await page.evaluate(
          () =>
            [...document.querySelectorAll<HTMLElement>("main button, main input, main textarea")].filter(
              (element) => element.tabIndex >= 0 && element.offsetParent !== null && element.getAttribute("role") !== "radio",
            ).length,
        );
        const seen = new Set<string>();
        for (let step = 0; step < 140; step += 1) {
          await page.keyboard.press("Tab");
          const found = await page.evaluate(() => {
            const element = document.activeElement;
            if (!(element instanceof HTMLElement) || element === document.body) return null;
            const style = getComputedStyle(element);
            const id = (element.dataset["seen"] ??= String(document.querySelectorAll("[data-seen]").length));
            return { id, outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
          });
          if (found === null) break;
          expect(found.outlined, `${hash}: focus is visible`).toBe(true);
          if (seen.has(found.id)) break;
          seen.add(found.id);
        }
        expect(seen.size, hash).toBeGreaterThanOrEqual(Math.min(expected, 100));
      });
    }
  });

  it("unlocks Accept only when the end of a long command was in sight, and repeats its fingerprint", async () => {
    await withPage({ hash: "servers/notes" }, async (page) => {
      const accept = page.getByRole("button", { name: "Accept and allow it to start" });
      expect(await accept.getAttribute("aria-disabled")).toBe("true");
      await accept.click({ force: true });
      expect(await calls(page, "server.accept")).toEqual([]);
      expect(await page.locator(".argv").textContent()).toContain("cat ~/.ssh/id_rsa");
      await page.getByRole("button", { name: "Go to the end" }).click();
      await expect.poll(() => accept.getAttribute("aria-disabled")).toBe("false");
      await accept.click();
      expect(await calls(page, "server.accept")).toEqual([{ name: "notes", fingerprint: "fp-notes" }]);
    });
  });

  it("locks Accept again when the command changes under the person's eyes", async () => {
    await withPage({ hash: "servers/notes" }, async (page) => {
      const accept = page.getByRole("button", { name: "Accept and allow it to start" });
      await page.getByRole("button", { name: "Go to the end" }).click();
      await expect.poll(() => accept.getAttribute("aria-disabled")).toBe("false");
      await page.locator(".argv").evaluate((list) => list.scrollTo({ top: 0 }));
      const { servers } = fixture(Date.now()).snapshot;
      const changed = servers.map((server) =>
        server.name === "notes" ? { ...server, fingerprint: "fp-2", args: ["-c", `${"x ".repeat(4000)}evil`] } : server,
      );
      await page.evaluate((all) => window.fake.push({ servers: all }), changed);
      await page.getByText("x x x x").first().waitFor();
      await expect.poll(() => accept.getAttribute("aria-disabled")).toBe("true");
    });
  });

  it("adds a server from a command line, with a new secret, and goes on to the review", async () => {
    await withPage({ hash: "servers/-new" }, async (page) => {
      await page.getByLabel("Name", { exact: true }).fill("filesystem");
      await page.getByText("There is a server of that name.").waitFor();
      await page.getByLabel("Name", { exact: true }).fill("github2");
      await page.getByLabel("Command line").fill(`npx -y "@x/server github" --flag=1`);
      await page.getByRole("button", { name: "Add a variable" }).click();
      await page.getByLabel("Variable name").fill("GITHUB_TOKEN");
      await page.getByLabel("Value of the new secret").fill("ghp_secret");
      await page.getByLabel("May read and write").fill("~/a\n\n ~/b ");
      await page.getByLabel("May connect to").fill("api.github.com");
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await expect.poll(() => calls(page, "server.add")).toHaveLength(1);
      expect(await calls(page, "secret.put")).toEqual([{ name: "github2/GITHUB_TOKEN", value: "ghp_secret" }]);
      expect(await calls(page, "server.add")).toEqual([
        {
          name: "github2",
          accept: false,
          settings: {
            command: "npx",
            args: ["-y", "@x/server github", "--flag=1"],
            env: { GITHUB_TOKEN: "${keychain:github2/GITHUB_TOKEN}" },
            sandbox: { read: [], write: ["~/a", "~/b"], hosts: ["api.github.com"] },
          },
        },
      ]);
    });
  });

  it("asks before it removes a server, says that it is removed when it is, and puts it back", async () => {
    await withPage({ hash: "servers/browser" }, async (page) => {
      await page.getByRole("button", { name: "Remove" }).click();
      await page.getByText("you can put it back right after").waitFor();
      await page.keyboard.press("Escape");
      expect(await page.getByText("you can put it back right after").count()).toBe(0);
      await page.getByRole("button", { name: "Remove" }).click();
      expect(await calls(page, "server.remove")).toEqual([]);
      await page.evaluate(() => window.fake.hold("server.remove"));
      await page.locator(".confirm").getByRole("button", { name: "Remove" }).click();
      expect(await page.getByText("browser removed").count()).toBe(0);
      await page.evaluate(() => window.fake.release("server.remove"));
      await page.getByText("browser removed").waitFor();
      expect(await calls(page, "server.remove")).toEqual([{ name: "browser" }]);
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("browser is back. It starts once you have accepted it.").waitFor();
      expect(await calls(page, "server.restore")).toEqual([{ name: "browser" }]);
      expect(new URL(page.url()).hash).toBe("#/servers/browser");
    });
  });

  it("revokes a rule at once, and puts it back on undo, one for exact arguments, too", async () => {
    await withPage({ hash: "rules" }, async (page) => {
      await page.getByRole("button", { name: "Revoke" }).first().click();
      expect(await calls(page, "rule.remove")).toEqual([{ id: "r3" }]);
      await page.getByRole("button", { name: "Undo" }).click();
      await expect.poll(() => calls(page, "rule.restore")).toEqual([{ id: "r3" }]);
      await page.locator("li", { hasText: "with exactly these arguments" }).getByRole("button", { name: "Revoke" }).click();
      await expect.poll(() => calls(page, "rule.remove")).toHaveLength(2);
      await page.getByRole("button", { name: "Undo" }).last().click();
      await expect.poll(() => calls(page, "rule.restore")).toHaveLength(2);
    });
  });

  it("puts a secret in and never shows one, and asks before it deletes one", async () => {
    await withPage({ hash: "secrets" }, async (page) => {
      await page.getByRole("button", { name: "Add a secret" }).click();
      await page.getByLabel("Name").fill("a/B");
      await page.getByLabel("Value").fill("s3cr3t");
      await page.getByRole("button", { name: "Store" }).click();
      await page.getByText("a/B stored").waitFor();
      expect(await calls(page, "secret.put")).toEqual([{ name: "a/B", value: "s3cr3t" }]);
      expect(await page.content()).not.toContain("s3cr3t");
      await page.getByRole("button", { name: "Delete" }).first().click();
      await page.getByText("1 server will not start without it").waitFor();
      expect(await calls(page, "secret.delete")).toEqual([]);
      await page.getByRole("button", { name: "Delete" }).first().click();
      await expect.poll(() => calls(page, "secret.delete")).toEqual([{ name: "github/GITHUB_TOKEN" }]);
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("github/GITHUB_TOKEN is as it was").waitFor();
      expect(await calls(page, "secret.restore")).toEqual([{ name: "github/GITHUB_TOKEN" }]);
    });
  });

  it("replaces a secret's value, and puts the one of before back", async () => {
    await withPage({ hash: "secrets" }, async (page) => {
      await page.getByRole("button", { name: "Replace" }).nth(1).click();
      await page.getByLabel("Value").fill("another");
      await page.getByRole("button", { name: "Store" }).click();
      await page.getByText("postgres/DSN replaced").waitFor();
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("postgres/DSN is as it was").waitFor();
      expect(await calls(page, "secret.restore")).toEqual([{ name: "postgres/DSN" }]);
    });
  });

  it("says what went wrong and what to do", async () => {
    await withPage({ hash: "secrets" }, async (page) => {
      await page.evaluate(() => {
        window.fake.failures["secret.put"] = { code: "vault-locked", message: "The keychain is locked.", hint: "Unlock it and try again." };
      });
      await page.getByRole("button", { name: "Add a secret" }).click();
      await page.getByLabel("Name").fill("a/B");
      await page.getByLabel("Value").fill("x");
      await page.getByRole("button", { name: "Store" }).click();
      await expect.poll(() => page.locator(".toast").textContent()).toContain("The keychain is locked.Unlock it and try again.");
    });
  });

  it("keeps the log still under the pointer, completes rows in place, and offers what is new", async () => {
    await withPage({ hash: "activity" }, async (page) => {
      await page.getByText("create_issue").first().waitFor();
      await page.mouse.move(600, 400);
      const before = await page.locator(".log-row").first().textContent();
      const at = Date.now();
      await page.evaluate((now) => {
        window.fake.append([
          { seq: 5001, at: now, kind: "gate-paused", by: "person", hash: "a" },
          { seq: 5002, at: now, kind: "gate-resumed", by: "person", hash: "b" },
          {
            seq: 5003,
            at: now,
            kind: "call-denied",
            call: "q2",
            client: "Claude Code",
            server: "github",
            tool: "create_issue",
            decision: "deny",
            by: "person",
            outcome: "refused",
            hash: "c",
          },
        ]);
      }, at);
      await page.getByRole("button", { name: "Show 2 new rows" }).waitFor();
      expect(await page.locator(".log-row").first().textContent()).toContain("create_issue");
      expect(await page.locator(".log-row").first().textContent()).not.toBe(before);
      expect(await page.locator(".log-row").first().textContent()).toContain("denied by you");
      await page.getByRole("button", { name: "Show 2 new rows" }).click();
      await expect.poll(() => page.locator(".log-row").first().textContent()).toContain("Resumed");
      // Nobody reads: new rows come in by themselves.
      await page.mouse.move(5, 5);
      await page.evaluate((now) => window.fake.append([{ seq: 5004, at: now, kind: "app-stopped", hash: "d" }]), at);
      await expect.poll(() => page.locator(".log-row").first().textContent()).toContain("Portcullis stopped");
    });
  });

  it("filters by the app's own query, pages on while scrolling, and opens a row with all of its call", async () => {
    await withPage({ hash: "activity" }, async (page) => {
      await page.getByText("create_issue").first().waitFor();
      await page.locator(".log-scroll").evaluate(async (log) => {
        for (let step = 0; step < 20; step += 1) {
          log.scrollTo({ top: log.scrollHeight });
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      await page.getByText("The journal begins here.").waitFor();
      expect((await calls(page, "journal.page")).length).toBeGreaterThan(1);
      await page.getByRole("searchbox").fill("customers");
      await expect.poll(() => calls(page, "journal.page")).toContainEqual({ text: "customers", limit: 100 });
      await page.getByRole("button", { name: /query/ }).first().click();
      await page.getByText('"sql"').waitFor();
      await page.getByRole("combobox", { name: "Show" }).click();
      await page.getByRole("option", { name: "Secrets" }).click();
      await page.getByText("Nothing matches").waitFor();
      await page.getByRole("button", { name: "Clear the filters" }).first().click();
      await page.getByText("create_issue").first().waitFor();
    });
  });

  it("exports as a download", async () => {
    await withPage({ hash: "activity" }, async (page) => {
      await page.getByRole("button", { name: "Export" }).click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "As CSV" }).click()]);
      expect(download.suggestedFilename()).toBe("portcullis-journal.csv");
      expect(await calls(page, "journal.export")).toEqual([{ format: "csv", query: {} }]);
    });
  });

  it("switches the theme for the whole page", async () => {
    await withPage({ hash: "settings" }, async (page) => {
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await paper();
      await page.getByRole("radio", { name: "Dark" }).click();
      await expect.poll(paper).not.toBe(light);
      expect(await calls(page, "settings.update")).toEqual([{ theme: "dark" }]);
    });
  });

  it("renders hostile names inert on every screen", async () => {
    const evil = '<img src=x onerror="window.pwned=1">\u202e\u200b';
    const { snapshot: base } = fixture(Date.now());
    const snapshot = {
      ...base,
      servers: base.servers.map((server) => ({
        ...server,
        command: evil,
        args: [evil],
        warnings: [evil],
        cwd: evil,
        tools: { count: 1, listing: 1 },
      })),
      clients: base.clients.map((client) => ({ ...client, name: evil, says: evil })),
      rules: base.rules.map((rule) => ({ ...rule, client: evil, tool: evil })),
      secrets: base.secrets.map((secret) => ({ ...secret, usedBy: [evil], lastUsedBy: evil })),
      app: { ...base.app, state: "fault" as const, reason: evil },
    };
    const records = fixture(Date.now()).records.map((record) => ({
      ...record,
      tool: evil,
      client: evil,
      by: evil,
      detail: { arguments: { [evil]: evil }, reason: evil, [evil]: evil },
    }));
    const tools = { filesystem: [{ name: evil, title: evil, description: evil }] };
    for (const hash of ["approvals", "activity", "servers/notes", "servers/filesystem", "clients", "secrets", "rules", "settings"]) {
      await withPage({ hash, data: { snapshot, records, tools } }, async (page) => {
        if (hash === "activity") await page.locator(".log-line").nth(2).click();
        if (hash === "servers/filesystem") await page.getByRole("tab", { name: "Tools" }).click();
        await page.locator(".hidden-char").first().waitFor();
        const found = await page.evaluate(() => ({
          pwned: "pwned" in window,
          images: document.querySelectorAll("#root img").length,
          // eslint-disable-next-line no-misleading-character-class
          raw: /[\u202e\u200b]/.test(document.querySelector("#root")?.textContent ?? ""),
        }));
        expect(found, hash).toEqual({ pwned: false, images: 0, raw: false });
      });
    }
  });
});
