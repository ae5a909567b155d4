import { describe, expect, it } from "vitest";
import { detectSecrets, type Detected, type EntryText } from "../../../../electron/migration/detect/detect.ts";
import { secretNameSchema } from "../../../../shared/model/secret-reference.ts";
import { fakeValue } from "../../../fixtures/migration/entries/fake-values.ts";
import { labelledEntries } from "../../../fixtures/migration/entries/load-entries.ts";

const empty: EntryText = { server: "acme", command: "npx", args: [], env: {}, url: null, headers: {}, placeholders: [] };
const detect = (part: Partial<EntryText>): readonly Detected[] => detectSecrets({ ...empty, ...part });
const brief = (found: readonly Detected[]): readonly unknown[] =>
  found.map(({ place, value, suggestedName }) => [place, value, suggestedName]);

const github = fakeValue("github-pat", "detect");
const opaque = fakeValue("b62-32", "detect");

/** The whole string at the place of a finding. */
function textAt(entry: EntryText, { place }: Detected): string {
  const at = place.kind === "url" ? place.at : "";
  if (at === "url") return entry.url ?? "";
  if (place.kind === "arg" || at.startsWith("arg ")) return entry.args[place.kind === "arg" ? place.index : Number(at.slice(4))] ?? "";
  if (place.kind === "header") return entry.headers[place.name] ?? "";
  return entry.env[place.kind === "url" ? at.slice(4) : place.kind === "env" || place.kind === "env-json" ? place.name : ""] ?? "";
}

describe("where a secret stands", () => {
  it("in a variable", () => {
    expect(brief(detect({ env: { GITHUB_TOKEN: github, LOG_LEVEL: "debug" } }))).toEqual([
      [{ kind: "env", name: "GITHUB_TOKEN" }, github, "acme/GITHUB_TOKEN"],
    ]);
  });

  it("after a flag, with a flag, and bare", () => {
    const args = ["-y", "pkg@1.2.3", "--api-key", opaque, `--token=${github}`, github];
    expect(brief(detect({ args }))).toEqual([
      [{ kind: "arg", index: 3, flag: "--api-key" }, opaque, "acme/API_KEY"],
      [{ kind: "arg", index: 4, flag: "--token" }, github, "acme/TOKEN"],
      // The same value keeps its name.
      [{ kind: "arg", index: 5, flag: null }, github, "acme/TOKEN"],
    ]);
  });

  it("in a header, without the scheme", () => {
    const [found] = detect({ headers: { Authorization: `Bearer ${opaque}`, Accept: "application/json" } });
    expect(found).toMatchObject({
      place: { kind: "header", name: "Authorization" },
      value: opaque,
      range: { start: 7, end: 7 + opaque.length },
    });
  });

  it("in a header given as an argument", () => {
    const args = ["mcp-remote", "https://mcp.acme.dev/mcp", "--header", `X-Api-Key: ${opaque}`];
    expect(brief(detect({ args }))).toEqual([[{ kind: "arg", index: 3, flag: "--header" }, opaque, "acme/X_API_KEY"]]);
  });

  it("in docker's and a shell's assignments", () => {
    const args = ["run", "-e", "DEBUG=1", "-e", `API_KEY=${opaque}`, "-e", "NAME_ONLY_TOKEN", "mcp/acme"];
    expect(brief(detect({ command: "docker", args }))).toEqual([[{ kind: "arg", index: 4, flag: "-e" }, opaque, "acme/API_KEY"]]);
    const line = `export API_KEY="${opaque}" && node /opt/x.js --password 'blue river'`;
    expect(detect({ command: "sh", args: ["-c", line] }).map(({ value }) => value)).toEqual([opaque, "blue river"]);
  });

  it("in a url: password, query, path", () => {
    expect(brief(detect({ env: { DATABASE_URL: "postgres://app:b1ue-river@db:5432/x" } }))).toEqual([
      [{ kind: "url", at: "env DATABASE_URL", part: "userinfo", key: null }, "b1ue-river", "acme/DATABASE_URL_PASSWORD"],
    ]);
    expect(brief(detect({ url: `https://mcp.acme.dev/mcp?team=x&apiKey=${opaque}` }))).toEqual([
      [{ kind: "url", at: "url", part: "query", key: "apiKey" }, opaque, "acme/API_KEY"],
    ]);
    expect(brief(detect({ args: [`https://mcp.zapier.com/api/mcp/s/${opaque}/mcp`] }))).toEqual([
      [{ kind: "url", at: "arg 0", part: "path", key: null }, opaque, "acme/URL_TOKEN"],
    ]);
  });

  it("in JSON in a variable, with its pointer", () => {
    const json = JSON.stringify({ db: { "db/password": "b1ue-river", port: 1 }, list: [{ token: github }] });
    expect(brief(detect({ env: { CONFIG: json } }))).toEqual([
      [{ kind: "env-json", name: "CONFIG", pointer: "/db/db~1password" }, "b1ue-river", "acme/DB_PASSWORD"],
      [{ kind: "env-json", name: "CONFIG", pointer: "/list/0/token" }, github, "acme/TOKEN"],
    ]);
  });

  it("in the default of a reference", () => {
    const [found, ...rest] = detect({ env: { X: `\${GITHUB_TOKEN:-${github}}` } });
    expect(rest).toEqual([]);
    expect(found).toMatchObject({ value: github, range: { start: 16, end: 16 + github.length } });
  });

  it("different values get different names", () => {
    const found = detect({ env: { API_KEY: opaque }, headers: { "Api-Key": fakeValue("b62-32", "other") } });
    expect(found.map(({ suggestedName }) => suggestedName)).toEqual(["acme/API_KEY", "acme/API_KEY_2"]);
  });
});

describe("what is left alone", () => {
  const values = [
    "${GITHUB_TOKEN}", "${env:GITHUB_TOKEN}", "${input:github-token}", "$GITHUB_TOKEN", "%GITHUB_TOKEN%", "{env:GITHUB_TOKEN}", "op://Private/GitHub/token",
    "keychain:github/token", "${keychain:github/TOKEN}", "$(pass show github)", "<your-token>", "YOUR_GITHUB_TOKEN", "your-github-token-here", "xxxxxxxxxxxxxxxx",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "ghp_...", "sk-your-openai-api-key-goes-here", "changeme", "[token]", "", "   ", "true", "/run/secrets/token",
    "vault:secret/data/github#token", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:github-AbCdEf", "REPLACE_ME", "…",
  ]; // prettier-ignore
  it.each(values)("%j as a token", (value) => {
    expect(detect({ env: { GITHUB_TOKEN: value } })).toEqual([]);
  });

  it.each(values)("Bearer %s as a header", (value) => {
    expect(detect({ headers: { Authorization: `Bearer ${value}` } }).filter((one) => one.class !== "unlikely")).toEqual([]);
  });

  it("what only this client fills in", () => {
    const args = ["--token", "@{vault.github}"];
    expect(detect({ args }).length).toBe(1);
    expect(detect({ args, placeholders: [/@\{[^{}]*\}/] })).toEqual([]);
  });

  it("but a password with a dollar in it is no reference, whatever the client fills in", () => {
    expect(detect({ env: { DB_PASSWORD: "Kx7#mQ2$vL" }, placeholders: [/\$[A-Za-z_]\w*/] }).length).toBe(1);
  });

  it("a token with EXAMPLE in it is still a token", () => {
    const value = `${github.slice(0, 10)}EXAMPLE${github.slice(17)}`;
    expect(detect({ env: { X: value } })[0]).toMatchObject({ class: "secret", value });
  });
});

describe("what is said about a secret", () => {
  it("never holds the value, and names the reason", () => {
    for (const entry of labelledEntries()) {
      for (const { value, reason, suggestedName } of detectSecrets({ ...entry, placeholders: [] })) {
        expect(reason.length).toBeGreaterThan(8);
        expect(value.length >= 6 && `${reason} ${suggestedName.split("/")[1] ?? ""}`.includes(value)).toBe(false);
      }
    }
  });

  it("is sure of known forms, less sure of a word alone", () => {
    expect(detect({ env: { FOO: github } })[0]).toMatchObject({ class: "secret", reason: "the value has the form of a GitHub token" });
    expect(detect({ env: { FOO: fakeValue("b62-40", "foo") } })[0]?.class).toBe("probable");
    expect(detect({ env: { API_TOKEN: "staging" } })[0]?.class).toBe("unlikely");
    expect(detect({ env: { DB_PASSWORD: "postgres" } })[0]?.class).toBe("unlikely");
  });
});

describe("what a plan relies on", () => {
  const entries: readonly EntryText[] = labelledEntries().map((entry) => ({ ...entry, placeholders: [] }));

  it("value, range and text agree, ranges at one place do not overlap, names are names", () => {
    for (const entry of entries) {
      const found = detectSecrets(entry);
      for (const one of found) {
        expect(textAt(entry, one).slice(one.range.start, one.range.end)).toBe(one.value);
        expect(one.value).not.toBe("");
        expect(secretNameSchema.safeParse(one.suggestedName).success).toBe(true);
        for (const other of found) {
          if (other === one || textAt(entry, other) !== textAt(entry, one) || JSON.stringify(other.place) !== JSON.stringify(one.place))
            continue;
          expect(other.range.end <= one.range.start || one.range.end <= other.range.start).toBe(true);
        }
      }
    }
  });

  it("once replaced by references, nothing is found any more", () => {
    const replaceAll = (text: string, found: readonly Detected[]): string =>
      found
        .toSorted((a, b) => b.range.start - a.range.start)
        .reduce(
          (whole, { range, suggestedName }) => `${whole.slice(0, range.start)}\${keychain:${suggestedName}}${whole.slice(range.end)}`,
          text,
        );
    for (const entry of entries) {
      const found = detectSecrets(entry);
      const of = (at: string): readonly Detected[] =>
        found.filter(
          ({ place }) =>
            (place.kind === "url"
              ? place.at
              : place.kind === "arg"
                ? `arg ${place.index}`
                : `${place.kind === "header" ? "header" : "env"} ${place.name}`) === at,
        );
      const moved: EntryText = {
        ...entry,
        args: entry.args.map((arg, index) => replaceAll(arg, of(`arg ${index}`))),
        env: Object.fromEntries(Object.entries(entry.env).map(([name, value]) => [name, replaceAll(value, of(`env ${name}`))])),
        headers: Object.fromEntries(Object.entries(entry.headers).map(([name, value]) => [name, replaceAll(value, of(`header ${name}`))])),
        url: entry.url === null ? null : replaceAll(entry.url, of("url")),
      };
      expect(detectSecrets(moved)).toEqual([]);
    }
  });

  it("server and variable names of any kind make valid names", () => {
    for (const server of ["", "../..", "my server", "ä/ö", "@scope/pkg", "x".repeat(300), "${keychain:a/b}", "__proto__", "-.-"]) {
      for (const name of ["TOKEN", "__proto__TOKEN", "api key", "Ключ_TOKEN", `${"LONG_".repeat(60)}TOKEN`]) {
        for (const one of detect({ server, env: { [name]: github } }))
          expect(secretNameSchema.safeParse(one.suggestedName).success, one.suggestedName).toBe(true);
      }
    }
  });
});
