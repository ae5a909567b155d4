import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSecretIndex } from "../../../electron/vault/secret-index.ts";

describe("the index of secrets", () => {
  let folder: string;
  let file: string;
  let clock: number;
  const now = (): number => ++clock;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-index-"));
    file = path.join(folder, "secrets.json");
    clock = 100;
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("remembers names and dates, each store for itself", async () => {
    const index = await openSecretIndex(file, now);
    await index.stored("keychain", "b");
    await index.stored("keychain", "a");
    await index.stored("keychain", "b");
    await index.stored("file", "c");
    index.used("keychain", "b", "server-1");
    index.sentinelWritten();
    await index.close();
    const again = await openSecretIndex(file, now);
    expect(again.list("keychain")).toEqual([
      { name: "a", createdAt: 102, updatedAt: 102, lastUsedAt: null, lastUsedBy: null },
      { name: "b", createdAt: 101, updatedAt: 103, lastUsedAt: 105, lastUsedBy: "server-1" },
    ]);
    expect(again.list("file").map(({ name }) => name)).toEqual(["c"]);
    expect(again.sentinelKnown()).toBe(true);
    await again.removed("keychain", "b");
    expect((await openSecretIndex(file, now)).get("keychain", "b")).toBeUndefined();
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  it("lists what is used without being listed", async () => {
    const index = await openSecretIndex(file, now);
    index.used("keychain", "found-again", "s");
    expect(index.get("keychain", "found-again")?.lastUsedBy).toBe("s");
    await index.close();
  });

  it("sets a damaged file aside and begins anew", async () => {
    for (const damage of ["{", '{"version":2}', '{"version":1,"sentinelWritten":false,"keychain":[{"name":"../x"}],"file":[]}']) {
      fs.writeFileSync(file, damage);
      const index = await openSecretIndex(file, now);
      expect(index.list("keychain")).toEqual([]);
      await index.stored("keychain", "x");
    }
    const aside = fs.readdirSync(folder).filter((name) => name.includes("damaged"));
    expect(aside).toHaveLength(3);
  });

  it("says when it cannot be written", async () => {
    const index = await openSecretIndex(file, now);
    fs.mkdirSync(file);
    expect(await index.stored("keychain", "x")).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
    await expect(openSecretIndex(file, now)).rejects.toThrow("EISDIR");
  });
});
