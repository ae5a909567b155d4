import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeHomeLock } from "../../../electron/clients/home-lock.ts";
import { resolvePaths } from "../../../electron/settings/paths.ts";
import type { Paths } from "../../../electron/settings/paths.ts";

let home: string;
let paths: Paths;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-lock-"));
  paths = resolvePaths({ PORTCULLIS_HOME: home }, "linux");
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

const take = (what: "app" | "command", patienceMs = 200) => takeHomeLock(paths, what, { platform: process.platform, patienceMs });

describe("the lock on a home", () => {
  it("is one's alone until it is released", async () => {
    const first = await take("app");
    expect(await take("app")).toMatchObject({
      ok: false,
      error: { code: "already-exists", hint: `End process ${String(process.pid)}, then try again.` },
    });
    if (first.ok) first.value.release();
    const again = await take("command");
    expect(again.ok).toBe(true);
    expect(await take("app")).toMatchObject({
      ok: false,
      error: { code: "already-exists", hint: "Wait until it is done, then try again." },
    });
    if (again.ok) again.value.release();
  });

  it("is waited for while its owner is closing", async () => {
    const first = await take("app");
    setTimeout(() => first.ok && first.value.release(), 150);
    const second = await take("app", 5_000);
    expect(second.ok).toBe(true);
    if (second.ok) second.value.release();
  });

  it("goes to exactly one of ten who try at once", async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => take("app")));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    for (const result of results) if (result.ok) result.value.release();
  });

  it("says so when its file is not what it should be", async () => {
    fs.mkdirSync(paths.data, { recursive: true });
    fs.writeFileSync(path.join(paths.data, "home.lock"), "x".repeat(5_000));
    expect(await take("app")).toMatchObject({ ok: false, error: { code: "cannot-start" } });
  });
});
