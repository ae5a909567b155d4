// An answer needs a question that is in sight (threats 19 and 20), and an ending says what happened.
import path from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { ApprovalAnswer } from "../../shared/model/approval.ts";
import { approval, detail, snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser, fixture, screenshots, usePages, type OpenOptions } from "./harness.ts";

async function answers(page: Page): Promise<ApprovalAnswer[]> {
  const calls = await page.evaluate(() =>
    window.fake.calls.filter(({ channel }) => channel === "approval.answer").map(({ input }) => input),
  );
  return calls as ApprovalAnswer[];
}

const armed = (page: Page) => page.locator(".answer[data-armed=true]").waitFor();

describe.skipIf(noBrowser !== null)("a question in sight", () => {
  const pages = usePages({
    file: "approval.html",
    width: 480,
    height: 700,
    data: { role: "approval" },
  });
  const withPage = (options: OpenOptions, run: (page: Page) => Promise<void>): Promise<void> => pages.with(options, run);

  it("in a narrow window answers nothing while the list stands in the question's place, and answers the one that is opened", async () => {
    await withPage({ file: "index.html", hash: "approvals", width: 640, height: 480, data: {} }, async (page) => {
      await page.getByRole("navigation", { name: "Waiting questions, oldest first" }).waitFor();
      // Long past the half second of a card that nobody sees.
      await page.waitForTimeout(1200);
      expect(await page.locator(".answer").count()).toBe(0);
      for (const key of ["Control+Enter", "Meta+Enter", "d", "a", "s"]) await page.keyboard.press(key);
      expect(await answers(page)).toEqual([]);
      await page.getByRole("button", { name: /write_file/ }).click();
      await armed(page);
      // The way back to the list ends it.
      await page.getByRole("button", { name: "Back" }).click();
      await page.waitForTimeout(1200);
      await page.keyboard.press("Control+Enter");
      expect(await answers(page)).toEqual([]);
      await page.getByRole("button", { name: /write_file/ }).click();
      // Not all of it fits here.
      await page.getByRole("button", { name: "Go to the end" }).click();
      await expect.poll(() => page.getByRole("button", { name: /^Allow once/ }).getAttribute("aria-disabled")).toBe("false");
      await armed(page);
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => answers(page)).toHaveLength(1);
    });
  });

  it("in a narrow window offers no way back to a list of one", async () => {
    const { snapshot } = fixture(Date.now());
    const one = { ...snapshot, approvals: snapshot.approvals.slice(0, 1) };
    await withPage({ file: "index.html", hash: "approvals", width: 640, height: 480, data: { snapshot: one } }, async (page) => {
      await armed(page);
      expect(await page.getByRole("button", { name: "Back" }).count()).toBe(0);
      await page.evaluate((approvals) => window.fake.push({ approvals }), snapshot.approvals);
      await page.getByRole("button", { name: "Back" }).click();
      await page.getByRole("navigation", { name: "Waiting questions, oldest first" }).waitFor();
    });
  });

  it("answers nothing while the card is not to be seen, for whatever reason", async () => {
    await withPage({}, async (page) => {
      for (const [name, style] of [
        ["no box", "display: none"],
        ["invisible", "visibility: hidden"],
        ["transparent", "opacity: 0"],
        ["scrolled away", "position: absolute; top: 3000px"],
      ] as const) {
        await armed(page);
        await page.locator("main").evaluate((main, css) => (main.style.cssText = css), style);
        await page.locator(".answer[data-armed=false]").waitFor({ state: "attached" });
        await page.waitForTimeout(800);
        for (const key of ["Control+Enter", "d", "a"]) await page.keyboard.press(key);
        expect(await answers(page), name).toEqual([]);
        await page.locator("main").evaluate((main) => (main.style.cssText = ""));
      }
      await armed(page);
      await page.keyboard.press("d");
      await expect.poll(() => answers(page)).toHaveLength(1);
    });
  });

  it("says that the time ran out when it did, and that the person denied all when they did", async () => {
    const now = Date.now();
    const one = approval(now, { deadline: now + 6000 });
    await withPage(
      { data: { role: "approval", snapshot: { ...snapshot(now), approvals: [one] }, details: { [one.id]: detail(one, {}) } } },
      async (page) => {
        await armed(page);
        // The app's clock may be a moment ahead of the page's.
        await page.evaluate((at) => new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now()))), one.deadline - 5);
        await page.evaluate(() => window.fake.push({ approvals: [] }));
        await page.getByText("Time ran out. The call was denied.").waitFor();
      },
    );
    await withPage({ file: "index.html", hash: "approvals", width: 1080, data: {} }, async (page) => {
      await armed(page);
      await page.getByRole("button", { name: "Deny all" }).click();
      await page.locator(".ended").getByText("Denied.").waitFor();
      expect(await answers(page)).toEqual([]);
    });
  });

  it("shows why arguments cannot be read, keeps Allow locked, and reads them again", async () => {
    await withPage({ data: { role: "approval", held: ["approval.get"] } }, async (page) => {
      await page.evaluate(() => {
        window.fake.failures["approval.get"] = { code: "internal", message: "They could not be read." };
        window.fake.release("approval.get");
      });
      await page.getByText("They could not be read.").waitFor();
      await page.getByText("Allow is locked: the arguments could not be read.").waitFor();
      expect(await page.getByText("Reading the arguments…").count()).toBe(0);
      await armed(page);
      expect(await page.getByRole("button", { name: "Always…" }).getAttribute("class")).toContain("waiting");
      await page.keyboard.press("Control+Enter");
      expect(await answers(page)).toEqual([]);
      await page.evaluate(() => {
        window.fake.failures = {};
      });
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("Arguments", { exact: true }).waitFor();
    });
  });

  it("says where a finding is, and verb and value only where they belong together", async () => {
    const now = Date.now();
    const args = { repo: "ann/site", branch: "old", path: "a/../b" };
    const one = approval(now, {
      tool: "delete_branch",
      subject: { key: "repo", value: "ann/site" },
      findings: [{ kind: "climbs", text: "A path that goes up again", pointer: "/files/0/a~1b" }],
    });
    await withPage(
      { data: { role: "approval", snapshot: { ...snapshot(now), approvals: [one] }, details: { [one.id]: detail(one, args) } } },
      async (page) => {
        await page.getByText("Arguments", { exact: true }).waitFor();
        expect(await page.locator(".headline h2").textContent()).toBe("Run delete_branch with ann/site");
        expect(await page.locator(".finding.red .unbroken").textContent()).toBe("files › 0 › a/b: A path that goes up again");
      },
    );
  });

  it("tells what was done beside the question, at every width, and keeps more of it than a line under banners", async () => {
    const now = Date.now();
    const base = snapshot(now);
    const fault = { ...base, app: { ...base.app, state: "fault" as const, reason: "Broken. ".repeat(30) } };
    for (const [width, height] of [
      [1080, 720],
      [800, 600],
      [640, 480],
    ] as const) {
      await withPage({ file: "index.html", hash: "approvals", width, height, data: { snapshot: fault } }, async (page) => {
        if (width === 640) await page.getByRole("button", { name: /write_file/ }).click();
        await armed(page);
        const body = await page.locator(".card-body").boundingBox();
        expect(body?.height).toBeGreaterThanOrEqual(168);
        await page.evaluate(() => {
          window.fake.failures["gate.pause"] = { code: "internal", message: "It could not be paused." };
        });
        await page.getByRole("button", { name: "Pause everything" }).click();
        const toast = await page.locator(".toast").boundingBox();
        const answer = await page.locator(".answer").boundingBox();
        if (toast === null || answer === null) throw new Error("no toast or no answer");
        const apart =
          toast.x + toast.width <= answer.x ||
          answer.x + answer.width <= toast.x ||
          toast.y + toast.height <= answer.y ||
          answer.y + answer.height <= toast.y;
        expect(apart, String(width)).toBe(true);
        await page.screenshot({ path: path.join(screenshots, `ui-approvals-toast-${String(width)}.png`) });
      });
    }
  });
});
