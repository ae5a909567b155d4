import http from "node:http";
import type net from "node:net";
import { chromium } from "playwright-core";
import { expect, it } from "vitest";
import { findBrowser } from "../fixtures/browser.ts";
import { startUi } from "../fixtures/clients/ui-fixture.ts";

// Threats 8 and 9 as a browser really behaves: cookies, CSP, frames and cross-origin requests.

const found = findBrowser();
if ("missing" in found) console.warn(`skipped: the local UI in a real browser: ${found.missing}`);

it.skipIf("missing" in found)("lets the person in once, runs only our scripts, and keeps another site's page out", async () => {
  const { server, asked, close } = await startUi();
  const own = `http://127.0.0.1:${String(server.port)}${new URL(server.newUrl()).pathname.replace(/\/enter$/, "")}`;
  const shown: (string | undefined)[] = [];
  const elsewhere = http.createServer((request, response) => {
    shown.push(request.headers.cookie);
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>evil</title>");
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  const { port: evilPort } = elsewhere.address() as net.AddressInfo;
  const browser = await chromium.launch({
    executablePath: "path" in found ? found.path : "",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(server.newUrl());
    expect(page.url()).toBe(`${own}/`);
    expect(await page.title()).toBe("ours");
    expect(await page.evaluate(() => [document.documentElement.dataset["ran"], document.cookie])).toEqual(["yes", ""]);
    const post = `(url) => fetch(url, { method: "POST", credentials: "include", headers: { "content-type": "application/json" }, body: '{"channel":"state.get"}' }).then((r) => r.status, () => "blocked")`;
    expect(await page.evaluate(`(${post})("api/call")`)).toBe(200);
    const opened = `(url) => new Promise((resolve) => { const s = new EventSource(url, { withCredentials: true }); s.onopen = () => resolve("open"); s.onerror = () => resolve("blocked"); })`;
    expect(await page.evaluate(`(${opened})("api/events")`)).toBe("open");
    expect(asked).toHaveLength(1);

    // Another port of the same machine is the same site: the cookie is sent with what its page asks of us, so only the checks of Origin keep
    // it out.
    const evil = await context.newPage();
    await evil.goto(`http://127.0.0.1:${String(evilPort)}/`);
    expect(await evil.evaluate(`(${post})("${own}/api/call")`)).toBe("blocked");
    expect(
      await evil.evaluate(
        `fetch("${own}/api/call", { method: "POST", mode: "no-cors", credentials: "include", body: '{"channel":"state.get"}' }).then((r) => r.type, () => "blocked")`,
      ),
    ).toMatch(/opaque|blocked/);
    expect(await evil.evaluate(`(${opened})("${own}/api/events")`)).toBe("blocked");
    expect(
      await evil.evaluate(
        `new Promise((resolve) => { const f = document.createElement("iframe"); f.src = "${own}/"; f.onload = () => { try { resolve(f.contentDocument === null ? "closed" : f.contentDocument.title) } catch { resolve("closed") } }; document.body.append(f); })`,
      ),
    ).toBe("closed");
    expect(asked).toHaveLength(1);

    // With what is asked of that port itself the cookie is not sent, also not by its own page: who listens there could go in with it.
    await evil.evaluate(`Promise.all(["/", "/api/call", "/assets/main.js"].map((path) => fetch(path)))`);
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.filter((cookie) => cookie !== undefined)).toEqual([]);
  } finally {
    await browser.close();
    elsewhere.close();
    await close();
  }
});

it.skipIf("missing" in found)("a browser with more windows than connections is answered in each", async () => {
  const { server, close } = await startUi();
  const browser = await chromium.launch({
    executablePath: "path" in found ? found.path : "",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    const context = await browser.newContext();
    for (let window = 1; window <= 8; window++) {
      const page = await context.newPage();
      await page.goto(server.newUrl(), { timeout: 10_000 });
      const follow = `new Promise((resolve) => { const s = new EventSource("api/events"); s.onopen = resolve; s.addEventListener("displaced", () => s.close()); })`;
      await page.evaluate(follow);
      const ask = `fetch("api/call", { method: "POST", headers: { "content-type": "application/json" }, body: '{"channel":"state.get"}', signal: AbortSignal.timeout(10000) }).then((r) => r.status)`;
      expect(await page.evaluate(ask), `window ${String(window)}`).toBe(200);
    }
  } finally {
    await browser.close();
    await close();
  }
});
