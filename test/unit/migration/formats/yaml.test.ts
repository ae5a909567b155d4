import { describe, expect, test } from "vitest";
import { edited, encode, lines, opened, remove, set } from "./editing.ts";

describe("YAML", () => {
  const goose = lines(
    "extensions:",
    "  github: # mine",
    "    # how it starts",
    "    cmd: npx",
    "    args:",
    "    - -y",
    '    - "p" # package',
    "    envs:",
    "      TOKEN: secret # expires",
    "    enabled: true",
    "",
    "  # about y",
    "  y: { cmd: a, args: [\"b\", 'c'], envs: {A: b} }",
    "  z: {}",
    "GOOSE_MODE: no",
  );

  test("an entry pointed elsewhere, and back", () => {
    const at = ["extensions", "github"];
    const migrated = edited(
      "yaml",
      goose,
      set([...at, "cmd"], "portcullis"),
      set([...at, "args"], ["connect", "yes"]),
      remove(...at, "envs"),
    );
    expect(migrated).toBe(
      goose
        .replace("cmd: npx", "cmd: portcullis")
        .replace('    - -y\n    - "p" # package\n', '    - "connect"\n    - "yes"\n')
        .replace("    envs:\n      TOKEN: secret # expires\n", ""),
    );
    const source = opened("yaml", goose).raw(at) ?? encode("");
    expect(edited("yaml", migrated, { kind: "restore", path: at, source })).toBe(goose);
  });

  test("strings that YAML would read as something else are quoted", () => {
    for (const value of [
      "yes",
      "No",
      "on",
      "y",
      "null",
      "~",
      "",
      "1.0",
      "0x1f",
      "1_000",
      "12:30",
      "1e3",
      ".inf",
      "2026-11-20",
      "- a",
      "a: b",
      "a #b",
      "#a",
      "@a",
      "%a",
      "&a",
      "*a",
      "!a",
      "|",
      ">",
      "{a",
      "[a",
      "'a",
      '"a',
      "a\nb",
      " a",
      "a ",
      "true",
      "<<",
      "=",
      "`a",
      "? a",
      "\u0085",
      "\u2028",
      "\ufeff",
      "...",
    ]) {
      const text = edited("yaml", "a: x\n", set(["a"], value), set(["b"], [value]), set(["c"], { [value]: value }));
      expect(opened("yaml", text).get([]), text).toEqual({ a: value, b: [value], c: { [value]: value } });
      expect(text, value).toMatch(/^a: ["']/);
    }
    expect(edited("yaml", "a: 'x'\n", set(["a"], "it's"))).toBe("a: 'it''s'\n");
    expect(edited("yaml", "a: x\n", set(["a"], "/usr/bin/npx"))).toBe("a: /usr/bin/npx\n");
  });

  test("lists of maps with a name", () => {
    const list = lines("mcpServers:", "  - name: a", "    command: npx", "    env:", "      T: s", "  - name: b", "    command: q");
    expect(edited("yaml", list, set(["mcpServers", 0, "command"], "portcullis"), remove("mcpServers", 0, "env"))).toBe(
      lines("mcpServers:", "  - name: a", "    command: portcullis", "  - name: b", "    command: q"),
    );
    expect(edited("yaml", list, remove("mcpServers", 0, "name"), remove("mcpServers", 1))).toBe(
      lines("mcpServers:", "  - command: npx", "    env:", "      T: s"),
    );
    expect(edited("yaml", list, set(["mcpServers", 2], { name: "c", args: ["x"] }))).toBe(
      list + lines("  - name: c", "    args:", "      - x"),
    );
  });

  test("values in lines and in brackets stay what they are; empty braces give way to lines", () => {
    expect(edited("yaml", goose, set(["extensions", "y", "envs", "B"], "c"))).toContain("envs: {A: b, B: c} }");
    expect(edited("yaml", goose, set(["extensions", "z", "cmd"], "c"))).toContain(lines("  z:", "    cmd: c"));
    expect(edited("yaml", "a: |\n  b\n  c\nd: 1\n", set(["a"], "x"), remove("d"))).toBe("a: x\n");
    expect(edited("yaml", "a:\n  b: 1\n", remove("a", "b"))).toBe("a: {}\n");
    expect(edited("yaml", "", set(["a", "b"], []))).toBe("a:\n  b: []\n");
  });

  test("anchors, aliases, merge keys and tags are not edited, with the reason", () => {
    const shared = lines(
      "base: &base",
      "  A: 1",
      "x:",
      "  env: *base",
      "y:",
      "  env:",
      "    <<: *base",
      "    B: 2",
      "z: !t {a: 1}",
      "plain: 1",
    );
    expect(edited("yaml", shared, set(["base", "A"], 2))).toMatch(/it has a YAML anchor/);
    expect(edited("yaml", shared, set(["x", "env", "A"], 2))).toMatch(/it is a YAML alias/);
    expect(edited("yaml", shared, remove("x"))).toMatch(/it is a YAML alias/);
    expect(edited("yaml", shared, set(["y", "env", "B"], 3))).toMatch(/it has a YAML merge key/);
    expect(edited("yaml", shared, set(["z", "a"], 3))).toMatch(/it has a YAML tag/);
    expect(edited("yaml", shared, set(["plain"], 2))).toBe(shared.replace("plain: 1", "plain: 2"));
  });
});
