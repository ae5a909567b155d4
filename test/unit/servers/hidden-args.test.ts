import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { hideSecrets, mayHideSecrets, mayKeepSecrets } from "../../../electron/servers/hidden-args.ts";

const run = (args: readonly string[], values: ReadonlyMap<string, string>, code: string): unknown => {
  const hidden = hideSecrets(args, values);
  const output = execFileSync(process.execPath, [...hidden.nodeOptions, "-e", code, "--", "script", ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...hidden.env },
    encoding: "utf8",
  });
  return JSON.parse(output);
};

describe("secrets in a Node server's arguments (threat 26)", () => {
  const values = new Map([
    ["a/TOKEN", 's3cr3t "quoted" $& $1 ünï\n'],
    ["b", "other"],
    ["c", "unused"],
  ]);
  const args = ["--token", "${keychain:a/TOKEN}", "--both=${keychain:b}:${keychain:a/TOKEN}", "plain", "${keychain:"];

  test("reach process.argv, though argv holds only their names", () => {
    const seen = run(args, values, "console.log(JSON.stringify(process.argv.slice(2)))");
    expect(seen).toEqual(["--token", values.get("a/TOKEN"), `--both=other:${values.get("a/TOKEN") ?? ""}`, "plain", "${keychain:"]);
    expect(JSON.stringify(hideSecrets(args, values).nodeOptions)).not.toContain("s3cr3t");
  });

  test("are gone from the environment that the server and its children see", () => {
    const code = `console.log(JSON.stringify([Object.keys(process.env).filter((key) => key.startsWith("PORTCULLIS")), require("child_process").execFileSync(process.execPath, [...process.execArgv.filter((arg) => arg.startsWith("--import")), "-p", "JSON.stringify(process.env)"], {encoding: "utf8"}).includes("s3cr3t")]))`;
    expect(run(args, values, code)).toEqual([[], false]);
  });

  test("without references nothing is added; only the named secrets are handed over", () => {
    expect(hideSecrets(["--x", "y"], values)).toEqual({ nodeOptions: [], env: {} });
    expect(JSON.stringify(hideSecrets(args, values).env)).not.toContain("unused");
  });
});

test("other programs cannot be given one in an argument, and are told the way out", () => {
  const refused = mayHideSecrets(["--token", "${keychain:a}"], false, false);
  expect(refused).toMatchObject({ ok: false, error: { code: "not-allowed" } });
  expect(refused.ok ? "" : refused.error.hint).toContain("${keychain:a}");
  expect(mayHideSecrets(["--token", "x"], false, false).ok).toBe(true);
});

test("in a node line only the script's own arguments may hold one", () => {
  expect(mayHideSecrets(["--enable-source-maps", "s.js", "${keychain:a}"], true, true).ok).toBe(true);
  expect(mayHideSecrets(["--require", "${keychain:a}", "s.js"], true, true).ok).toBe(false);
  expect(mayHideSecrets(["${keychain:a}"], true, true).ok).toBe(false);
  expect(mayHideSecrets(["-e", "${keychain:a}"], true, true).ok).toBe(false);
  expect(mayHideSecrets(["${keychain:a}"], true, false).ok).toBe(true);
});

test("a variable that the loader or a shell obeys may not hold one; one that is only named alike may", () => {
  for (const name of [
    "LD_PRELOAD",
    "GLIBC_TUNABLES",
    "MALLOC_CHECK_",
    "NIX_LD_x86_64_linux",
    "BASH_FUNC_a%%",
    "BASH_ENV",
    "SOCAT_FORK_WAIT",
  ]) {
    const refused = mayKeepSecrets({ PLAIN: "${keychain:b}", [name]: "x${keychain:a}" });
    expect(refused, name).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect(refused.ok ? "" : refused.error.message).toContain(`The secret a stands in the variable ${name}`);
    expect(mayKeepSecrets({ [name]: "/opt/lib" }).ok, name).toBe(true);
  }
  for (const name of ["LD_ACCESS_TOKEN", "MALLOC_KEY", "GLIBC_TOKEN", "NIX_LDAP", "SOCAT_TOKEN", "BASH_FUNC_KEY", "TOKEN"])
    expect(mayKeepSecrets({ [name]: "${keychain:a}" }).ok, name).toBe(true);
});
