import { describe, expect, it } from "vitest";
import type { ApprovalAnswer } from "../../../shared/model/approval.ts";
import type { Rule } from "../../../shared/model/rule.ts";
import type { ToolCall } from "../../../shared/model/tool-call.ts";
import { decide } from "../../../shared/policy/decide.ts";
import { covers } from "../../../shared/policy/match.ts";
import { canRemember, remember } from "../../../shared/policy/remember.ts";
import { isToolPattern } from "../../../shared/policy/tool-pattern.ts";

const call: ToolCall = {
  id: "c",
  sessionId: "s1",
  client: "cursor",
  server: "files",
  tool: "read_file",
  arguments: { path: "/a" },
  argumentsHash: "h1",
  bytes: 10,
};
const rule = (fields: Partial<Rule>): Rule => ({ id: "r", effect: "allow", createdAt: 0, origin: "person", ...fields });

describe("covers", () => {
  it("needs everything that a rule names", () => {
    expect(covers(rule({}), call)).toBe(true);
    expect(
      covers(rule({ client: "cursor", server: "files", tool: "read_file", sessionId: "s1", arguments: { hash: "h1", preview: "" } }), call),
    ).toBe(true);
    for (const other of [
      { client: "Cursor" },
      { server: "file" },
      { tool: "read" },
      { sessionId: "s2" },
      { arguments: { hash: "h2", preview: "" } },
    ]) {
      expect(covers(rule(other), call)).toBe(false);
    }
  });

  it("takes a trailing star for a prefix, and no other", () => {
    expect(covers(rule({ tool: "read_*" }), call)).toBe(true);
    expect(covers(rule({ tool: "*" }), call)).toBe(true);
    expect(covers(rule({ tool: "*_file" }), call)).toBe(false);
    expect(covers(rule({ tool: "write_*" }), call)).toBe(false);
    // A prefix: what only stands somewhere in the name is none.
    expect(covers(rule({ tool: "file*" }), call)).toBe(false);
  });

  it("is never given a pattern that looks like more than it is", () => {
    for (const text of ["read_file", "read_*", "*"]) expect(isToolPattern(text)).toBe(true);
    for (const text of ["", "*_file", "a*b", "**", "a**"]) expect(isToolPattern(text)).toBe(false);
  });

  it("does not ask for the arguments' hash when nothing needs it", () => {
    const lazy = { ...call, get argumentsHash(): string { throw new Error("asked"); } }; // prettier-ignore
    expect(covers(rule({ tool: "x", arguments: { hash: "h", preview: "" } }), lazy)).toBe(false);
  });
});

describe("decide", () => {
  it("knows deny > ask > allow, in any order and however specific", () => {
    const allow = rule({
      id: "a",
      effect: "allow",
      client: "cursor",
      server: "files",
      tool: "read_file",
      arguments: { hash: "h1", preview: "" },
    });
    const ask = rule({ id: "k", effect: "ask", server: "files" });
    const deny = rule({ id: "d", effect: "deny" });
    const effects = (rules: Rule[]) => decide(call, rules, "ask", 1).effect;
    expect(effects([allow])).toBe("allow");
    expect(effects([allow, ask])).toBe("ask");
    expect(effects([ask, allow])).toBe("ask");
    expect(effects([allow, deny, ask])).toBe("deny");
    expect(effects([deny, ask, allow])).toBe("deny");
    expect(decide(call, [deny], "allow", 1).by).toBe("rule d");
  });

  it("names the first rule of the effect that counts, and says how far it goes", () => {
    const allows = [rule({ id: "new" }), rule({ id: "old" })];
    const asks = [rule({ id: "newer", effect: "ask" }), rule({ id: "older", effect: "ask" })];
    expect(decide(call, allows, "ask", 1).by).toBe("rule new");
    expect(decide(call, [...asks, ...allows], "allow", 1)).toEqual({
      effect: "ask",
      by: "rule newer",
      why: "A rule asks about every tool of any server for any client.",
    });
    const denies = [rule({ id: "newest", effect: "deny" }), rule({ id: "oldest", effect: "deny" })];
    expect(decide(call, [...asks, ...denies], "allow", 1).by).toBe("rule newest");
    expect(decide(call, [rule({ tool: "read_*" })], "ask", 1).why).toBe("A rule allows tools named read_* of any server for any client.");
    const narrow = { server: "files", client: "cursor", sessionId: "s1", arguments: { hash: "h1", preview: "" } };
    expect(decide(call, [rule({ ...narrow, effect: "deny" })], "ask", 1).why).toBe(
      "A rule denies every tool of files for cursor, with exactly these arguments, in this session.",
    );
  });

  it("falls back to the default, and lets rules expire", () => {
    expect(decide(call, [], "ask", 1)).toMatchObject({ effect: "ask", by: "default" });
    expect(decide(call, [], "deny", 1).effect).toBe("deny");
    const soon = rule({ effect: "allow", expiresAt: 100 });
    expect(decide(call, [soon], "ask", 99).effect).toBe("allow");
    expect(decide(call, [soon], "ask", 100).effect).toBe("ask");
  });
});

describe("remember", () => {
  const answer = (fields: Partial<ApprovalAnswer>): ApprovalAnswer => ({
    id: "q",
    fingerprint: "f",
    verdict: "allow",
    remember: "always",
    ...fields,
  });
  const given = { id: "new", now: 1000, preview: "path: /a" };

  it("makes a rule as narrow as the question", () => {
    expect(remember(answer({ remember: "once" }), call, given)).toBeNull();
    expect(remember(answer({}), call, given)).toEqual({
      id: "new",
      effect: "allow",
      client: "cursor",
      server: "files",
      tool: "read_file",
      createdAt: 1000,
      origin: "approval",
    });
    expect(remember(answer({ remember: "session", expiresInMs: 5 }), call, given)).toMatchObject({ sessionId: "s1" });
    expect(remember(answer({ remember: "session", expiresInMs: 5 }), call, given)).not.toHaveProperty("expiresAt");
    expect(remember(answer({ expiresInMs: 5, onlyTheseArguments: true, verdict: "deny" }), call, given)).toMatchObject({
      effect: "deny",
      expiresAt: 1005,
      arguments: { hash: "h1", preview: "path: /a" },
    });
  });

  it("cannot be talked into a wildcard by a tool's name", () => {
    expect(canRemember({ tool: "read_file" })).toBe(true);
    expect(canRemember({ tool: "*" })).toBe(false);
    expect(canRemember({ tool: "r*" })).toBe(false);
    expect(canRemember({ tool: "r*d" })).toBe(false);
  });
});
