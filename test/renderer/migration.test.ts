// The wizard and the migration parts of Clients and Secrets in a real browser: every step in both themes for the eye, axe for everybody
// else, the keyboard alone, and names that somebody else wrote.
import type { Page } from "playwright-core";
import { describe } from "vitest";
import type { Drift } from "../../shared/model/migration.ts";
import { migrationFixture } from "../fixtures/renderer/migration.ts";
import { snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser, type OpenOptions } from "./harness.ts";
import { testPictures, type Picture } from "./pictures.ts";

const now = Date.now();
const base = snapshot(now);
const fresh = { ...base, servers: [], approvals: [], clients: [], rules: [], secrets: [] };
const migration = migrationFixture(now);
const { applied } = migration;
const drift: Drift[] = [
  {
    id: "d1",
    kind: "dropped",
    file: "/home/ann/.cursor/mcp.json",
    path: "/home/ann/.cursor/mcp.json",
    client: "Cursor",
    servers: ["github"],
    text: "Cursor no longer lists github.",
    at: now - 60_000,
  },
];

const review = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Review what would change" }).click();
  await page.getByRole("heading", { level: 1, name: /to the keychain/ }).waitFor();
};
const toEnd = async (page: Page): Promise<void> => {
  await page.locator(".argv-end").scrollIntoViewIfNeeded();
  await page.locator(".welcome-foot .button.primary:not([aria-disabled=true])").waitFor();
};
const apply = async (page: Page): Promise<void> => {
  await review(page);
  await toEnd(page);
  await page.locator(".welcome-foot .button.primary").click();
};
const wizard: OpenOptions = { hash: "welcome", data: { snapshot: fresh, migration } };

const cases: readonly Picture[] = [
  {
    name: "look",
    open: { ...wizard, data: { ...wizard.data, held: ["migration.scan"] } },
    act: async (page) => {
      await page.getByRole("heading", { name: "Looking for MCP configs" }).waitFor();
      await page.evaluate(() => window.fake.progress({ kind: "scan", done: 9, total: 31, text: "Reading Claude Code" }));
      await page.locator(".progress-text", { hasText: "Reading Claude Code" }).waitFor();
    },
  },
  {
    name: "found",
    open: wizard,
    act: (page) => page.getByRole("heading", { level: 1, name: /plaintext secrets in/ }).waitFor(),
  },
  {
    name: "found-more",
    open: { ...wizard, height: 1400 },
    act: async (page) => {
      await page.getByRole("button", { name: /without plaintext secrets/ }).click();
      await page.getByRole("button", { name: "Look into a project, too" }).click();
      await page.getByRole("button", { name: "Look there" }).click();
      await page.getByRole("button", { name: "Not on this machine" }).click();
    },
  },
  { name: "review", open: wizard, act: review },
  {
    name: "review-open",
    open: { ...wizard, height: 2200 },
    act: async (page) => {
      await review(page);
      await page.getByRole("button", { name: "Details of slack" }).click();
      await page.getByRole("button", { name: "Change folders and hosts" }).click();
      await page.getByRole("button", { name: /does not look like a secret/ }).click();
      await page.getByRole("checkbox", { name: "Move stripe", exact: true }).click();
      await page.getByRole("checkbox", { name: "Move BRAVE_API_KEY to the keychain" }).click();
    },
  },
  {
    name: "review-end",
    open: wizard,
    act: async (page) => {
      await review(page);
      await page.getByRole("button", { name: /VS Code.*mcp\.json/ }).click();
      await page.getByText("only VS Code can fill in").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "review-locked",
    open: { ...wizard, data: { ...wizard.data, snapshot: { ...fresh, app: { ...fresh.app, vault: { kind: "locked", store: "file" } } } } },
    act: review,
  },
  {
    name: "apply",
    open: { ...wizard, data: { ...wizard.data, held: ["migration.apply"] } },
    act: async (page) => {
      await apply(page);
      await page.evaluate(() => {
        window.fake.progress({ kind: "store", done: 7, total: 7, text: "Storing notion/AUTHORIZATION in the keychain" });
        window.fake.progress({ kind: "verify", done: 3, total: 9, text: "Starting postgres through Portcullis" });
      });
      await page.locator(".progress-text", { hasText: "Starting postgres" }).waitFor();
    },
  },
  {
    name: "done",
    open: { ...wizard, height: 1300 },
    act: async (page) => {
      await apply(page);
      await page.getByRole("heading", { level: 1, name: /moved/ }).waitFor();
    },
  },
  {
    name: "done-undo",
    open: wizard,
    act: async (page) => {
      await apply(page);
      await page.getByRole("button", { name: "Undo all of it" }).click();
    },
  },
  {
    name: "undone",
    open: wizard,
    act: async (page) => {
      await apply(page);
      await page.getByRole("button", { name: "Undo all of it" }).click();
      await page.getByRole("button", { name: "Put back" }).click();
      await page.getByRole("heading", { level: 1, name: "Everything is as it was" }).waitFor();
    },
  },
  {
    name: "nothing",
    open: { hash: "welcome", data: { snapshot: fresh } },
    act: (page) => page.getByRole("heading", { level: 1, name: "No MCP configs found" }).waitFor(),
  },
  {
    name: "clients",
    open: { hash: "clients", height: 1700, data: { migration: { ...migration, history: [applied], drift } } },
    act: async (page) => {
      await page.getByRole("button", { name: "Show the repair" }).click();
      await page.getByRole("button", { name: "Repair", exact: true }).waitFor();
      await page.getByRole("button", { name: "Undo the change of /home/ann/.cursor/mcp.json" }).click();
    },
  },
  {
    name: "secrets-moved",
    open: {
      hash: "secrets",
      data: {
        migration: { ...migration, history: [applied] },
        snapshot: {
          ...base,
          secrets: applied.secrets.map((name) => ({
            name,
            createdAt: now,
            updatedAt: now,
            lastUsedAt: null,
            lastUsedBy: null,
            usedBy: [name.split("/")[0] ?? ""],
          })),
        },
      },
    },
  },
  { name: "review-zoom-200", open: { ...wizard, width: 450, height: 300, scale: 2 }, act: review },
  { name: "review-narrow", open: { ...wizard, width: 640, height: 480 }, act: review },
];

describe.skipIf(noBrowser !== null)("the screens of a migration", () => {
  testPictures("ui-migration", cases);
});
