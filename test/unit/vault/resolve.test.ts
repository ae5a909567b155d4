import { describe, expect, it } from "vitest";
import { resolveReferences } from "../../../electron/vault/resolve.ts";
import type { SecretOutcome } from "../../../electron/vault/vault.ts";

const vault: Readonly<Record<string, SecretOutcome>> = {
  "github/TOKEN": { kind: "found", value: "ghp_value" },
  tricky: { kind: "found", value: "$& $1 ${keychain:github/TOKEN}" },
  nul: { kind: "found", value: "value-a\0value-b" },
  locked: { kind: "locked" },
  away: { kind: "unavailable", reason: "There is no keyring." },
  slow: { kind: "timed-out" },
};
const asked: string[] = [];
const get = (name: string): Promise<SecretOutcome> => {
  asked.push(name);
  return Promise.resolve(vault[name] ?? { kind: "missing" });
};

describe("resolveReferences", () => {
  it("puts values in place, each name asked once, and nothing is resolved twice", async () => {
    asked.length = 0;
    const texts = ["plain", "${keychain:github/TOKEN}", "Bearer ${keychain:github/TOKEN}/${keychain:tricky}", "${HOME} $x {keychain:y}"];
    expect(await resolveReferences(texts, get)).toEqual({
      ok: true,
      value: ["plain", "ghp_value", "Bearer ghp_value/$& $1 ${keychain:github/TOKEN}", "${HOME} $x {keychain:y}"],
    });
    expect(asked).toEqual(["github/TOKEN", "tricky"]);
  });

  it("every outcome but found is an error of its own", async () => {
    const codes: Record<string, string> = {};
    for (const name of ["nowhere", "locked", "away", "slow", "nul"]) {
      const result = await resolveReferences([`surroundings-of-it \${keychain:${name}}`], get);
      if (result.ok) throw new Error(`${name} was resolved`);
      codes[name] = result.error.code;
      expect(result.error.message).toContain(name);
      expect(JSON.stringify(result)).not.toMatch(/value-a|surroundings/);
    }
    expect(codes).toEqual({
      nowhere: "secret-missing",
      locked: "vault-locked",
      away: "vault-unavailable",
      slow: "timed-out",
      nul: "secret-missing",
    });
  });

  it("refuses what looks like a reference and is none, without asking", async () => {
    asked.length = 0;
    for (const text of [
      "${keychain:}",
      "${keychain: github/TOKEN }",
      "${keychain:../x}",
      "${keychain:a/b/c/d/e}",
      "${keychain:open",
      "a${keychain:${keychain:tricky}}",
    ]) {
      expect(await resolveReferences(["${keychain:github/TOKEN}", text], get), text).toMatchObject({
        ok: false,
        error: { code: "bad-input" },
      });
    }
    expect(asked).toEqual([]);
  });
});
