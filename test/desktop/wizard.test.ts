// The whole wizard in the real app, on a home folder with six clients: once by mouse and once by keyboard alone, with a real keyring and real servers in
// their boxes. The files really change, no token is left in them, and the undo gives back every byte.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchDesktop, root, until, whyNoElectron, type RunningDesktop } from "../fixtures/desktop/launch-desktop.ts";
import { allTokens, projectToken, writeSixClients, type SixClients } from "../fixtures/desktop/six-clients.ts";
import { githubToken } from "../fixtures/migrate/configs.ts";
import { keyringMissing, startPrivateKeyring, type PrivateKeyring } from "../integration/vault/private-keyring.ts";

const reason = whyNoElectron() ?? keyringMissing();
if (reason !== null) console.warn(`skipped: the wizard in the desktop app: ${reason}`);

const folder = path.join(root, "test-output", "screenshots");

describe.skipIf(reason !== null)("the wizard on a home with six clients", () => {
  let keyring: PrivateKeyring;
  let desktop: RunningDesktop;
  let clients: SixClients;
  let before: Map<string, Buffer>;
  let axe = "";
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  afterEach(() => desktop.close());

  const start = async (): Promise<Page> => {
    desktop = await launchDesktop(
      keyring.env["DBUS_SESSION_BUS_ADDRESS"] === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: keyring.env["DBUS_SESSION_BUS_ADDRESS"] },
      (home) => {
        clients = writeSixClients(home);
        before = new Map(Object.values(clients.files).map((file) => [file, readFileSync(file)]));
      },
    );
    desktop.main.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    return desktop.main;
  };
  /** A picture in both themes, and what axe has to say. */
  const look = async (page: Page, name: string): Promise<void> => {
    for (const theme of ["light", "dark"] as const) {
      await page.evaluate((wanted) => window.portcullis?.call("settings.update", { theme: wanted }), theme);
      await until("the theme", () =>
        page.evaluate((dark) => matchMedia("(prefers-color-scheme: dark)").matches === dark, theme === "dark"),
      );
      // For the eye only: colours change with a transition.
      await page.waitForTimeout(200);
      await page.screenshot({ path: path.join(folder, `electron-wizard-${name}-${theme}.png`) });
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const { axe: runner } = window as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        return (await runner.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("; ")}`);
      });
      expect(violations, name).toEqual([]);
    }
  };
  const changed = (): string[] => [...before].filter(([file, bytes]) => !readFileSync(file).equals(bytes)).map(([file]) => file);
  const primary = (page: Page) => page.locator(".welcome-foot .button.primary");
  const readyToApply = (page: Page): Promise<unknown> =>
    until(
      "the plan",
      async () =>
        (await primary(page).getAttribute("aria-disabled")) === "false" && ((await primary(page).textContent()) ?? "").startsWith("Move"),
      30_000,
    );
  const done = (page: Page): Promise<void> => page.getByRole("heading", { level: 1, name: /moved/ }).waitFor({ timeout: 80_000 });
  const moved = ["claudeDesktop", "project", "cursor", "vscode", "codex", "goose"] as const;

  it("by mouse: finds, reviews, moves, and puts back every byte", async () => {
    const page = await start();
    // It comes by itself: nothing is configured yet.
    await page.getByRole("heading", { level: 1, name: "3 plaintext secrets in 6 files of 6 clients" }).waitFor({ timeout: 30_000 });
    await page.getByText("1 of these files is in git or its history.").waitFor();
    expect(await page.locator(".found-row").first().textContent()).toContain(".mcp.json");
    await look(page, "found");
    expect(changed()).toEqual([]);

    await page.getByRole("button", { name: "Review what would change" }).click();
    await page.getByRole("heading", { level: 1, name: /^3 secrets to the keychain/ }).waitFor({ timeout: 30_000 });
    for (const token of allTokens) expect(await page.locator("#root").textContent()).not.toContain(token);
    await look(page, "review");
    for (const end of await page.locator(".argv-end").all()) await end.scrollIntoViewIfNeeded();
    await readyToApply(page);
    expect(changed()).toEqual([]);

    await primary(page).click();
    await page.getByRole("heading", { level: 1, name: "Moving…" }).waitFor();
    await look(page, "apply");
    await done(page);
    await page.getByText("broken").first().waitFor();
    await page.getByText("Make new ones of these").waitFor();
    await look(page, "done");
    expect(changed().sort()).toEqual(moved.map((name) => clients.files[name]).sort());
    for (const name of moved) {
      const text = readFileSync(clients.files[name], "utf8");
      // Claude Desktop keeps the one server that does not start through us, as it was.
      const left = name === "claudeDesktop" ? [githubToken] : [];
      expect(
        allTokens.filter((token) => text.includes(token)),
        name,
      ).toEqual(left);
      expect(text, name).toContain("connect");
    }
    expect(readFileSync(clients.files.vscode, "utf8")).toContain("// my servers\r\n");
    expect(readFileSync(clients.files.codex, "utf8")).toContain('model = "o9" # keep');

    await page.getByRole("button", { name: "Undo all of it" }).click();
    await page.getByRole("button", { name: "Put back" }).click();
    await page.getByRole("heading", { level: 1, name: "Everything is as it was" }).waitFor({ timeout: 30_000 });
    expect(changed()).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("by keyboard alone; then a client that writes itself back is noticed and repaired, and one file is undone", async () => {
    const page = await start();
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");
    const tabTo = async (wanted: RegExp): Promise<void> => {
      for (let step = 0; step < 200; step += 1) {
        await page.keyboard.press("Tab");
        if (wanted.test(await focused())) return;
      }
      throw new Error(`Tab never came to ${String(wanted)}`);
    };
    await page.getByRole("heading", { level: 1, name: /plaintext secrets in/ }).waitFor({ timeout: 30_000 });
    await tabTo(/^Review what would change$/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: /to the keychain/ }).waitFor({ timeout: 30_000 });
    // What does not start is left alone this time.
    await tabTo(/^Move broken$/);
    await page.keyboard.press("Space");
    await until("the plan without it", async () => (await page.getByText("stays as it is").count()) > 0);
    // Reading with the keyboard: each command that has to be read is a stop on the way.
    await tabTo(/^Move 3 secrets, connect 6 clients$/);
    await readyToApply(page);
    await page.keyboard.press("Enter");
    await done(page);
    expect(changed().sort()).toEqual(moved.map((name) => clients.files[name]).sort());

    await tabTo(/^Go to your servers$/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
    const state = (await page.evaluate(() => window.portcullis?.call("state.get", undefined))) as {
      value: { snapshot: { servers: { name: string; state: { kind: string } }[]; secrets: { name: string }[] } };
    };
    expect(state.value.snapshot.servers.map(({ name }) => name).sort()).toEqual(["deploy", "github", "other", "other-2"]);
    expect(state.value.snapshot.servers.map((server) => server.state.kind)).not.toContain("new");

    await page.evaluate(() => {
      location.hash = "/secrets";
    });
    await page.getByText("make a new one").first().waitFor();
    await page.getByText(clients.files.project).first().waitFor();
    await look(page, "secrets");

    const cursor = clients.files.cursor;
    const original = before.get(cursor);
    if (original === undefined) throw new Error("no original");
    writeFileSync(cursor, original);
    await page.evaluate(() => {
      location.hash = "/clients";
    });
    await page.getByText("github is started directly again, past Portcullis.").waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Show the repair" }).click();
    await page.locator(".unified-line.added").first().waitFor({ timeout: 30_000 });
    expect(await page.locator("#root").textContent()).not.toContain(githubToken);
    await look(page, "drift");
    await page.getByRole("button", { name: "Repair", exact: true }).click();
    await until("the repair", () => Promise.resolve(!readFileSync(cursor, "utf8").includes(githubToken)), 60_000);
    await until("the banner to go", async () => (await page.getByText("started directly again").count()) === 0);

    await page.getByRole("button", { name: `Undo the change of ${clients.files.project}` }).click();
    await page.getByRole("button", { name: "Put back" }).click();
    await until(
      "the undo",
      () => Promise.resolve(readFileSync(clients.files.project).equals(before.get(clients.files.project) ?? Buffer.of())),
      30_000,
    );
    expect(readFileSync(clients.files.project, "utf8")).toContain(projectToken);
    expect(changed()).toContain(clients.files.codex);
    await look(page, "clients");
    expect(complaints).toEqual([]);
  });
});
