import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ok } from "../../shared/errors.ts";
import { createVault } from "../../electron/vault/create-vault.ts";
import { keychainService } from "../../electron/vault/keychain.ts";
import { resolveReferences } from "../../electron/vault/resolve.ts";
import { forkForTests } from "../integration/vault/fork-keychain.ts";
import { keyringMissing, startPrivateKeyring, type PrivateKeyring } from "../integration/vault/private-keyring.ts";

// Threats 25 and 26, as far as the vault goes: no value in the arguments or the environment of any process, in any file below the home, in
// an error or the index; searched for in six encodings that are written down here, not taken from the redactor.

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: where secrets could leak from the vault (${missing})`);

const encodings = (value: string): readonly string[] => [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  Buffer.from(value).toString("hex"),
  Buffer.from(value).toString("base64").replace(/=+$/, "").slice(0, -1),
  Buffer.from(value).toString("base64url").slice(0, -1),
];

/** The value as a whole, and its beginning: a piece would be a leak as well. */
const traces = (value: string): readonly string[] => [...encodings(value), ...encodings(value.slice(0, 18))];

function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** Arguments and environment of every process on this machine that can be read. */
function processTexts(): string[] {
  const texts: string[] = [];
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const file of ["cmdline", "environ"]) {
      try {
        texts.push(fs.readFileSync(`/proc/${pid}/${file}`, "latin1"));
      } catch {
        // ended meanwhile, or another user's
      }
    }
  }
  return texts;
}

describe.skipIf(missing !== null)("secrets leave no trace", () => {
  let keyring: PrivateKeyring;
  const folders: string[] = [];

  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  afterEach(() => {
    for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
  });

  for (const kind of ["keychain", "file"] as const) {
    it(`kept in the ${kind}`, async () => {
      const home = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-leak-"));
      folders.push(home);
      const forks = forkForTests();
      const seen: string[] = [];
      forks.onSend = () => void seen.push(...processTexts());
      const told: unknown[] = [];
      let store: "keychain" | "file" = "keychain";
      const vault = await createVault({
        dataDir: home,
        service: keychainService(home, true),
        store: () => store,
        setStore: (next) => {
          store = next;
          return Promise.resolve(ok(undefined));
        },
        fork: forks.fork,
        env: { ...keyring.env, GITHUB_TOKEN: "not for the helper" },
        now: () => Date.now(),
      });
      const passphrase = `pass ${randomBytes(12).toString("hex")}`;
      if (kind === "file") await vault.choose("file", passphrase);
      expect(store).toBe(kind);
      const secrets = new Map([
        ["token", `ghp_${randomBytes(24).toString("base64")}"\\ü`],
        ["long", randomBytes(3000).toString("base64")],
        ["key", `-----BEGIN KEY-----\n${randomBytes(60).toString("base64")}\n-----END KEY-----\n`],
      ]);
      for (const [name, value] of secrets) told.push(await vault.put(name, value));
      for (const [name, value] of secrets) expect(await vault.get(name, "a-server")).toEqual({ kind: "found", value });
      seen.push(...processTexts());

      // And where things go wrong.
      const token = secrets.get("token") ?? "";
      told.push(await vault.put("bad name", token), await vault.put("portcullis.x", token), await vault.put("nul", `${token}\0`));
      told.push(await resolveReferences([`${token} \${keychain:nowhere}`], (name) => vault.get(name, "a-server")));
      told.push(await resolveReferences([`${token} \${keychain:${token}}`], (name) => vault.get(name, "a-server")));
      if (kind === "keychain") {
        await keyring.lock();
        told.push(await vault.put("token", token), await vault.get("token", "a-server"));
        await keyring.restart();
      }
      told.push(vault.list(), vault.status());
      await vault.close();

      const searched = [
        ...seen,
        ...told.map((thing) => JSON.stringify(thing)),
        ...filesBelow(home).map((file) => fs.readFileSync(file, "latin1")),
      ];
      expect(filesBelow(home).length).toBeGreaterThan(0);
      expect(kind === "file" || seen.some((text) => text.includes("keychain-helper"))).toBe(true);
      const leaks = [...secrets.values(), passphrase].flatMap((value) =>
        traces(value).flatMap((trace) => searched.filter((text) => text.includes(trace))),
      );
      // Only how many, and how they begin: a failure must not print the secret.
      expect(leaks.map((text) => text.slice(0, 20))).toEqual([]);
      expect(seen.some((text) => text.includes("not for the helper"))).toBe(false);
    });
  }
});
