// The approval card in a real browser: when an answer counts (threats 19 and 20), what is shown of hostile arguments (13, 15, 9),
// and that a new question never takes the place of the shown one.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { ApprovalAnswer } from "../../shared/model/approval.ts";
import type { FakeData } from "../fixtures/renderer/fake-app.ts";
import { approval, approvals, detail, snapshot } from "../fixtures/renderer/snapshot.ts";
import { noBrowser, usePages, type OpenOptions } from "./harness.ts";

const file = "approval.html";
const size = { width: 480, height: 700 };

function question(args: unknown, more: Parameters<typeof approval>[1] = {}): Partial<FakeData> {
  const now = Date.now();
  const one = approval(now, more);
  return { role: "approval", snapshot: { ...snapshot(now), approvals: [one] }, details: { [one.id]: detail(one, args) } };
}

async function answers(page: Page): Promise<ApprovalAnswer[]> {
  const calls = await page.evaluate(() =>
    window.fake.calls.filter(({ channel }) => channel === "approval.answer").map(({ input }) => input),
  );
  return calls as ApprovalAnswer[];
}

async function centre(page: Page, name: string | RegExp): Promise<{ x: number; y: number }> {
  const box = await page.getByRole("button", { name, exact: typeof name === "string" }).boundingBox();
  if (box === null) throw new Error(`${String(name)} is not there`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

const armed = (page: Page) => page.locator(".answer[data-armed=true]").waitFor();

describe.skipIf(noBrowser !== null)("the approval card", () => {
  const pages = usePages({ file, ...size, data: { role: "approval" } });
  const withPage = (options: OpenOptions, run: (page: Page) => Promise<void>): Promise<void> => pages.with(options, run);

  /** On a clock that stands still unless moved; resizing is what starts the half second. */
  async function withClock(run: (page: Page, disturb: () => Promise<void>) => Promise<void>): Promise<void> {
    await withPage({ clock: true }, async (page) => {
      await page.getByText("Arguments", { exact: true }).waitFor();
      await page.clock.pauseAt(new Date(Date.now() + 2000));
      let height = size.height;
      await run(page, async () => {
        height += 1;
        await page.setViewportSize({ width: size.width, height });
        await expect.poll(() => page.locator(".answer-deny.waiting").count()).toBe(2);
      });
    });
  }

  it.each([0, 250, 450])("ignores every way to answer %i ms after a change", async (ms) => {
    await withClock(async (page, disturb) => {
      const { x, y } = await centre(page, /^Allow once/);
      const deny = await centre(page, /^Deny( D)?$/);
      await disturb();
      await page.clock.runFor(ms);
      await page.mouse.click(x, y);
      await page.mouse.dblclick(x, y);
      await page.mouse.click(deny.x, deny.y);
      for (const key of ["Enter", "Space", "Control+Enter", "Meta+Enter", "s", "d", "a"]) await page.keyboard.press(key);
      expect(await answers(page)).toEqual([]);
      await page.getByText("Too soon").waitFor();
    });
  });

  it("takes a deliberate click at 800 ms, once", async () => {
    await withClock(async (page, disturb) => {
      await disturb();
      await page.clock.runFor(800);
      const { x, y } = await centre(page, /^Allow once/);
      await page.mouse.click(x, y);
      expect(await answers(page)).toEqual([{ id: "q1", fingerprint: "fingerprint-q1", verdict: "allow", remember: "once" }]);
      // A second one, on what comes next or on nothing, answers nothing.
      await page.mouse.click(x, y);
      expect(await answers(page)).toHaveLength(1);
    });
  });

  it("refuses a press that began before the time and ended after it", async () => {
    await withClock(async (page, disturb) => {
      const { x, y } = await centre(page, /^Allow once/);
      await page.mouse.move(x, y);
      await disturb();
      await page.clock.runFor(450);
      await page.mouse.down();
      await page.clock.runFor(200);
      await page.mouse.up();
      expect(await answers(page)).toEqual([]);
    });
  });

  it("gives the next question a half second of its own", async () => {
    await withClock(async (page, disturb) => {
      await disturb();
      await page.clock.runFor(800);
      await page.keyboard.press("Control+Enter");
      const next = page.locator(".card-path", { hasText: "Claude Code" });
      for (let steps = 0; steps < 100 && (await next.count()) === 0; steps += 1) await page.clock.runFor(50);
      await next.waitFor();
      await page.keyboard.press("Control+Enter");
      await page.getByText("Too soon").waitFor();
      expect(await answers(page)).toHaveLength(1);
      await page.clock.runFor(800);
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => answers(page)).toHaveLength(2);
    });
  });

  it("starts again when the window gets the keyboard, hides or shows, moves, or the question changes", async () => {
    await withClock(async (page) => {
      const changes: readonly [string, () => Promise<unknown>][] = [
        ["focus", () => page.evaluate(() => window.dispatchEvent(new Event("focus")))],
        ["visibility", () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))],
        [
          "move",
          async () => {
            await page.evaluate(() => Object.defineProperty(window, "screenX", { configurable: true, value: window.screenX + 40 }));
            await page.clock.runFor(120);
          },
        ],
      ];
      for (const [name, change] of changes) {
        await page.clock.runFor(2000);
        await expect.poll(() => page.locator(".answer-deny.waiting").count(), { message: name }).toBe(0);
        await change();
        await expect.poll(() => page.locator(".answer-deny.waiting").count(), { message: name }).toBe(2);
        await page.keyboard.press("Control+Enter");
        expect(await answers(page), name).toEqual([]);
      }
    });
  });

  it("has nothing focused, no default, and never approves by plain Enter or Space on a button", async () => {
    await withPage({}, async (page) => {
      await armed(page);
      expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
      for (const name of [/^Allow once/, /^Allow for this session/]) {
        await page.getByRole("button", { name }).focus();
        await page.keyboard.press("Enter");
        await page.keyboard.press("Space");
        await page.keyboard.down("Enter");
        await page.keyboard.down("Enter");
        await page.keyboard.up("Enter");
      }
      expect(await answers(page)).toEqual([]);
    });
  });

  it("ignores a held key and clicks made by a script", async () => {
    await withPage({}, async (page) => {
      await page.keyboard.down("Control");
      for (let index = 0; index < 30; index += 1) {
        await page.keyboard.down("Enter");
        await page.waitForTimeout(30);
      }
      await page.keyboard.up("Enter");
      await page.keyboard.up("Control");
      await page.evaluate(() => {
        for (const button of document.querySelectorAll<HTMLButtonElement>(".answer button")) button.click();
        window.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true }));
      });
      expect(await answers(page)).toEqual([]);
    });
  });

  it("answers by keyboard alone", async () => {
    await withPage({}, async (page) => {
      await armed(page);
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => answers(page)).toHaveLength(1);
      await page.getByText("Allowed.").waitFor();
      await page.locator(".card-path", { hasText: "Claude Code" }).waitFor();
      await armed(page);
      await page.keyboard.press("d");
      await expect.poll(() => answers(page)).toHaveLength(2);
      expect((await answers(page))[1]).toEqual({ id: "q2", fingerprint: "fingerprint-q2", verdict: "deny", remember: "once" });
    });
  });

  it("allows a session by S only after the person took hold of the window", async () => {
    await withPage({}, async (page) => {
      await armed(page);
      await page.keyboard.press("s");
      expect(await answers(page)).toEqual([]);
      await page.getByText("Click into this window first").waitFor();
      await page.locator(".headline").click();
      await page.keyboard.press("s");
      await expect.poll(() => answers(page)).toHaveLength(1);
      expect((await answers(page))[0]).toMatchObject({ verdict: "allow", remember: "session" });
    });
  });

  it("makes a rule only after its words were shown, with the width that was chosen", async () => {
    await withPage({}, async (page) => {
      await armed(page);
      await page.keyboard.press("a");
      const sentence = page.locator(".rule-sentence");
      expect(await sentence.textContent()).toBe(
        "Cursor may use write_file of filesystem with exactly these arguments, for a week, without asking you.",
      );
      await page.getByRole("radio", { name: "Any arguments" }).click();
      await page.getByRole("radio", { name: "For good" }).click();
      expect(await sentence.textContent()).toBe(
        "Cursor may use write_file of filesystem with any arguments, until you revoke it, without asking you.",
      );
      await armed(page);
      await page.getByRole("button", { name: "Allow and remember" }).click();
      await expect.poll(() => answers(page)).toHaveLength(1);
      expect((await answers(page))[0]).toEqual({ id: "q1", fingerprint: "fingerprint-q1", verdict: "allow", remember: "always" });
    });
  });

  it("denies with a reason that the model can read; letters typed there answer nothing", async () => {
    await withPage({}, async (page) => {
      await armed(page);
      await page.getByRole("button", { name: "Deny with a reason…" }).click();
      await page.getByRole("button", { name: "Stay inside the project folder." }).click();
      await page.getByRole("textbox").fill("");
      await page.getByRole("textbox").pressSequentially("sad, use docs/");
      expect(await answers(page)).toEqual([]);
      await armed(page);
      await page.getByRole("button", { name: "Deny", exact: true }).click();
      await expect.poll(() => answers(page)).toHaveLength(1);
      expect((await answers(page))[0]).toEqual({
        id: "q1",
        fingerprint: "fingerprint-q1",
        verdict: "deny",
        remember: "once",
        reason: "sad, use docs/",
      });
    });
  });

  it("never puts another question in the place of the shown one, and says when that is gone", async () => {
    const now = Date.now();
    const older = approval(now, { id: "q0", createdAt: now - 60_000, client: "Intruder" });
    const details = { ...approvals(now).details, q0: detail(older, {}) };
    await withPage({ data: { role: "approval", details } }, async (page) => {
      await armed(page);
      await page.evaluate((all) => window.fake.push({ approvals: all }), [older, ...approvals(now).list]);
      await page.getByText("+2").waitFor();
      expect(await page.locator(".card-path").textContent()).toContain("Cursor");
      await page.evaluate((all) => window.fake.push({ approvals: all }), [older]);
      await page.getByText("This question is gone").waitFor();
      await page.keyboard.press("Control+Enter");
      expect(await answers(page)).toEqual([]);
      await page.getByRole("button", { name: "Next question" }).click();
      await page.locator(".card-path", { hasText: "Intruder" }).waitFor();
    });
  });

  it("shows why an answer was not taken, and lets the person try again", async () => {
    await withPage({}, async (page) => {
      await page.evaluate(() => {
        window.fake.failures["approval.answer"] = { code: "expired", message: "This question was answered already." };
      });
      await armed(page);
      await page.keyboard.press("Control+Enter");
      await page.getByText("This question was answered already.").waitFor();
      await page.evaluate(() => {
        window.fake.failures = {};
      });
      await page.keyboard.press("d");
      await expect.poll(() => answers(page)).toHaveLength(2);
    });
  });

  it("locks Allow until folded and long arguments were shown to their end", async () => {
    const data = question({ cmd: `ls${" ".repeat(10_000)};rm -rf ~`, more: "x".repeat(50) }, { mustExpand: true });
    await withPage({ data }, async (page) => {
      await armed(page);
      const allow = page.getByRole("button", { name: /^Allow once/ });
      expect(await allow.getAttribute("aria-disabled")).toBe("true");
      for (const key of ["Control+Enter", "a", "s"]) await page.keyboard.press(key);
      expect(await answers(page)).toEqual([]);
      // The end of a folded value is in sight from the start.
      await page.getByText(";rm -rf ~", { exact: false }).first().waitFor();
      await page.getByRole("button", { name: "Show everything" }).click();
      await expect.poll(() => allow.getAttribute("aria-disabled")).toBe("false");
      await armed(page);
      await page.keyboard.press("Control+Enter");
      await expect.poll(() => answers(page)).toHaveLength(1);
    });
  });

  it("stays quick with 1 MB and 5,000 keys, and finds what is in there", async () => {
    const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key${String(index)}`, index]));
    await withPage({ data: question({ content: `${"word ".repeat(200_000)}needle`, ...keys }, { mustExpand: true }) }, async (page) => {
      await armed(page);
      await page.getByRole("button", { name: "Show all", exact: true }).click();
      const worst = await page.evaluate(async () => {
        const scroller = document.querySelector(".json-scroll");
        let slowest = 0;
        for (let step = 1; step <= 20; step += 1) {
          const started = performance.now();
          scroller?.scrollTo({ top: (scroller.scrollHeight * step) / 20 });
          await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
          slowest = Math.max(slowest, performance.now() - started);
        }
        return slowest;
      });
      expect(worst).toBeLessThan(400);
      expect(await page.locator(".json-row").count()).toBeLessThan(120);
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("textbox", { name: "Search" }).fill("needle");
      await page.locator("mark.current").waitFor();
      await page.getByRole("textbox", { name: "Search" }).fill("key4999");
      await page.locator("mark.current").waitFor();
    });
  });

  it("goes to the place of a finding", async () => {
    const args = { first: "a", list: Array.from({ length: 400 }, (_, index) => index), hidden: "x\u200by" };
    const data = question(args, { findings: [{ kind: "invisible", text: "hidden contains 1 invisible character", pointer: "/hidden" }] });
    await withPage({ data }, async (page) => {
      expect(await page.locator(".json-row", { hasText: "U+200B" }).count()).toBe(0);
      await page.getByRole("button", { name: "Show", exact: true }).click();
      await page.locator(".json-row", { hasText: "⟨U+200B⟩" }).waitFor();
    });
  });

  it("renders hostile text in every field inert and visible", async () => {
    const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>[click](javascript:alert(1))\u202e\u200b\u0007\n\t';
    const data = question(
      { [evil]: evil },
      {
        client: evil,
        clientSays: evil,
        server: evil,
        tool: evil,
        why: evil,
        subject: { key: evil, value: evil },
        findings: [{ kind: "markup", text: evil, pointer: "/x" }],
      },
    );
    for (const one of Object.values(data.details ?? {})) Object.assign(one, { toolDescription: evil, hints: [evil] });
    await withPage({ data, height: 900 }, async (page) => {
      await armed(page);
      for (const name of ["Why am I asked?", "What the server says about this tool"]) await page.getByRole("button", { name }).click();
      const found = await page.evaluate(() => ({
        pwned: "pwned" in window,
        foreign: document.querySelectorAll("#root img, #root script, #root a, #root iframe").length,
        // eslint-disable-next-line no-misleading-character-class
        raw: /[\u202e\u200b\u0007]/.test(document.body.textContent ?? ""),
        chips: document.querySelectorAll(".hidden-char").length,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      }));
      expect(found).toMatchObject({ pwned: false, foreign: 0, raw: false });
      expect(found.chips).toBeGreaterThan(20);
      expect(found.overflow).toBeLessThanOrEqual(0);
    });
  });

  it("asks for a height that shows everything, and for no more when nothing changes", async () => {
    await withPage({}, async (page) => {
      await armed(page);
      const heights = async () =>
        await page.evaluate(() =>
          window.fake.calls.filter(({ channel }) => channel === "view.resize").map(({ input }) => (input as { height: number }).height),
        );
      await expect.poll(async () => (await heights()).length).toBeGreaterThan(0);
      const wanted = (await heights()).at(-1) ?? 0;
      await page.setViewportSize({ width: 480, height: wanted });
      const cut = () =>
        page.evaluate(() => {
          const body = document.querySelector(".card-body");
          return body === null ? 1 : body.scrollHeight - body.clientHeight;
        });
      expect(await cut()).toBeLessThanOrEqual(0);
      await page.waitForTimeout(600);
      expect((await heights()).at(-1)).toBe(wanted);
    });
  });
});
