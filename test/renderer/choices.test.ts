// What a choice does, and what it does not do by itself: a key too much, a field that is gone, a button pressed twice.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../../shared/model/snapshot.ts";
import { snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser, usePages } from "./harness.ts";

const sent = (page: Page, channel: string): Promise<unknown[]> =>
  page.evaluate((name) => window.fake.calls.filter((call) => call.channel === name).map(({ input }) => input), channel);

function withVault(vault: Snapshot["app"]["vault"]): Snapshot {
  const base = snapshot(Date.now());
  return { ...base, app: { ...base.app, vault } };
}

describe.skipIf(noBrowser !== null)("a choice", () => {
  const pages = usePages();

  it.each(["settings", "rules"])("in %s turns asking off only when that is said twice", async (hash) => {
    await pages.with({ hash }, async (page) => {
      const ask = page.getByRole("radio", { name: "Ask me" });
      await ask.focus();
      await page.keyboard.press("ArrowLeft");
      await page.getByText("Nothing will be asked any more.").waitFor();
      expect(await sent(page, "settings.update")).toEqual([]);
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator(".confirm").count()).toBe(0);
      expect(await ask.getAttribute("aria-checked")).toBe("true");
      expect(await ask.evaluate((radio) => document.activeElement === radio)).toBe(true);
      expect(await sent(page, "settings.update")).toEqual([]);
      await page.keyboard.press("ArrowRight");
      await expect.poll(() => sent(page, "settings.update")).toEqual([{ defaultEffect: "deny" }]);
      await page.getByRole("radio", { name: "Allow" }).click();
      await page.getByRole("button", { name: "Allow without asking" }).click();
      await expect.poll(() => sent(page, "settings.update")).toEqual([{ defaultEffect: "deny" }, { defaultEffect: "allow" }]);
      await expect.poll(() => page.locator(".confirm").count()).toBe(0);
    });
  });

  it("of a secret that is there leaves its value alone, whatever was typed before", async () => {
    await pages.with({ hash: "servers/-new" }, async (page) => {
      await page.getByLabel("Name", { exact: true }).fill("another");
      await page.getByLabel("Command line").fill("npx -y something");
      await page.getByRole("button", { name: "Add a variable" }).click();
      await page.getByLabel("Variable name").fill("GITHUB_TOKEN");
      await page.getByLabel("Value of the new secret").fill("typed too early");
      await page.getByLabel("Secret’s name").fill("github/GITHUB_TOKEN");
      expect(await page.getByLabel("Value of the new secret").count()).toBe(0);
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await expect.poll(() => sent(page, "server.add")).toHaveLength(1);
      expect(await sent(page, "secret.put")).toEqual([]);
      expect(await sent(page, "server.add")).toMatchObject([{ settings: { env: { GITHUB_TOKEN: "${keychain:github/GITHUB_TOKEN}" } } }]);
    });
  });

  it("of a new encrypted file takes its passphrase twice, sends it once, and forgets it where it was not taken", async () => {
    await pages.with({ hash: "settings", data: { answers: { "vault.file": { exists: false } } } }, async (page) => {
      const file = page.getByRole("radio", { name: "Encrypted file" });
      const passphrase = page.getByLabel("New passphrase");
      const again = page.getByLabel("The same once more");
      const make = page.getByRole("button", { name: "Make the encrypted file" });
      await file.click();
      await passphrase.fill("first thought");
      await page.getByRole("button", { name: "Cancel" }).click();
      await file.click();
      expect(await passphrase.inputValue()).toBe("");
      await page.evaluate(() => window.fake.hold("vault.choose"));
      await passphrase.fill("correct horse");
      await passphrase.press("Enter");
      await again.fill("correct ho");
      expect(await page.getByText("These are not the same.").count()).toBe(0);
      await again.fill("correct house");
      await page.getByText("These are not the same.").waitFor();
      await again.press("Enter");
      expect(await make.getAttribute("aria-disabled")).toBe("true");
      expect(await sent(page, "vault.choose")).toEqual([]);
      // Too short, though twice the same.
      await passphrase.fill("horse");
      await again.fill("horse");
      await again.press("Enter");
      expect(await sent(page, "vault.choose")).toEqual([]);
      await passphrase.fill("correct horse");
      await again.fill("correct horse");
      await again.press("Enter");
      await again.press("Enter");
      expect(await sent(page, "vault.choose")).toEqual([{ store: "file", passphrase: "correct horse" }]);
      await page.evaluate(() => window.fake.release("vault.choose"));
      await passphrase.waitFor({ state: "detached" });
    });
  });

  it("of an encrypted file that is there takes its passphrase once", async () => {
    await pages.with({ hash: "settings", data: { answers: { "vault.file": { exists: true } } } }, async (page) => {
      await page.getByRole("radio", { name: "Encrypted file" }).click();
      const passphrase = page.getByLabel("Passphrase of the file");
      await passphrase.fill("pass");
      await passphrase.press("Enter");
      await expect.poll(() => sent(page, "vault.choose")).toEqual([{ store: "file", passphrase: "pass" }]);
      await passphrase.waitFor({ state: "detached" });
    });
  });

  it("of another passphrase is made by keyboard, and needs the current one", async () => {
    const changed = { "vault.changePassphrase": undefined };
    const ownFile = withVault({ kind: "ready", store: "file" });
    await pages.with({ hash: "settings", data: { snapshot: ownFile, answers: changed } }, async (page) => {
      const open = page.getByRole("button", { name: "Change…" });
      await open.focus();
      await page.keyboard.press("Enter");
      await page.keyboard.type("correct horse");
      await page.keyboard.press("Tab");
      await page.keyboard.type("battery staple");
      await page.keyboard.press("Tab");
      await page.keyboard.type("battery staple");
      await page.evaluate(() => {
        window.fake.failures["vault.changePassphrase"] = { code: "not-allowed", message: "The passphrase is wrong." };
      });
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText("The passphrase is wrong.").waitFor();
      await page.evaluate(() => {
        window.fake.failures = {};
      });
      await page.keyboard.press("Enter");
      await page.getByText("The passphrase is changed.").first().waitFor();
      const both = { current: "correct horse", next: "battery staple" };
      expect(await sent(page, "vault.changePassphrase")).toEqual([both, both]);
      await expect.poll(() => open.evaluate((button) => document.activeElement === button)).toBe(true);
    });
  });

  it("of the encrypted file can be made again where that is gone", async () => {
    const gone = withVault({ kind: "unavailable", store: "file", reason: "There is no encrypted file yet; choose it with a passphrase." });
    await pages.with({ hash: "settings", data: { snapshot: gone, answers: { "vault.file": { exists: false } } } }, async (page) => {
      const setUp = page.getByRole("button", { name: "Set it up…" });
      await setUp.focus();
      await page.keyboard.press("Enter");
      await page.getByLabel("New passphrase").waitFor();
      // The keyboard goes on from where it was, and comes back there.
      expect(await setUp.evaluate((button) => document.activeElement === button)).toBe(true);
      await page.getByRole("button", { name: "Cancel" }).focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => setUp.evaluate((button) => document.activeElement === button)).toBe(true);
      await page.keyboard.press("Enter");
      await page.getByLabel("New passphrase").fill("correct horse");
      await page.getByLabel("The same once more").fill("correct horse");
      await page.getByRole("button", { name: "Make the encrypted file" }).click();
      await expect.poll(() => sent(page, "vault.choose")).toEqual([{ store: "file", passphrase: "correct horse" }]);
    });
  });

  it("says which row it is about", async () => {
    await pages.with({ hash: "rules" }, async (page) => {
      const revoke = page.getByRole("button", { name: "Revoke: No client may use delete_* of any server" });
      await expect.poll(() => revoke.count()).toBe(1);
    });
    await pages.with({ hash: "secrets" }, async (page) => {
      for (const name of ["Replace postgres/DSN", "Delete postgres/DSN"]) {
        await expect.poll(() => page.getByRole("button", { name }).count()).toBe(1);
      }
    });
  });

  it("is sent once, however often its button is pressed while the answer is on its way", async () => {
    const twice = async (page: Page, name: string | RegExp): Promise<void> => {
      const button = page.getByRole("button", { name }).first();
      await button.click();
      await button.click({ force: true });
    };
    await pages.with({ hash: "rules", data: { held: ["rule.remove", "rule.add"] } }, async (page) => {
      await twice(page, /^Revoke/);
      expect(await sent(page, "rule.remove")).toHaveLength(1);
      await page.getByRole("button", { name: "Add a rule" }).click();
      await twice(page, "Make the rule");
      await page.getByLabel("Client", { exact: true }).press("Enter");
      expect(await sent(page, "rule.add")).toHaveLength(1);
    });
    await pages.with({ hash: "secrets", data: { held: ["secret.delete"] } }, async (page) => {
      await page
        .getByRole("button", { name: /^Delete/ })
        .first()
        .click();
      await twice(page, "Delete");
      expect(await sent(page, "secret.delete")).toHaveLength(1);
    });
  });
});
