// A server that is there, edited: what is sent is what differs, what is hidden stays, and there is a way back.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { fixture, noBrowser, usePages } from "./harness.ts";

const sent = (page: Page, channel: string): Promise<unknown[]> =>
  page.evaluate((name) => window.fake.calls.filter((call) => call.channel === name).map(({ input }) => input), channel);

const open = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("heading", { name: /^Edit / }).waitFor();
};

describe.skipIf(noBrowser !== null)("editing a server", () => {
  const pages = usePages();

  it("sends what differs and nothing else, and can be undone", async () => {
    await pages.with({ hash: "servers/postgres" }, async (page) => {
      await open(page);
      const line = page.getByLabel("Command line");
      expect(await line.inputValue()).toBe("/home/ann/bin/pg-mcp --dsn ${keychain:postgres/DSN} --schema public");
      expect(await page.getByLabel("Variable name").inputValue()).toBe("PGSSLMODE");
      await line.fill("/home/ann/bin/pg-mcp --dsn ${keychain:postgres/DSN} --schema 'my own'");
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await expect.poll(() => sent(page, "server.edit")).toHaveLength(1);
      const command = ["/home/ann/bin/pg-mcp", "--dsn", "${keychain:postgres/DSN}", "--schema", "my own"];
      expect(await sent(page, "server.edit")).toEqual([{ name: "postgres", edit: { command } }]);
      await page.getByRole("button", { name: "Undo" }).click();
      await expect.poll(() => sent(page, "server.restore")).toEqual([{ name: "postgres" }]);
      await page.getByText("postgres is as it was.").first().waitFor();
      expect(await page.getByRole("heading", { name: /^Edit / }).count()).toBe(0);
    });
  });

  it("keeps, replaces, adds and takes away variables", async () => {
    await pages.with({ hash: "servers/github" }, async (page) => {
      await open(page);
      await page.getByText("keychain:github/GITHUB_TOKEN").waitFor();
      expect(await page.getByLabel("Variable name").getAttribute("readonly")).not.toBeNull();
      await page.getByRole("button", { name: "Add a variable" }).click();
      await page.getByLabel("Variable name").nth(1).fill("LOG");
      await page.getByLabel("What it holds").nth(1).click();
      await page.getByRole("option", { name: "Plain value" }).click();
      await page.getByLabel("Value", { exact: true }).fill("debug");
      await page.getByLabel("Starts in").fill(" ~/work ");
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await expect.poll(() => sent(page, "server.edit")).toEqual([{ name: "github", edit: { env: { LOG: "debug" }, cwd: "~/work" } }]);
      await open(page);
      await page.getByRole("button", { name: "Remove the variable GITHUB_PERSONAL_ACCESS_TOKEN" }).click();
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await expect.poll(() => sent(page, "server.edit")).toHaveLength(2);
      expect((await sent(page, "server.edit"))[1]).toEqual({ name: "github", edit: { env: { GITHUB_PERSONAL_ACCESS_TOKEN: null } } });
    });
  });

  it("stores a new secret before it refers to it, and goes no further where that failed", async () => {
    await pages.with({ hash: "servers/github" }, async (page) => {
      await open(page);
      await page.getByLabel("What it holds").click();
      await page.getByRole("option", { name: "Secret from the vault" }).click();
      await page.getByLabel("Secret’s name").fill("github/OTHER");
      await page.getByLabel("Value of the new secret").fill("ghp_value");
      await page.evaluate(() => {
        window.fake.failures["secret.put"] = { code: "vault-locked", message: "The keychain is locked." };
      });
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await page.getByRole("alert").getByText("The keychain is locked.").waitFor();
      expect(await sent(page, "server.edit")).toEqual([]);
      await page.evaluate(() => {
        window.fake.failures = {};
      });
      await page.getByRole("button", { name: "Continue to the review" }).click();
      const env = { GITHUB_PERSONAL_ACCESS_TOKEN: "${keychain:github/OTHER}" };
      await expect.poll(() => sent(page, "server.edit")).toEqual([{ name: "github", edit: { env } }]);
      expect(await sent(page, "secret.put")).toHaveLength(2);
    });
  });

  it("leaves alone what is done to the server meanwhile", async () => {
    await pages.with({ hash: "servers/postgres" }, async (page) => {
      await open(page);
      const servers = fixture(Date.now()).snapshot.servers.map((server) =>
        server.name === "postgres"
          ? { ...server, args: ["--other"], cwd: "/work", env: [...server.env, { name: "LATER", references: [] }] }
          : server,
      );
      await page.evaluate((all) => window.fake.push({ servers: all }), servers);
      await page.getByRole("button", { name: "Remove the variable PGSSLMODE" }).click();
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await expect.poll(() => sent(page, "server.edit")).toEqual([{ name: "postgres", edit: { env: { PGSSLMODE: null } } }]);
    });
  });

  it("stores no secret for a variable without a name", async () => {
    await pages.with({ hash: "servers/filesystem" }, async (page) => {
      await open(page);
      await page.getByRole("button", { name: "Add a variable" }).click();
      await page.getByLabel("Value of the new secret").fill("left-over");
      await page.getByLabel("Starts in").fill("/work");
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await expect.poll(() => sent(page, "server.edit")).toEqual([{ name: "filesystem", edit: { cwd: "/work" } }]);
      expect(await sent(page, "secret.put")).toEqual([]);
    });
  });

  it("is left to where it was opened from, by keyboard", async () => {
    await pages.with({ hash: "servers/filesystem" }, async (page) => {
      const edit = page.getByRole("button", { name: "Edit", exact: true });
      for (const end of ["Cancel", "Continue to the review"]) {
        await edit.focus();
        await page.keyboard.press("Enter");
        await page.getByRole("button", { name: end }).focus();
        await page.keyboard.press("Enter");
        await expect.poll(() => edit.evaluate((button) => document.activeElement === button)).toBe(true);
      }
    });
  });

  it("is not taken for begun where a server is named like something that every object has", async () => {
    const { snapshot } = fixture(Date.now());
    const servers = snapshot.servers.map((server) => (server.name === "filesystem" ? { ...server, name: "constructor" } : server));
    await pages.with({ hash: "servers/constructor", data: { snapshot: { ...snapshot, servers } } }, async (page) => {
      await expect.poll(() => page.getByRole("tab", { name: "Overview" }).count()).toBe(1);
    });
  });

  it("sends nothing when nothing changed, says what is missing, and keeps what was typed while another screen is looked at", async () => {
    await pages.with({ hash: "servers/filesystem" }, async (page) => {
      await open(page);
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await page.getByRole("tab", { name: "Overview" }).waitFor();
      await open(page);
      await page.getByLabel("Command line").fill("npx 'open");
      await page.getByRole("button", { name: "Continue to the review" }).click();
      await page.getByText("A quote is not closed.").waitFor();
      await page.getByRole("link", { name: "Secrets" }).click();
      await page.getByRole("link", { name: /^Servers/ }).click();
      await page.getByRole("button", { name: /^filesystem/ }).click();
      expect(await page.getByLabel("Command line").inputValue()).toBe("npx 'open");
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("tab", { name: "Overview" }).waitFor();
      expect(await sent(page, "server.edit")).toEqual([]);
      await open(page);
      expect(await page.getByLabel("Command line").inputValue()).toContain("server-filesystem");
    });
  });
});
