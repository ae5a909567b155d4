import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileVault, type FileVault } from "../../../electron/vault/file-vault.ts";

// Every passphrase that is tried costs half a second and 128 MiB, by design: files are made once and copied.

describe("the encrypted file", () => {
  let folder: string;
  let file: string;
  let vault: FileVault;
  const passphrase = "correct horse";

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-file-vault-"));
    file = path.join(folder, "secrets.vault");
    vault = createFileVault(file);
    await vault.create(passphrase);
  });
  afterEach(async () => {
    await vault.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it("is made by the person, not by itself", async () => {
    const none = createFileVault(`${file}.none`);
    expect(await none.status()).toMatchObject({ kind: "unavailable" });
    expect(await none.unlock(passphrase)).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect(await none.get("x")).toEqual({ kind: "locked" });
    expect(await vault.status()).toEqual({ kind: "ready", store: "file" });
  });

  it("gives back what was put, also to the next process, and keeps neither value nor passphrase readable", async () => {
    const values = new Map([
      ["github/T", "ghp_secret_value"],
      ["unicode", "pä 漢 😀\n"],
      ["big", "x".repeat(65_536)],
      ["__proto__", "own-value"],
      ["constructor", "c-value"],
    ]);
    for (const [name, value] of values) expect((await vault.put(name, value)).ok).toBe(true);
    await vault.put("gone", "gone-value");
    expect((await vault.delete("gone")).ok).toBe(true);
    const next = createFileVault(file);
    expect(await next.status()).toEqual({ kind: "locked", store: "file" });
    expect(await next.get("github/T")).toEqual({ kind: "locked" });
    expect(await next.put("github/T", "value")).toMatchObject({ ok: false, error: { code: "vault-locked" } });
    expect((await next.unlock(passphrase)).ok).toBe(true);
    for (const [name, value] of values) expect(await next.get(name)).toEqual({ kind: "found", value });
    expect(await next.get("gone")).toEqual({ kind: "missing" });
    expect(await next.get("toString")).toEqual({ kind: "missing" });
    expect(await next.status()).toEqual({ kind: "ready", store: "file" });
    await next.close();
    expect(await next.get("github/T")).toEqual({ kind: "locked" });
    const raw = fs.readFileSync(file, "utf8");
    for (const plain of ["ghp_secret_value", passphrase, "x".repeat(20)]) {
      expect(raw).not.toContain(plain);
      expect(raw).not.toContain(Buffer.from(plain).toString("base64").slice(0, -4));
    }
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(folder)).toEqual(["secrets.vault"]);
  });

  it("a wrong passphrase is said to be wrong; a short one is not taken; a second file is not made over the first", async () => {
    const next = createFileVault(file);
    expect(await next.unlock("wrong horse")).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect(await next.get("x")).toEqual({ kind: "locked" });
    expect(await next.create(passphrase)).toMatchObject({ ok: false, error: { code: "already-exists" } });
    expect(await createFileVault(`${file}2`).create("short")).toMatchObject({ ok: false, error: { code: "bad-input" } });
  });

  it("a changed passphrase opens everything, the old one nothing", async () => {
    await vault.put("kept", "kept-value");
    expect(await vault.changePassphrase("wrong horse", "battery staple")).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect((await vault.changePassphrase(passphrase, "battery staple")).ok).toBe(true);
    expect(await vault.get("kept")).toEqual({ kind: "found", value: "kept-value" });
    const next = createFileVault(file);
    expect(await next.unlock(passphrase)).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect((await next.unlock("battery staple")).ok).toBe(true);
    expect(await next.get("kept")).toEqual({ kind: "found", value: "kept-value" });
    await next.close();
  });

  it("is never taken for damaged by who reads while the passphrase changes", async () => {
    await vault.put("kept", "kept-value");
    const state = { done: false };
    const changed = vault.changePassphrase(passphrase, "battery staple").finally(() => (state.done = true));
    const seen = new Set<string>();
    while (!state.done) {
      const [got, status] = await Promise.all([vault.get("kept"), vault.status()]);
      seen.add(got.kind).add(status.kind);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await changed).ok).toBe(true);
    expect([...seen]).toEqual(["found", "ready"]);
  });

  it("reads back what it wrote, not what the next one did", async () => {
    const puts = await Promise.all(["one", "two", "three"].map((value) => vault.put("same", value)));
    expect(puts.map((put) => put.ok)).toEqual([true, true, true]);
    expect(await vault.get("same")).toEqual({ kind: "found", value: "three" });
  });

  it("the same passphrase in another Unicode form opens it", async () => {
    await vault.changePassphrase(passphrase, "pässphräse".normalize("NFD"));
    expect((await createFileVault(file).unlock("pässphräse".normalize("NFC"))).ok).toBe(true);
  });

  it("any byte that was changed, and any entry taken out, moved or cut off, is noticed", async () => {
    await vault.put("first", "first-value");
    await vault.put("second", "second-value");
    const good = fs.readFileSync(file);
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 7));
      fs.writeFileSync(file, bad);
      expect(await vault.get("first"), `byte ${String(at)}`).toMatchObject({ kind: "unavailable" });
    }
    const text = good.toString();
    const [line = "", mac = ""] = text.split("\n");
    const body = JSON.parse(line) as { entries: { name: string; sealed: unknown }[] };
    const [first, second] = body.entries;
    const forged = [
      JSON.stringify({ ...body, entries: [first] }),
      JSON.stringify({ ...body, entries: [{ name: "first", sealed: second?.sealed }] }),
      JSON.stringify({ ...body, extra: 1 }),
    ].map((changed) => `${changed}\n${mac}\n`);
    for (const bad of [...forged, text.slice(0, -2), `${text}\n`, line, "", text.replace("131072", "1024")]) {
      fs.writeFileSync(file, bad);
      expect(await vault.get("first")).toMatchObject({ kind: "unavailable" });
      expect(await vault.put("third", "third-value")).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
      expect(fs.readFileSync(file, "utf8")).toBe(bad); // a damaged file is never written over
    }
    fs.rmSync(file);
    expect(await vault.get("first")).toMatchObject({ kind: "unavailable" });
    fs.writeFileSync(file, good);
    expect(await vault.get("first")).toEqual({ kind: "found", value: "first-value" });
  });

  it("a damaged file does not unlock: changed costs are refused before any work is done", async () => {
    await vault.put("first", "first-value");
    const good = fs.readFileSync(file, "utf8");
    fs.writeFileSync(file, good.replace('"N":131072', '"N":1073741824'));
    expect(await createFileVault(file).unlock(passphrase)).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
    fs.writeFileSync(file, good.replace('"name":"first"', '"name":"other"'));
    expect(await createFileVault(file).unlock(passphrase)).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
  });

  it("writes that come together are done one after the other", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `name${String(index)}`);
    await Promise.all(names.map((name) => vault.put(name, `value of ${name}`)));
    for (const name of names) expect(await vault.get(name)).toEqual({ kind: "found", value: `value of ${name}` });
  });

  it("kill -9 during writes: the file is whole, and leftovers are cleared away", async () => {
    const source = path.join(import.meta.dirname, "..", "..", "..", "electron", "vault", "file-vault.ts");
    const script = `
      import { createFileVault } from ${JSON.stringify(source)};
      const vault = createFileVault(process.argv[1]);
      const unlocked = await vault.unlock(${JSON.stringify(passphrase)});
      if (!unlocked.ok) process.exit(3);
      for (let round = 0; ; round++) {
        await vault.put("counter", String(round).repeat(2000));
        process.stdout.write(round + "\\n");
      }`;
    for (const delay of [0, 1, 3, 7, 13]) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script, file], { stdio: ["ignore", "pipe", "inherit"] });
      const last = await new Promise<number>((resolve) => {
        let written = -1;
        child.stdout.on("data", (chunk: Buffer) => {
          written = Number(chunk.toString().trim().split("\n").at(-1));
          if (written >= 3) setTimeout(() => child.kill("SIGKILL"), delay);
        });
        child.on("close", () => resolve(written));
      });
      expect(last).toBeGreaterThanOrEqual(3);
      const outcome = await vault.get("counter").then((got) => (got.kind === "found" ? got.value : got.kind));
      const allowed = [last, last + 1, last + 2].map((round) => String(round).repeat(2000));
      expect(allowed).toContain(outcome);
    }
    fs.writeFileSync(path.join(folder, ".secrets.vault.abcdef.tmp"), "left over");
    await vault.unlock(passphrase);
    expect(fs.readdirSync(folder)).toEqual(["secrets.vault"]);
  });
});
