import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchFile } from "../../../electron/settings/watch-file.ts";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-watch-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("a file that is looked after", () => {
  it("is looked at every second where the system has no watches left, and watched once it has", async () => {
    let left = 0;
    const watch = ((...args: Parameters<typeof fs.watch>) => {
      if (left === 0) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      left -= 1;
      return fs.watch(...args);
    }) as typeof fs.watch;
    const file = path.join(folder, "config.json");
    let looks = 0;
    const watching = watchFile(file, () => (looks += 1), watch);
    await vi.waitFor(() => expect(looks).toBeGreaterThanOrEqual(2), 5_000);
    left = 1;
    await vi.waitFor(() => expect(left).toBe(0), 5_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = looks;
    fs.writeFileSync(file, "{}");
    await vi.waitFor(() => expect(looks).toBeGreaterThan(before), 900);
    watching.close();
  });
});
