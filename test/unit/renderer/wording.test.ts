import { describe, expect, it } from "vitest";
import { namesGoal, namesObject, splitSubject, toneOf, verbOf, wordsOf } from "../../../renderer/approvals/wording.ts";

const plain = { findings: [] };

describe("wording", () => {
  it("finds the words of a name", () => {
    expect(wordsOf("readTextFile")).toEqual(["read", "text", "file"]);
    expect(wordsOf("repo/get-issue.v2")).toEqual(["repo", "get", "issue", "v2"]);
  });

  it.each([
    ["read_text_file", "read"],
    ["write_file", "change"],
    ["list_directory", "list"],
    ["create_issue", "create"],
    ["deleteAll", "delete"],
    ["browser_navigate", "open"],
    ["run_command", "run"],
    ["frobnicate", "call"],
    ["query", "call"],
    // They may well change something: a file that is written, a thread that is closed.
    ["download_file", "call"],
    ["resolve_thread", "call"],
    ["lookup", "call"],
    ["execute_sql", "run"],
    ["", "call"],
  ])("%s is %s", (tool, verb) => {
    expect(verbOf(tool)).toBe(verb);
  });

  it("says verb and value only where the argument's name says that the value is the verb's object", () => {
    for (const [tool, key] of [
      ["write_file", "path"],
      ["move_file", "source"],
      ["fetch", "url"],
      ["browser_navigate", "url"],
      ["run_command", "command"],
      ["evaluate", "script"],
    ] as const) {
      expect(namesObject(verbOf(tool), key), tool).toBe(true);
    }
    for (const [tool, key] of [
      ["delete_branch", "repo"],
      ["create_issue", "title"],
      ["query", "sql"],
      ["read_query", "query"],
      ["search", "query"],
      ["send_message", "to"],
      ["post_message", "url"],
      ["run_tests", "path"],
      ["frobnicate", "path"],
    ] as const) {
      expect(namesObject(verbOf(tool), key), tool).toBe(false);
    }
  });

  it("says where something is moved to, and of no other verb", () => {
    expect(namesGoal(verbOf("move_file"), "destination")).toBe(true);
    expect(namesGoal(verbOf("move_file"), "source")).toBe(false);
    expect(namesGoal(verbOf("copy_file"), "destination")).toBe(false);
  });

  it("takes the gravest verb of a name, so that a harmless word hides nothing", () => {
    expect(verbOf("read_and_delete_file")).toBe("delete");
    expect(verbOf("list_then_exec")).toBe("run");
  });

  it("treats an unknown verb as a change, and what hides something as grave", () => {
    expect(toneOf({ tool: "frobnicate", ...plain })).toBe("changing");
    expect(toneOf({ tool: "read_file", ...plain })).toBe("reading");
    for (const kind of ["invisible", "control", "padding", "climbs"] as const) {
      expect(toneOf({ tool: "read_file", findings: [{ kind, text: "", pointer: "" }] })).toBe("destroying");
    }
  });

  it("keeps a write of ordinary HTML a change: markup, size and numbers hide nothing", () => {
    for (const kind of ["markup", "large", "number"] as const) {
      expect(toneOf({ tool: "write_file", findings: [{ kind, text: "", pointer: "" }] })).toBe("changing");
    }
  });

  it("cuts a path before its last part and leaves everything else whole", () => {
    expect(splitSubject("/home/ann/site/index.html")).toEqual({ lead: "/home/ann/site/", name: "index.html" });
    expect(splitSubject("C:\\site\\index.html")).toEqual({ lead: "C:\\site\\", name: "index.html" });
    expect(splitSubject("/home/ann/site/")).toEqual({ lead: "/home/ann/", name: "site/" });
    for (const whole of ["ls -l /tmp", "https://example.com/a", "ann", "/", "a/b\u202ec d"]) {
      expect(splitSubject(whole)).toEqual({ lead: "", name: whole });
    }
  });
});
