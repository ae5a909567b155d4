import { mkdir, readFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { findBrowser } from "../fixtures/browser.ts";
import { installFake, type FakeData } from "../fixtures/renderer/fake-app.ts";
import { approvals, journal, knownTools, snapshot } from "../fixtures/renderer/snapshot.ts";

const root = path.resolve(import.meta.dirname, "../..");
export const screenshots = path.join(root, "test-output", "screenshots");

const browser = findBrowser();
/** Why there are no pages here, which each file of tests says once. */
export const noBrowser = "missing" in browser ? browser.missing : null;
if (noBrowser !== null) console.log(`skipped: ${noBrowser}`);
/** The browser's program. */
export const executablePath = "path" in browser ? browser.path : "";

/** The policy the app serves its pages with. */
const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

interface Harness {
  readonly url: string;
  /** A page with the fake app behind it. Console errors and policy violations are collected in `problems`. */
  open(options?: OpenOptions): Promise<{ page: Page; problems: string[]; readonly close: () => Promise<void> }>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly file?: "index.html" | "approval.html";
  readonly hash?: string;
  readonly width?: number;
  readonly height?: number;
  readonly data?: Partial<FakeData>;
  readonly scale?: number;
  /** A clock that the test moves. */
  readonly clock?: boolean;
}

export function fixture(now: number): FakeData {
  return { role: "window", snapshot: snapshot(now), details: approvals(now).details, records: journal(now), tools: knownTools };
}

async function send(file: string, response: http.ServerResponse): Promise<void> {
  const content = await readFile(file).catch(() => null);
  if (content === null) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream", "content-security-policy": csp });
  response.end(content);
}

/** Serves the built renderer as the app would, and starts a browser. */
async function startHarness(): Promise<Harness> {
  const folder = inject("rendererFolder");
  await mkdir(screenshots, { recursive: true });
  const server = http.createServer((request, response) => {
    const name = path.normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    void send(path.join(folder, name), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const driven = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  return {
    url,
    async open({ file = "index.html", hash = "", width = 1080, height = 720, data = {}, scale = 1, clock = false } = {}) {
      const context = await driven.newContext({
        viewport: { width, height },
        deviceScaleFactor: scale,
        locale: "en-GB",
        reducedMotion: "reduce",
        acceptDownloads: true,
      });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
      });
      page.on("pageerror", (error) => problems.push(String(error)));
      if (clock) await page.clock.install();
      await page.addInitScript(installFake, { ...fixture(Date.now()), ...data });
      await page.goto(`${url}/${file}${hash === "" ? "" : `#/${hash}`}`);
      await page.waitForFunction(() => document.querySelector("main:not(.starting)") !== null);
      await page.evaluate(() => document.fonts.ready);
      return { page, problems, close: () => context.close() };
    },
    async close() {
      await driven.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** For the tests of a `describe`: one harness, and pages that must not complain of anything. */
export interface Pages {
  /** Where the renderer is served. */
  url(): string;
  /** Opens a page, runs this with it, and closes it whatever comes of that. */
  with(options: OpenOptions, run: (page: Page) => Promise<void>): Promise<void>;
}

/** `usual`: what every page is opened with, unless a test says otherwise. */
export function usePages(usual: OpenOptions = {}): Pages {
  const used: { harness: Harness | null } = { harness: null };
  const here = (): Harness => {
    if (used.harness === null) throw new Error("there are pages only during a test");
    return used.harness;
  };
  beforeAll(async () => {
    used.harness = await startHarness();
  });
  afterAll(() => used.harness?.close());
  return {
    url: () => here().url,
    async with(options, run) {
      const { page, problems, close } = await here().open({ ...usual, ...options });
      try {
        await run(page);
        expect(problems).toEqual([]);
      } finally {
        await close();
      }
    },
  };
}
