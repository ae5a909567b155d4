import { describe, expect, it } from "vitest";
import { knownClients } from "../../../renderer/clients/known-clients.ts";
import { doneSentence, foundSentence, inGitSentence, moveWords, placeWords } from "../../../renderer/messages/migration.ts";
import { messages } from "../../../renderer/messages.ts";
import { originOf } from "../../../renderer/secrets/origins.ts";
import { diffRows } from "../../../renderer/ui/diff-rows.ts";
import { parseView } from "../../../renderer/view.ts";
import { isFirstStart, rememberLater } from "../../../renderer/welcome/first-start.ts";
import { foundCounts, foundFiles } from "../../../renderer/welcome/found.ts";
import { unifiedDiff } from "../../../shared/text/diff.ts";
import type { Exposure, Scan } from "../../../shared/model/migration.ts";
import { configFile, migrationDone, migrationScan, secret } from "../../fixtures/renderer/migration.ts";

const now = 1_800_000_000_000;
const scan = migrationScan(now);

function exposure(kind: Exposure["kind"], severe: boolean): Exposure {
  return { kind, severe, text: `${kind} ${String(severe)}` };
}

/** A scan of files with this many secrets and these exposures. */
function scanOf(files: readonly { readonly id: string; readonly secrets: number; readonly exposures: readonly Exposure[] }[]): Scan {
  return {
    at: now,
    absent: [],
    files: files.map(({ id, exposures }) => configFile(id, id, id, `/home/ann/${id}.json`, { exposures: [...exposures] })),
    secrets: files.flatMap(({ id, secrets }) => Array.from({ length: secrets }, (_, at) => secret(`${id}${String(at)}`, id, "x"))),
  };
}

describe("what was found, by risk", () => {
  it("has what left the machine first, then what will, then what others here can read, then by number", () => {
    const all = scanOf([
      { id: "none", secrets: 0, exposures: [] },
      { id: "one", secrets: 1, exposures: [] },
      { id: "many", secrets: 9, exposures: [] },
      { id: "readable", secrets: 1, exposures: [exposure("world-readable", false)] },
      { id: "untracked", secrets: 1, exposures: [exposure("git-untracked", false)] },
      { id: "backup", secrets: 1, exposures: [exposure("backup", true)] },
      { id: "synced", secrets: 1, exposures: [exposure("synced", true)] },
      { id: "tracked", secrets: 1, exposures: [exposure("world-readable", false), exposure("git-tracked", true)] },
      { id: "harmless-history", secrets: 1, exposures: [exposure("git-history", false)] },
      { id: "pushed", secrets: 1, exposures: [exposure("git-tracked", true), exposure("git-pushed", true)] },
    ]);
    expect(foundFiles(all).map(({ client }) => client)).toEqual([
      "pushed",
      "tracked",
      "synced",
      "backup",
      "harmless-history",
      "untracked",
      "readable",
      "many",
      "one",
      "none",
    ]);
  });

  it("is one row for a file with several lists, each value and each sentence once", () => {
    const twice = exposure("git-tracked", true);
    const lists = ["user", "site", "shop"].map((id) =>
      configFile(id, "claude-code", "Claude Code", "/home/ann/.claude.json", { exposures: [twice], running: id === "shop" }),
    );
    const [file, ...rest] = foundFiles({
      at: now,
      absent: [],
      files: lists,
      secrets: [
        secret("a", "user", "github", { sameAs: "same" }),
        secret("b", "site", "github", { sameAs: "same" }),
        secret("c", "shop", "github", { class: "unlikely" }),
      ],
    });
    expect(rest).toEqual([]);
    expect(file?.lists).toHaveLength(3);
    expect(file?.secrets.map(({ id }) => id)).toEqual(["a"]);
    expect(file?.exposures).toEqual([twice]);
    expect(file?.running).toBe(true);
  });

  it("counts values, not places, and only of the client that is asked for", () => {
    const counts = foundCounts(foundFiles(scan));
    expect(counts).toMatchObject({ secrets: 8, files: 6, clients: 4, inGit: 2, inHistory: 1, allFiles: 8, allClients: 6 });
    expect(foundSentence(counts)).toBe("8 plaintext secrets in 6 files of 4 clients");
    expect(inGitSentence(counts)).toBe("2 of these files are in git or its history.");
    const cursor = foundCounts(foundFiles(scan, "cursor"));
    expect(foundSentence(cursor)).toBe("3 plaintext secrets in 2 files of 1 client");
    expect(inGitSentence(cursor)).toBe("1 of these files is in git.");
  });

  it("says so where there is no secret, or nothing to do", () => {
    const none = foundCounts(foundFiles(scan, "gemini-cli"));
    expect(foundSentence(none)).toBe("No plaintext secrets, but 1 server nobody guards");
    expect(inGitSentence(none)).toBeNull();
    expect(foundSentence({ ...none, movable: 0, ours: 2 })).toBe("Everything goes through Portcullis already");
    expect(foundSentence({ ...none, movable: 0 })).toBe("Nothing here can be moved");
    expect(inGitSentence({ ...none, files: 1, inGit: 1 })).toBe("The file is in git.");
    expect(inGitSentence({ ...none, files: 3, inGit: 3 })).toBe("All 3 are in git.");
  });
});

describe("the clients of this machine", () => {
  it("are told with their worst file first", () => {
    const known = knownClients(scan);
    expect(known.map(({ name }) => name)).toEqual(["Claude Code", "Claude Desktop", "Cursor", "VS Code", "Zed", "Gemini CLI"]);
    expect(known[0]).toMatchObject({ secrets: 3, severe: true, movable: 3, ours: 0 });
    expect(known.find(({ id }) => id === "zed")).toMatchObject({ secrets: 0, movable: 0, problem: { kind: "refused" } });
  });
});

describe("sentences", () => {
  it("name the place of a value", () => {
    expect(placeWords({ kind: "env", name: "A" })).toBe("A");
    expect(placeWords({ kind: "env-json", name: "H", pointer: "/a" })).toBe("H /a");
    expect(placeWords({ kind: "arg", index: 2, flag: null })).toBe("argument 3");
    expect(placeWords({ kind: "arg", index: 2, flag: "--key" })).toBe("--key");
    expect(placeWords({ kind: "header", name: "X-Key" })).toBe("header X-Key");
    expect(placeWords({ kind: "url", at: "url", part: "query", key: "token" })).toBe("address, token");
    expect(placeWords({ kind: "url", at: "arg 0", part: "userinfo", key: null })).toBe("address in argument 1, password");
    expect(placeWords({ kind: "url", at: "env DSN", part: "path", key: null })).toBe("address in DSN, path");
  });

  it("say what the button does and what was done", () => {
    expect(moveWords(17, 4)).toBe("Move 17 secrets, connect 4 clients");
    expect(moveWords(1, 1)).toBe("Move 1 secret, connect 1 client");
    expect(moveWords(0, 2)).toBe("Connect 2 clients");
    const done = migrationDone(now);
    expect(doneSentence(done)).toBe("7 secrets moved, 5 clients connected");
    expect(doneSentence({ ...done, files: done.files.map((file) => ({ ...file, state: "undone" })) })).toBe("Everything is as it was");
    expect(doneSentence({ ...done, files: done.files.map((file) => ({ ...file, state: "failed" })) })).toBe("Nothing was changed");
    expect(messages.migration.done.restartTitle(2)).toBe("Restart these two");
    expect(messages.migration.done.restartTitle(12)).toBe("Restart these 12");
  });
});

describe("where a secret came from", () => {
  const done = migrationDone(now);
  const at = { createdAt: done.at + 10, updatedAt: done.at + 10 };
  it("is the files of the servers that use it, with what is said of its copies", () => {
    const origin = originOf({ name: "brave/BRAVE_API_KEY", usedBy: ["brave"], ...at }, [done]);
    expect(origin.copies).toHaveLength(2);
    expect(originOf({ name: "github/GITHUB_PERSONAL_ACCESS_TOKEN", usedBy: ["github"], ...at }, [done]).files).toEqual([
      "/home/ann/.config/Claude/claude_desktop_config.json",
      "/home/ann/.cursor/mcp.json",
    ]);
  });
  it("is forgotten when the value was replaced, and unknown for one that was put in by hand", () => {
    expect(originOf({ name: "brave/BRAVE_API_KEY", usedBy: [], ...at, updatedAt: done.at + 99 }, [done])).toEqual({
      files: [],
      copies: [],
    });
    expect(originOf({ name: "other/KEY", usedBy: [], ...at }, [done])).toEqual({ files: [], copies: [] });
    expect(originOf({ name: "other/KEY", usedBy: [], ...at }, [])).toEqual({ files: [], copies: [] });
  });
});

describe("a diff as rows", () => {
  it("numbers the lines of both sides", () => {
    const { rows, added, removed, crlf } = diffRows(unifiedDiff("a\nb\nc\n", "a\nx\ny\nc\n"));
    expect([added, removed, crlf]).toEqual([2, 1, false]);
    expect(rows.map(({ kind, before, after, text }) => [kind, before, after, text]).slice(1)).toEqual([
      ["same", 1, 1, "a"],
      ["removed", 2, null, "b"],
      ["added", null, 2, "x"],
      ["added", null, 3, "y"],
      ["same", 3, 4, "c"],
    ]);
  });
  it("says CRLF once where every line ends so, and shows a mixture", () => {
    expect(diffRows(unifiedDiff("a\r\nb\r\n", "a\r\nc\r\n"))).toMatchObject({ crlf: true });
    expect(diffRows(unifiedDiff("a\r\nb\r\n", "a\r\nc\r\n")).rows.some(({ text }) => text.includes("\r"))).toBe(false);
    const mixed = diffRows(unifiedDiff("a\r\nb\n", "a\r\nc\n"));
    expect(mixed.crlf).toBe(false);
    expect(mixed.rows.some(({ text }) => text.endsWith("\r"))).toBe(true);
  });
  it("keeps what is no line as a note, and is empty for no difference", () => {
    expect(diffRows(unifiedDiff("a", "b")).rows.filter(({ kind }) => kind === "note")).toHaveLength(2);
    expect(diffRows("")).toEqual({ rows: [], added: 0, removed: 0, crlf: false });
  });
});

describe("the first start", () => {
  const page = (hash: string): { location: Location; localStorage: Storage } => {
    const kept = new Map<string, string>();
    return {
      location: { hash } as Location,
      localStorage: {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
      } as Storage,
    };
  };
  it("is one with nothing configured, nothing migrated and no screen asked for", () => {
    expect(isFirstStart(page(""), 0, [])).toBe(true);
    expect(isFirstStart(page("#/servers"), 0, [])).toBe(false);
    expect(isFirstStart(page(""), 1, [])).toBe(false);
    expect(isFirstStart(page(""), 0, [migrationDone(now)])).toBe(false);
  });
  it("is over for whoever said not now", () => {
    const one = page("");
    rememberLater(one);
    expect(isFirstStart(one, 0, [])).toBe(false);
  });
  it("has an address of its own, which no client can have", () => {
    expect(parseView("#/welcome/-first")).toEqual({ screen: "welcome", selected: "-first" });
    expect(parseView("#/welcome")).toEqual({ screen: "welcome", selected: null });
  });
});
