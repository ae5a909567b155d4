import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAppProtocol, type AppProtocol } from "../../../electron/desktop/app-protocol.ts";
import { contentSecurityPolicy, mayRequest } from "../../../electron/desktop/security-settings.ts";

let folder: string;
let served: AppProtocol;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "portcullis-pages-"));
  const pages = path.join(folder, "renderer");
  await mkdir(path.join(pages, "assets"), { recursive: true });
  await writeFile(path.join(folder, "secret.html"), "outside");
  await writeFile(path.join(pages, "index.html"), "<!doctype html>");
  await writeFile(path.join(pages, "assets", "main.js"), "export {}");
  await writeFile(path.join(pages, "notes.txt"), "no type for this");
  await symlink(path.join(folder, "secret.html"), path.join(pages, "link.html"));
  served = await createAppProtocol(pages);
  await writeFile(path.join(pages, "later.html"), "came after the start");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const get = (url: string, method = "GET"): Promise<Response> => served.handle({ url, method });

describe("app://bundle", () => {
  it("serves the pages with their type and the security headers", async () => {
    const page = await get("app://bundle/index.html");
    expect(page.status).toBe(200);
    expect(await page.text()).toBe("<!doctype html>");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toBe(contentSecurityPolicy);
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    const script = await get("app://bundle/assets/main.js?x=1#y");
    expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  });

  it.each([
    "app://bundle/../secret.html",
    "app://bundle/%2e%2e/secret.html",
    "app://bundle/..%2fsecret.html",
    "app://bundle/assets/..%5c..%5csecret.html",
    "app://bundle//etc/passwd",
    "app://bundle/assets",
    "app://bundle/",
    "app://bundle/link.html",
    "app://bundle/later.html",
    "app://bundle/notes.txt",
    "app://bundle/INDEX.HTML",
    "app://other/index.html",
    "file:///etc/passwd",
    "not a url",
  ])("serves nothing for %s", async (url) => {
    const answer = await get(url);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe("");
    expect(answer.headers.get("content-security-policy")).toBe(contentSecurityPolicy);
  });

  it("answers GET only", async () => {
    expect((await get("app://bundle/index.html", "POST")).status).toBe(404);
  });

  it("fails clearly when the app was not built", async () => {
    await expect(createAppProtocol(path.join(folder, "absent"))).rejects.toThrow(/ENOENT/);
  });
});

describe("the requests a page may make", () => {
  it("are for our own files only", () => {
    expect(mayRequest("app://bundle/index.html", true)).toBe(true);
    expect(mayRequest("blob:app://bundle/0b6e", true)).toBe(true);
    for (const url of [
      "https://example.org/",
      "http://127.0.0.1:1/",
      "file:///etc/passwd",
      "ws://localhost/",
      "app://bundle.example/",
      "app://other/x",
    ]) {
      expect(mayRequest(url, true), url).toBe(false);
      expect(mayRequest(url, false), url).toBe(false);
    }
    expect(mayRequest("devtools://devtools/bundled/x.html", true)).toBe(false);
    expect(mayRequest("devtools://devtools/bundled/x.html", false)).toBe(true);
  });
});
