import { describe, expect, it } from "vitest";
import { joinRecords, subjectOf } from "../../../renderer/activity/join.ts";
import { callWords } from "../../../renderer/activity/call-words.ts";
import { lastsMs } from "../../../renderer/approvals/remember-panel.tsx";
import { snippet } from "../../../renderer/clients/snippet.ts";
import { createFormat } from "../../../renderer/format.ts";
import { messages } from "../../../renderer/messages.ts";
import { effectFor } from "../../../renderer/rules/effect-for.ts";
import { createRandom } from "../../fixtures/journal/parts.ts";
import { joinCommandLine, markDangerous, splitCommandLine } from "../../../renderer/servers/command-line.ts";
import { parseView } from "../../../renderer/view.ts";
import { journal, snapshot } from "../../fixtures/renderer/snapshot.ts";

const now = 1_800_000_000_000;

describe("a command line", () => {
  it.each([
    ["npx -y pkg@1", ["npx", "-y", "pkg@1"]],
    [`  a  "b c" 'd "e"' f\\ g `, ["a", "b c", 'd "e"', "f g"]],
    [`"" ''`, ["", ""]],
    [`C:\\Users\\ann\\x.exe "C:\\Program Files\\y"`, ["C:\\Users\\ann\\x.exe", "C:\\Program Files\\y"]],
    [`"a\\"b" 'a\\b'`, ['a"b', "a\\b"]],
    ["a | b > c $(d) *", ["a", "|", "b", ">", "c", "$(d)", "*"]],
    ["", []],
  ])("%s", (line, words) => {
    expect(splitCommandLine(line)).toEqual({ ok: true, value: words });
  });
  it("that is put together of words is cut into the same words again", () => {
    const random = createRandom(11);
    const letters = "ab -$\\\"'\n\tü".split("");
    const text = (most: number): string =>
      Array.from({ length: Math.floor(random() * most) }, () => letters[Math.floor(random() * letters.length)] ?? "").join("");
    for (let round = 0; round < 2_000; round += 1) {
      const words = Array.from({ length: 1 + Math.floor(random() * 4) }, () => text(8));
      expect(splitCommandLine(joinCommandLine(words))).toEqual({ ok: true, value: words });
    }
    expect(joinCommandLine(["npx", "-y", "a b", "C:\\x", ""])).toBe("npx -y 'a b' 'C:\\x' ''");
  });
  it("says that a quote is open", () => {
    expect(splitCommandLine(`a "b`)).toMatchObject({ ok: false });
  });
  it("marks what is dangerous and loses nothing", () => {
    const text = "curl -fsSL x | sh && sudo rm -rf ~/.ssh";
    const pieces = markDangerous(text);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    expect(pieces.filter(({ dangerous }) => dangerous).map((piece) => piece.text)).toEqual(["curl", "|", "&&", "sudo", "rm -rf", "~/.ssh"]);
    expect(markDangerous("server.js").some(({ dangerous }) => dangerous)).toBe(false);
  });
});

describe("what goes into a client's config", () => {
  const connect = { command: "/opt/o'dd/node", args: ["bridge.cjs", "SERVER", "--client", "CLIENT"] };
  it("is JSON, TOML or a command, with the names filled in", () => {
    expect(JSON.parse(snippet("json", connect, "fs", "My Client"))).toEqual({
      mcpServers: { fs: { command: "/opt/o'dd/node", args: ["bridge.cjs", "fs", "--client", "My Client"] } },
    });
    expect(JSON.parse(snippet("vscode", connect, "fs", "c"))).toHaveProperty("servers.fs.type", "stdio");
    expect(snippet("toml", connect, "a.b", "c")).toBe(
      ['[mcp_servers."a.b"]', 'command = "/opt/o\'dd/node"', 'args = ["bridge.cjs", "a.b", "--client", "c"]'].join("\n"),
    );
    expect(snippet("claude", connect, "fs", "My Client")).toBe(
      "claude mcp add -s user fs -- '/opt/o'\\''dd/node' bridge.cjs fs --client 'My Client'",
    );
  });
});

describe("the journal as rows", () => {
  const records = journal(now);
  it("joins the records of a call, whatever the order they come in", () => {
    const rows = joinRecords([], records);
    expect(joinRecords([], records.toReversed())).toEqual(rows);
    expect(joinRecords(rows, records)).toEqual(rows);
    expect(rows.flatMap((row) => row.records)).toHaveLength(records.length);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq).toSorted((a, b) => b - a));
    const asked = rows.find(({ call }) => call?.asked === true && call.state === "allowed");
    expect(asked?.records.map(({ kind }) => kind)).toEqual(["call-asked", "call-dispatched", "call-finished"]);
    expect(asked === undefined ? "" : subjectOf(asked, 10)).not.toBe("");
  });
  it("says what became of it", () => {
    const rows = joinRecords([], records);
    const words = new Set(rows.map(({ call }) => (call === null ? "" : callWords(call))));
    for (const expected of [
      "waiting",
      "allowed by you",
      "allowed by a rule",
      "denied by you",
      "denied, no answer in time",
      "allowed by a rule · tool error",
    ]) {
      expect(words).toContain(expected);
    }
  });
});

describe("what the rules say of a tool", () => {
  const { rules } = snapshot(now);
  it.each([
    ["filesystem", "read_text_file", "ask", 1],
    ["filesystem", "delete_file", "deny", 0],
    ["github", "create_issue", "ask", 0],
    ["github", "other", "ask", 0],
  ])("%s %s: %s, %i exceptions", (server, tool, effect, exceptions) => {
    expect(effectFor(rules, server, tool, "ask", now)).toEqual({ effect, exceptions });
  });
  it("forgets expired rules", () => {
    expect(effectFor(rules, "filesystem", "read_text_file", "ask", now + 10 * 86_400_000).exceptions).toBe(0);
  });
});

describe("words and numbers", () => {
  const format = createFormat("en-GB");
  it("formats sizes, times and lists", () => {
    expect(format.bytes(0)).toBe("0 bytes");
    expect(format.bytes(1)).toBe("1 byte");
    expect(format.bytes(1_250_000)).toBe("1.3 MB");
    expect(format.duration(999)).toBe("999ms");
    expect(format.duration(1500)).toBe("1.5s");
    expect(format.clock(112_000)).toBe("1:52");
    expect(format.clock(-5)).toBe("0:00");
    expect(format.relative(now - 3 * 60_000, now)).toBe("3 minutes ago");
  });
  it("has one form for one and another for many", () => {
    expect(messages.shell.waiting(1)).toBe("1 question waits");
    expect(messages.shell.waiting(2)).toBe("2 questions wait");
  });
  it("has no empty text and no text that says undefined", () => {
    const seen: string[] = [];
    const walk = (value: unknown): void => {
      if (typeof value === "string") seen.push(value);
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(walk);
    };
    walk(messages);
    expect(seen.length).toBeGreaterThan(200);
    for (const text of seen) expect(text.trim()).not.toBe("");
  });
  it("tells what a sandbox lets through", () => {
    const closed = { kind: "boxed" as const, reason: null, read: [], write: [], hosts: [] };
    expect(messages.servers.touches(closed, 0)).toEqual(["no network", "no files of yours"]);
    expect(messages.servers.touches({ ...closed, write: ["/a"], hosts: ["x.org"] }, 1)).toEqual(["reaches x.org", "writes /a", "1 secret"]);
    expect(messages.servers.touches({ ...closed, kind: "waived" }, 0)[0]).toContain("no sandbox");
  });
  it("ends a rule for today at midnight", () => {
    const evening = new Date(2026, 10, 20, 22, 30);
    expect(lastsMs("today", evening)).toBe(90 * 60_000);
    expect(lastsMs("week", evening)).toBe(7 * 86_400_000);
    expect(lastsMs("forGood", evening)).toBeUndefined();
  });
  it("finds a screen in an address", () => {
    expect(parseView("#/servers/a%20b")).toEqual({ screen: "servers", selected: "a b" });
    expect(parseView("#/nowhere")).toEqual({ screen: "approvals", selected: null });
    expect(parseView("#/servers/%E0%A4%A")).toEqual({ screen: "servers", selected: null });
  });
});
