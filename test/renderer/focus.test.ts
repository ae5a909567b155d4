// Where the keyboard is: in what was opened, and back where that was opened from; and what is on screen with it.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noBrowser, fixture, usePages, type OpenOptions } from "./harness.ts";

const base = fixture(Date.now()).snapshot;

describe.skipIf(noBrowser !== null)("the keyboard", () => {
  const pages = usePages();
  const withPage = (options: OpenOptions, run: (page: Page) => Promise<void>): Promise<void> => pages.with(options, run);

  /** The name of what has the focus. */
  const focused = (page: Page): Promise<string> =>
    page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || element === document.body) return "nothing";
      const label = element.getAttribute("aria-label") ?? (element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null);
      return label ?? element.textContent?.trim() ?? "";
    });
  const press = async (page: Page, name: string | RegExp): Promise<void> => {
    await page.getByRole("button", { name }).first().focus();
    await page.keyboard.press("Enter");
  };
  const focus = async (page: Page, name: string | RegExp): Promise<void> => {
    await expect.poll(() => focused(page)).toMatch(name);
  };

  it("goes into the panels of an answer, which choose nothing by that, and back", async () => {
    await withPage({ file: "approval.html", width: 480, height: 760, data: { role: "approval" } }, async (page) => {
      await page.locator(".answer[data-armed=true]").waitFor();
      await press(page, "Always…");
      await focus(page, "Allow without asking");
      await page.keyboard.press("Escape");
      await focus(page, /^Always…/);
      await press(page, "Deny with a reason…");
      await focus(page, "Tell the model why");
      await page.getByRole("radio", { name: "Always" }).click();
      expect(await page.locator(".rule-sentence").textContent()).toBe(
        "Cursor may not use write_file of filesystem, whatever the arguments, until you revoke it. It is not asked about again.",
      );
      await press(page, "Back");
      await focus(page, "Deny with a reason…");
    });
  });

  it("goes into a new rule and back, however that ends", async () => {
    await withPage({ hash: "rules" }, async (page) => {
      for (const end of ["Cancel", "Make the rule"]) {
        await press(page, "Add a rule");
        await focus(page, "Ask");
        await press(page, end);
        await focus(page, "Add a rule");
      }
      expect(await page.evaluate(() => window.fake.calls.filter(({ channel }) => channel === "rule.add").length)).toBe(1);
    });
  });

  it("goes into a secret's form, which comes into sight, says that a name is taken, and goes back", async () => {
    const secrets = Array.from({ length: 40 }, (_, index) => ({
      name: `service-${String(index)}/TOKEN`,
      createdAt: 1,
      updatedAt: 1,
      lastUsedAt: null,
      lastUsedBy: null,
      usedBy: [],
    }));
    await withPage({ hash: "secrets", data: { snapshot: { ...base, secrets } } }, async (page) => {
      await page.getByRole("button", { name: "Replace" }).last().focus();
      await page.keyboard.press("Enter");
      await focus(page, "Value");
      const top = await page.locator("form.panel").evaluate((form) => form.getBoundingClientRect().top);
      expect(top).toBeGreaterThan(0);
      expect(top).toBeLessThan(700);
      await press(page, "Cancel");
      await focus(page, "Replace");
      await press(page, "Add a secret");
      await focus(page, "Name");
      await page.getByLabel("Name").fill("service-3/TOKEN");
      await page.getByText("Its value is replaced; you can put it back right after.").waitFor();
      await page.getByLabel("Value").fill("x");
      await press(page, "Replace the value");
      await focus(page, "Add a secret");
    });
  });

  it("stays in the list when its row goes, and where the last one was when there is none", async () => {
    const lists = [
      {
        hash: "secrets",
        button: "Delete",
        other: { secrets: base.secrets.map((secret) => ({ ...secret, name: `other-${secret.name}` })) },
        none: { secrets: [] },
      },
      {
        hash: "rules",
        button: "Revoke",
        other: { rules: base.rules.map((rule) => ({ ...rule, id: `other-${rule.id}` })) },
        none: { rules: [] },
      },
    ];
    for (const { hash, button, other, none } of lists) {
      await withPage({ hash }, async (page) => {
        const inside = (selector: string): Promise<boolean> =>
          page.evaluate((within) => document.activeElement?.matches(`${within}, ${within} *`) === true, selector);
        await press(page, button);
        await page.evaluate((slices) => window.fake.push(slices), other);
        await expect.poll(() => inside(".rows")).toBe(true);
        await page.keyboard.press("Tab");
        expect(await page.evaluate(() => document.activeElement?.closest("li") === document.querySelector(".rows > li"))).toBe(true);
        await page.evaluate((slices) => window.fake.push(slices), none);
        await expect.poll(() => page.locator(".rows").count()).toBe(0);
        await expect.poll(() => inside("#content")).toBe(true);
      });
    }
  });

  it("goes into a sandbox's openings and back, and on to the list when a server is removed", async () => {
    await withPage({ hash: "servers/filesystem" }, async (page) => {
      await page.getByRole("tab", { name: "Sandbox" }).click();
      await press(page, "Change folders, hosts and limits");
      await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
      await press(page, "Cancel");
      await focus(page, "Change folders, hosts and limits");
      await press(page, "Change folders, hosts and limits");
      await page.getByLabel("May only read").fill("/srv/other");
      await press(page, "Save and review");
      await page.evaluate(
        (servers) => window.fake.push({ servers }),
        [...base.servers].map((server) => ({ ...server, fingerprint: "f2" })),
      );
      await expect.poll(() => page.evaluate(() => document.activeElement?.matches("#content *") === true)).toBe(true);
      await press(page, "Remove");
      await focus(page, "Cancel");
      await page.keyboard.press("Escape");
      await focus(page, "Remove");
      await press(page, "Remove");
      await page.locator(".confirm").getByRole("button", { name: "Remove" }).focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => page.evaluate(() => document.activeElement?.closest(".split-list") !== null)).toBe(true);
    });
  });

  it("follows the person through a narrow window, in and out", async () => {
    await withPage({ hash: "servers", width: 640, height: 480 }, async (page) => {
      await press(page, /github/);
      await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toBe("split-detail");
      await press(page, "Back");
      await focus(page, /github/);
    });
  });

  it("keeps what was written of a new server while the person looks elsewhere", async () => {
    await withPage({ hash: "servers/-new" }, async (page) => {
      await focus(page, "Name");
      await page.getByLabel("Name", { exact: true }).fill("draft");
      await page.getByLabel("Command line").fill("npx -y something");
      await page.getByRole("link", { name: "Rules" }).click();
      await page.getByRole("link", { name: "Servers" }).click();
      await page.getByRole("button", { name: "Add a server" }).click();
      expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("draft");
      expect(await page.getByLabel("Command line").inputValue()).toBe("npx -y something");
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: "Add a server" }).click();
      expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("");
    });
  });

  it("unlocks a keychain by a button, and shows the way where there is no store", async () => {
    const locked = { ...base, app: { ...base.app, vault: { kind: "locked" as const, store: "keychain" as const } } };
    for (const hash of ["secrets", "settings"]) {
      await withPage(
        { hash, data: { snapshot: locked, answers: { "vault.unlock": { kind: "ready", store: "keychain" } } } },
        async (page) => {
          await page.getByRole("button", { name: "Unlock" }).click();
          await page.getByText("Unlocked", { exact: true }).waitFor();
          const calls = await page.evaluate(() => window.fake.calls.filter(({ channel }) => channel === "vault.unlock"));
          expect(calls).toEqual([{ channel: "vault.unlock", input: { passphrase: "" } }]);
        },
      );
    }
    await withPage({ hash: "secrets", data: { snapshot: locked } }, async (page) => {
      for (const name of ["Add a secret", "Replace", "Delete"]) {
        expect(await page.getByRole("button", { name }).first().getAttribute("aria-disabled"), name).toBe("true");
      }
    });
    const file = { ...base, secrets: [], app: { ...base.app, vault: { kind: "locked" as const, store: "file" as const } } };
    await withPage({ hash: "secrets", data: { snapshot: file } }, async (page) => {
      await page.getByText("Unlock it to see its secrets").waitFor();
      expect(await page.getByText("No secrets yet").count()).toBe(0);
    });
    const gone = {
      ...base,
      app: { ...base.app, vault: { kind: "unavailable" as const, store: "keychain" as const, reason: "No keyring." } },
    };
    await withPage({ hash: "secrets", data: { snapshot: gone } }, async (page) => {
      await page.getByRole("button", { name: "Open settings" }).click();
      await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    });
  });

  it("begins with the way out where the journal is to be put aside, and Escape is a no", async () => {
    const fault = "Record 3 is not what was written.";
    const journal = { ...base.app.journal, fault };
    await withPage(
      { hash: "rules", data: { snapshot: { ...base, app: { ...base.app, state: "fault", reason: fault, journal } } } },
      async (page) => {
        await press(page, "Put the journal aside…");
        await expect.poll(() => focused(page)).toBe("Cancel");
        await page.keyboard.press("Escape");
        await expect.poll(() => focused(page)).toBe("Put the journal aside…");
        expect(await page.evaluate(() => window.fake.calls.filter(({ channel }) => channel === "journal.archive"))).toEqual([]);
      },
    );
  });
});
