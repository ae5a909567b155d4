import { describe, expect, it } from "vitest";
import type { Machine } from "../../../electron/migration/clients/client-definition.ts";
import { expandPatterns, leftBeside, shellHistories } from "../../../electron/migration/exposure-copies.ts";
import { copyExposures, gitExposures, syncedExposure } from "../../../electron/migration/exposures.ts";
import type { GitStanding } from "../../../electron/migration/git-standing.ts";
import { masked, shownPrefix } from "../../../electron/migration/mask.ts";

function machine(names: readonly string[], env: Record<string, string> = {}): Machine {
  return { platform: "linux", env, home: "/home/ada", list: async () => names, exists: async () => true };
}

describe("masking", () => {
  it.each([
    ["", ""],
    ["abc", ""],
    ["abcd", "a"],
    ["0123456789", "01"],
    ["ghp_0123456789abcdef", "ghp_"],
    ["abc👋0123456789abcdef", "abc"],
  ])("%j shows %j", (value, shown) => {
    expect(shownPrefix(value)).toBe(shown);
  });

  it("takes out ranges and every other occurrence, and shortens nothing else", () => {
    const value = "ghp_0123456789abcdef";
    const text = `--token=${value} --again ${value} ${"long ".repeat(100)}`;
    const own = [{ value, range: { start: 8, end: 8 + value.length } }];
    expect(masked(text, own, [value])).toBe(`--token=ghp_… --again ghp_… ${"long ".repeat(100)}`);
  });

  it("takes a short value out of its place only, and `$&` for nothing special", () => {
    expect(masked("x pw x", [{ value: "pw", range: { start: 2, end: 4 } }], ["pw"])).toBe("x … x");
    expect(masked("a $&$&$&$&$&$& b", [], ["$&$&$&$&$&$&"])).toBe("a $&$… b");
  });

  it("is not led astray by ranges that overlap or lie outside", () => {
    const hidden = (start: number, end: number) => ({ value: "zzzz", range: { start, end } });
    expect(masked("0123456789", [hidden(2, 6), hidden(4, 8), hidden(9, 99), hidden(5, 5)], [])).toBe("0123z…89");
  });
});

describe("what git says of a file", () => {
  const known = (standing: Partial<Extract<GitStanding, { kind: "known" }>>): GitStanding => ({
    kind: "known",
    root: "/src/site",
    tracked: false,
    ignored: false,
    history: { versions: 0, withSecrets: 0, pushed: false, complete: true },
    ...standing,
  });
  const history = { versions: 3, withSecrets: 2, pushed: false, complete: true };

  it.each([
    ["nothing outside of git", { kind: "none" }, []],
    ["nothing of an ignored file that never was committed", known({ ignored: true }), []],
    ["that it could be added", known({}), ["git-untracked"]],
    ["that it is tracked", known({ tracked: true, history: { ...history, withSecrets: 0 } }), ["git-tracked"]],
    [
      "that the secret is in its history, and pushed",
      known({ tracked: true, history: { ...history, pushed: true } }),
      ["git-tracked", "git-history", "git-pushed"],
    ],
    ["that it once was committed", known({ ignored: true, history: { ...history, withSecrets: 0 } }), ["git-history"]],
    ["that its history is unknown", known({ tracked: true, history: { reason: "git took too long" } }), ["git-tracked", "git-history"]],
    ["that nothing is known", { kind: "unknown", root: "/src/site", reason: "git is not installed" }, ["git-untracked"]],
  ] as const)("%s", (_name, standing, kinds) => {
    expect(gitExposures(standing).map(({ kind }) => kind)).toEqual(kinds);
  });

  it("counts, and says when it did not look at everything", () => {
    const text = (standing: GitStanding) => gitExposures(standing).map((one) => one.text);
    expect(text(known({ ignored: true, history }))).toEqual([
      "A secret of this file is in 2 of 3 committed versions: moving it does not take it out of there.",
    ]);
    expect(text(known({ ignored: true, history: { ...history, versions: 1, withSecrets: 1, complete: false } }))[0]).toContain(
      "1 of 1 committed version, of those",
    );
  });
});

describe("folders that are copied to other machines", () => {
  it.each([
    ["/Users/ada/Library/Mobile Documents/com~apple~CloudDocs/dot/claude.json", "iCloud"],
    ["/Users/ada/Library/CloudStorage/OneDrive-Acme/claude.json", "OneDrive"],
    ["/Users/ada/Library/CloudStorage/GoogleDrive-ada@example.com/My Drive/x.json", "Google Drive"],
    ["C:\\Users\\ada\\OneDrive - Acme GmbH\\src\\.mcp.json", "OneDrive"],
    ["C:\\Users\\ada\\iCloudDrive\\x.json", "iCloud"],
    ["/home/ada/Dropbox (Personal)/x.json", "Dropbox"],
    ["/home/ada/Nextcloud/x.json", "Nextcloud"],
    ["/home/ada/dropbox-api/x.json", null],
    ["/home/ada/src/onedriver/x.json", null],
  ])("%s: %s", (file, service) => {
    const exposure = syncedExposure("/home/ada/x.json", file);
    expect(exposure?.text ?? "none").toContain(service ?? "none");
  });
});

describe("where copies may be", () => {
  it("expands `*` in the last part only, as text", async () => {
    const on = machine(["mcp.log", "mcp-server-a.log", "mcp.log.1", "other.log", "mcp"]);
    expect(await expandPatterns(on, ["/var/log/mcp*.log", "/var/log/one.txt"])).toEqual([
      "/var/log/mcp.log",
      "/var/log/mcp-server-a.log",
      "/var/log/one.txt",
    ]);
    expect(await expandPatterns(machine(["axxb", "ab", "a.b", "ba"]), ["/x/a*b"])).toEqual(["/x/axxb", "/x/ab", "/x/a.b"]);
    expect(await expandPatterns(machine(["x"]), ["/x/mcp*.log"])).toEqual([]);
  });

  it("knows what editors leave beside a file, and not its neighbours", async () => {
    const names = [
      "mcp.json",
      "mcp.json~",
      ".mcp.json.swp",
      "mcp.json.bak",
      "mcp.json.20260101",
      "mcp.json-backup",
      "#mcp.json#",
      "mcp.json5",
      "mcp.jsonl",
      "xmcp.json.bak",
    ];
    expect(await leftBeside(machine(names), "/x/mcp.json")).toEqual(names.slice(1, 7).map((name) => `/x/${name}`));
    expect(await leftBeside(machine([".mcp.json.swp", ".mcp.json.orig", ".mcp.json"]), "/x/.mcp.json")).toEqual([
      "/x/.mcp.json.swp",
      "/x/.mcp.json.orig",
    ]);
  });

  it("names the histories of this machine’s shells", () => {
    expect(shellHistories(machine([], { HISTFILE: "/srv/history" }))).toEqual(
      expect.arrayContaining(["/srv/history", "/home/ada/.bash_history"]),
    );
    expect(shellHistories(machine([], { HISTFILE: "history" }))).not.toContain("history");
  });

  it("tells a log from a backup", () => {
    const kinds = copyExposures(
      "backup",
      ["/a/mcp.log", "/a/mcp.log.1", "/a/history.jsonl", "/a/x.json.bak"].map((file) => ({ file, count: 1 })),
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(["client-log", "client-log", "client-log", "backup"]);
  });
});
