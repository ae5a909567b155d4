import { describe, expect, test } from "vitest";
import { edited, encode, lines, opened, remove, set } from "./editing.ts";

describe("TOML", () => {
  const codex = lines(
    'model = "o3" # mine',
    "",
    "[mcp_servers.github]",
    "command = 'npx'",
    "args = [",
    '  "-y", # yes',
    '  "p",',
    "]",
    "",
    "# secrets",
    "[mcp_servers.github.env]",
    'TOKEN = "x" # expires',
    "",
    "# about y",
    '[mcp_servers."y z"]',
    'command="a"',
    'env = { "A" = "b", C = "d" }',
    "",
    "[tui]",
    "since = 1979-05-27",
  );

  test("an entry pointed elsewhere loses its table of secrets, and gets it back", () => {
    const at = ["mcp_servers", "github"];
    const migrated = edited(
      "toml",
      codex,
      set([...at, "command"], "portcullis"),
      set([...at, "args"], ["connect", "github"]),
      remove(...at, "env"),
    );
    expect(migrated).toBe(
      lines(
        'model = "o3" # mine',
        "",
        "[mcp_servers.github]",
        "command = 'portcullis'",
        "args = [",
        '  "connect",',
        '  "github",',
        "]",
        "",
        "# about y",
        '[mcp_servers."y z"]',
        'command="a"',
        'env = { "A" = "b", C = "d" }',
        "",
        "[tui]",
        "since = 1979-05-27",
      ),
    );
    const source = opened("toml", codex).raw(at);
    expect(source).toBeDefined();
    expect(edited("toml", migrated, { kind: "restore", path: at, source: source ?? encode("") })).toBe(codex);
    const gone = edited("toml", migrated, remove(...at));
    expect(opened("toml", edited("toml", gone, { kind: "restore", path: at, source: source ?? encode("") })).get(at)).toEqual(
      opened("toml", codex).get(at),
    );
  });

  test("new tables in the form of those beside them", () => {
    expect(edited("toml", codex, set(["mcp_servers", "n"], { command: "c", env: { K: "v" } }))).toContain(
      lines("", "[mcp_servers.n]", 'command = "c"', 'env = { K = "v" }', "", "[tui]"),
    );
    expect(edited("toml", codex, set(["mcp_servers", "y z", "cwd"], "/x"))).toContain(lines('env = { "A" = "b", C = "d" }', 'cwd = "/x"'));
    expect(edited("toml", codex, set(["mcp_servers", "y z", "env", "E"], "f"), remove("mcp_servers", "y z", "env", "A"))).toContain(
      'env = { C = "d", E = "f" }',
    );
    expect(edited("toml", "", set(["mcp_servers", "n"], { command: "c", env: { K: "v" } }))).toBe(
      lines("[mcp_servers.n]", 'command = "c"', "", "[mcp_servers.n.env]", 'K = "v"'),
    );
  });

  test("dotted keys and arrays of tables", () => {
    const vibe = lines("[[mcp_servers]]", 'name = "x"', 'env.A = "1"', "", "[[mcp_servers]]", 'name = "y"');
    expect(opened("toml", vibe).get([])).toEqual({ mcp_servers: [{ name: "x", env: { A: "1" } }, { name: "y" }] });
    expect(edited("toml", vibe, set(["mcp_servers", 0, "env", "B"], "2"))).toContain(lines('env.A = "1"', 'env.B = "2"'));
    expect(edited("toml", vibe, remove("mcp_servers", 0))).toBe(lines("[[mcp_servers]]", 'name = "y"'));
    expect(edited("toml", vibe, set(["mcp_servers", 2], { name: "z" }))).toBe(vibe + lines("", "[[mcp_servers]]", 'name = "z"'));
    expect(edited("toml", lines("[a.b]", "x = 1"), remove("a", "b"))).toBe(lines("[a]"));
  });

  test("what TOML cannot hold is refused", () => {
    expect(edited("toml", codex, set(["x"], null))).toBe("refused: TOML cannot hold a null.");
    expect(edited("toml", codex, set(["x"], "\ud800"))).toMatch(/^refused/);
  });
});

test("TOML whose last character is a 0, which its parser would lose", () => {
  expect(edited("toml", "a = 1\nb = 0", set(["b"], 2))).toBe("a = 1\nb = 2");
  expect(opened("toml", "b = 0").get(["b"])).toBe(0);
});
