// The browser's transport (HTTP and server-sent events), with a connection that is lost, comes back, or does not.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { JournalRecord } from "../../shared/model/journal-entry.ts";
import { executablePath, noBrowser, fixture, usePages } from "./harness.ts";

/** An app of which the test says what it answers. */
interface App {
  revision: number;
  accepting: "yes" | "no" | "signed-out";
  records: JournalRecord[];
  readonly streams: Set<http.ServerResponse>;
  readonly push: (text: string) => void;
  /** Drops every stream. */
  readonly drop: () => void;
}

const event = (seq: number): JournalRecord => ({ seq, at: Date.now(), kind: seq % 2 === 0 ? "gate-paused" : "gate-resumed", hash: "a" });

describe.skipIf(noBrowser !== null)("a page in a browser", () => {
  const pages = usePages();
  const statuses = { yes: 200, no: 503, "signed-out": 401 } as const;

  async function withApp(hash: string, run: (page: Page, app: App) => Promise<void>): Promise<void> {
    const { snapshot } = fixture(Date.now());
    const streams = new Set<http.ServerResponse>();
    const app: App = {
      revision: 1,
      accepting: "yes",
      records: [],
      streams,
      push: (text) => {
        for (const stream of streams) stream.write(text);
      },
      drop: () => {
        for (const stream of streams) stream.destroy();
        streams.clear();
      },
    };
    const answer = (channel: string): unknown => {
      if (channel === "state.get") {
        const approvals = app.revision > 2 ? [] : snapshot.approvals;
        return { ok: true, value: { revision: app.revision, snapshot: { ...snapshot, approvals } } };
      }
      if (channel === "server.log") return { ok: true, value: ["it was heard"] };
      if (channel === "journal.page") return { ok: true, value: { records: app.records.toReversed(), more: false } };
      return { ok: false, error: { code: "not-found", message: "not here" } };
    };
    const forward = async (url: string, response: http.ServerResponse): Promise<void> => {
      const file = await fetch(`${pages.url()}${url}`);
      response.writeHead(file.status, Object.fromEntries(file.headers.entries()));
      response.end(Buffer.from(await file.arrayBuffer()));
    };
    const server = http.createServer((request, response) => {
      const url = request.url ?? "/";
      const status = statuses[app.accepting];
      if (url === "/api/events" && status !== 200) {
        response.writeHead(status).end();
      } else if (url === "/api/events") {
        response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
        streams.add(response);
      } else if (url === "/api/call") {
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
          const { channel } = JSON.parse(body) as { channel: string };
          response.writeHead(status, { "content-type": "application/json" }).end(status === 200 ? JSON.stringify(answer(channel)) : "");
        });
      } else {
        void forward(url, response);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const driver = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const page = await driver.newPage();
      await page.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/index.html#/${hash}`);
      await run(page, app);
    } finally {
      await driver.close();
      app.drop();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  const lose = async (page: Page, app: App): Promise<void> => {
    app.accepting = "no";
    app.drop();
    await page.getByText("Connection to Portcullis lost").waitFor();
  };
  const comeBack = async (page: Page, app: App): Promise<void> => {
    app.accepting = "yes";
    await page.getByText("Connection to Portcullis lost").waitFor({ state: "detached" });
  };

  it("follows what is pushed, says when the connection is lost, and catches up", async () => {
    await withApp("rules", async (page, app) => {
      await page.getByText("Every client must ask").waitFor();
      app.revision = 2;
      app.push(`event: state.changed\ndata: ${JSON.stringify({ revision: 2, slices: { rules: [] } })}\n\n`);
      await page.getByText("No rules yet").waitFor();
      await page.getByText("2 questions wait").first().waitFor({ state: "attached" });
      await lose(page, app);
      app.revision = 9;
      await comeBack(page, app);
      await expect.poll(() => page.getByText("2 questions wait").count()).toBe(0);
    });
  });

  it("says what to do when the app stays away, or does not let this page in any more, and claims no state", async () => {
    await withApp("rules", async (page, app) => {
      await page.getByText("Every client must ask").waitFor();
      expect(await page.locator(".rail-state-line").textContent()).toBe("Waiting for you");
      await lose(page, app);
      expect(await page.locator(".rail-state-line").textContent()).toBe("Not connected");
      expect(await page.getByText("follow the new link").count()).toBe(0);
      await page.getByText("follow the new link").waitFor({ timeout: 15_000 });
      await comeBack(page, app);
      expect(await page.locator(".rail-state-line").textContent()).toBe("Waiting for you");
      app.accepting = "signed-out";
      app.drop();
      await page.getByText("This page is no longer signed in.").waitFor({ timeout: 5000 });
      await page.getByText("Run `portcullis open` and follow the new link.").waitFor();
    });
  });

  it("makes room for another window when it is told to, and follows again once somebody looks at it", async () => {
    await withApp("rules", async (page, app) => {
      await page.getByText("Every client must ask").waitFor();
      await expect.poll(() => app.streams.size).toBe(1);
      app.push("event: displaced\ndata: {}\n\n");
      for (const stream of app.streams) stream.end();
      app.streams.clear();
      const standingBy = page.getByText("This window stands by for others");
      await standingBy.waitFor();
      // Longer than a browser waits before it tries again.
      await page.waitForTimeout(4000);
      expect(app.streams.size).toBe(0);
      app.revision = 9;
      await page.evaluate(() => window.dispatchEvent(new Event("focus")));
      await standingBy.waitFor({ state: "detached" });
      expect(app.streams.size).toBe(1);
      await expect.poll(() => page.getByText("2 questions wait").count()).toBe(0);
    });
  });

  it("does not take the place it made for a fault, and comes back at a click where it had the focus all the time", async () => {
    await withApp("rules", async (page, app) => {
      await expect.poll(() => app.streams.size).toBe(1);
      app.push("event: displaced\ndata: {}\n\n");
      app.streams.clear();
      const standingBy = page.getByText("This window stands by for others");
      await standingBy.waitFor();
      expect(await page.locator(".rail-state-line").textContent()).toBe("Not connected");
      // As long as a connection may be lost before the page says what to do about it.
      await page.waitForTimeout(11_000);
      for (const untrue of ["Connection to Portcullis lost", "Trying again", "follow the new link"]) {
        expect(await page.getByText(untrue).count(), untrue).toBe(0);
      }
      await page.getByText("it follows again").click();
      await standingBy.waitFor({ state: "detached" });
      expect(app.streams.size).toBe(1);
    });
  }, 30_000);

  it("asks again, once the connection is back, for what could not be had without it", async () => {
    await withApp("servers/filesystem", async (page, app) => {
      await page.getByRole("tab", { name: "Stderr" }).waitFor();
      await lose(page, app);
      await page.getByRole("tab", { name: "Stderr" }).click();
      await page.getByText("Portcullis did not answer.").waitFor();
      await comeBack(page, app);
      await page.getByText("it was heard").waitFor();
      expect(await page.getByText("Portcullis did not answer.").count()).toBe(0);
    });
  });

  it("shows what was recorded while the connection was lost, and keeps still for somebody who reads", async () => {
    await withApp("activity", async (page, app) => {
      app.records = [event(1), event(2)];
      await page.reload();
      const rows = page.locator(".log-row");
      await expect.poll(() => rows.count()).toBe(2);
      await page.mouse.move(5, 5);
      await lose(page, app);
      app.records = [1, 2, 3].map(event);
      await comeBack(page, app);
      await expect.poll(() => rows.count()).toBe(3);
      await page
        .getByRole("button", { name: /Resumed/ })
        .first()
        .click();
      await lose(page, app);
      app.records = [1, 2, 3, 4, 5].map(event);
      await comeBack(page, app);
      await page.getByRole("button", { name: "Show 2 new rows" }).click();
      await expect.poll(() => rows.count()).toBe(5);
    });
  });
});
