// Every screen and popup in both themes: a screenshot for the eye, axe for everybody else, and a clean console (which is where a
// breach of the content security policy would show).
import { describe } from "vitest";
import type { FakeData } from "../fixtures/renderer/fake-app.ts";
import { approval, approvals, detail, snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser } from "./harness.ts";
import { testPictures, type Picture } from "./pictures.ts";

const now = Date.now();
const base = snapshot(now);

/** One question with these arguments in the approval window. */
function popup(args: unknown, more: Parameters<typeof approval>[1] = {}): Partial<FakeData> {
  const one = approval(now, more);
  return { role: "approval", snapshot: { ...base, approvals: [one] }, details: { [one.id]: detail(one, args) } };
}

const small = { file: "approval.html", width: 480, height: 640 } as const;
const padded = `ls \u202e\u200b${" ".repeat(3000)};rm -rf ~`;
const cases: readonly Picture[] = [
  { name: "popup", open: { ...small, data: popup(JSON.parse(approvals(now).details["q1"]?.argumentsText ?? "{}")) } },
  { name: "popup-queue", open: { ...small, data: { role: "approval" } } },
  {
    name: "popup-findings",
    open: {
      ...small,
      data: popup(
        { command: padded, cwd: "/home/ann" },
        {
          server: "shell",
          tool: "run_command",
          subject: { key: "command", value: padded },
          mustExpand: true,
          waived: true,
          findings: [
            { kind: "invisible", text: "command contains 2 invisible characters", pointer: "/command" },
            { kind: "padding", text: "command contains 3,000 spaces in a row", pointer: "/command" },
          ],
        },
      ),
    },
  },
  {
    name: "popup-waived",
    open: {
      ...small,
      data: popup(
        { url: "http://localhost:4321/notes" },
        { server: "browser", tool: "browser_navigate", waived: true, subject: { key: "url", value: "http://localhost:4321/notes" } },
      ),
    },
  },
  {
    name: "popup-huge",
    open: {
      ...small,
      data: popup(
        { path: "/home/ann/dump.sql", content: "insert into t values (1, 'x');\n".repeat(30_000) },
        {
          mustExpand: true,
          subject: { key: "path", value: "/home/ann/dump.sql" },
          findings: [{ kind: "large", text: "content is 930 kB long", pointer: "/content" }],
        },
      ),
    },
  },
  {
    name: "popup-remember",
    open: { ...small, height: 760, data: { role: "approval" } },
    act: async (page) => {
      await page.getByRole("button", { name: "Always…" }).click();
    },
  },
  {
    name: "popup-deny",
    open: { ...small, height: 760, data: { role: "approval" } },
    act: async (page) => {
      await page.getByRole("button", { name: "Deny with a reason…" }).click();
    },
  },
  {
    name: "popup-gone",
    open: { ...small, height: 320, data: { role: "approval" } },
    act: async (page) => {
      await page.evaluate(() => window.fake.push({ approvals: [] }));
      await page.getByText("This question is gone").waitFor();
    },
  },
  ...[
    "approvals",
    "activity",
    "servers",
    "servers/filesystem",
    "servers/postgres",
    "servers/notes",
    "servers/weather",
    "servers/browser",
    "servers/-new",
    "clients",
    "secrets",
    "rules",
    "settings",
  ].map((hash): Picture => ({ name: hash.replace("/-", "-").replace("/", "-"), open: { hash } })),
  {
    name: "activity-open",
    open: { hash: "activity" },
    act: async (page) => {
      await page
        .getByRole("button", { name: /write_file/ })
        .nth(1)
        .click();
      await page.getByRole("button", { name: "Verify" }).click();
      await page.getByText("The journal is intact").waitFor();
    },
  },
  {
    name: "settings-file",
    open: { hash: "settings", data: { answers: { "vault.file": { exists: false } } } },
    act: async (page) => {
      await page.getByRole("radio", { name: "Encrypted file" }).click();
      await page.getByLabel("New passphrase").fill("correct horse");
      await page.getByLabel("The same once more").fill("correct house");
      await page.getByRole("button", { name: "Make the encrypted file" }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "servers-edit",
    open: { hash: "servers/github" },
    act: async (page) => {
      await page.getByRole("button", { name: "Edit", exact: true }).click();
      await page.getByRole("button", { name: "Add a variable" }).click();
    },
  },
  { name: "servers-tools", open: { hash: "servers/filesystem" }, act: (page) => page.getByRole("tab", { name: "Tools" }).click() },
  {
    name: "servers-sandbox",
    open: { hash: "servers/filesystem" },
    act: async (page) => {
      await page.getByRole("tab", { name: "Sandbox" }).click();
      await page.getByRole("button", { name: "Run without a sandbox" }).click();
      await page.getByRole("button", { name: "Change folders, hosts and limits" }).click();
    },
  },
  {
    name: "rules-form",
    open: { hash: "rules" },
    act: async (page) => {
      await page.getByRole("button", { name: "Add a rule" }).click();
      await page.getByRole("button", { name: "Revoke" }).nth(3).click();
    },
  },
  {
    name: "secrets-form",
    open: { hash: "secrets" },
    act: async (page) => {
      await page.getByRole("button", { name: "Add a secret" }).click();
      await page.getByRole("button", { name: "Delete" }).first().click();
    },
  },
  {
    name: "secrets-replaced",
    open: { hash: "secrets" },
    act: async (page) => {
      await page.getByRole("button", { name: "Replace" }).first().click();
      await page.getByLabel("Value").fill("another");
      await page.getByRole("button", { name: "Store" }).click();
      await page.getByRole("button", { name: "Undo" }).waitFor();
    },
  },
  {
    name: "servers-remove",
    open: { hash: "servers/filesystem" },
    act: (page) => page.getByRole("button", { name: "Remove" }).click(),
  },
  {
    name: "rules-revoked",
    open: { hash: "rules" },
    act: async (page) => {
      await page.getByRole("button", { name: "Revoke" }).nth(3).click();
      await page.getByRole("button", { name: "Undo" }).waitFor();
    },
  },
  {
    name: "approvals-empty",
    open: { hash: "approvals", data: { snapshot: { ...base, approvals: [], app: { ...base.app, state: "paused" } } } },
  },
  {
    name: "fault",
    open: {
      hash: "servers",
      data: {
        snapshot: {
          ...base,
          app: {
            ...base.app,
            state: "fault",
            reason: "The journal cannot be written: no space left on the disk.",
            vault: { kind: "locked", store: "file" },
          },
        },
      },
    },
  },
  {
    name: "nothing-yet",
    open: {
      hash: "servers",
      data: { snapshot: { ...base, servers: [], approvals: [], clients: [], rules: [], secrets: [] }, records: [] },
    },
  },
  { name: "small-window", open: { hash: "servers/postgres", width: 900, height: 600 } },
  { name: "zoom-200", open: { hash: "servers/postgres", width: 450, height: 300, scale: 2 } },
];

describe.skipIf(noBrowser !== null)("the screens", () => {
  testPictures("ui", cases);
});
