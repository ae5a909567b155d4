import { describe, expect, test } from "vitest";
import type { ConfigDocument, DocumentEdit } from "../../../../electron/migration/formats/document.ts";
import { openDocument } from "../../../../electron/migration/formats/open-document.ts";
import type { ConfigFormat } from "../../../../shared/model/migration.ts";

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function opened(format: ConfigFormat, text: string): ConfigDocument {
  const document = openDocument(format, encode(text));
  if (!document.ok) throw new Error(document.error.message);
  return document.value;
}

function edited(format: ConfigFormat, text: string, ...edits: readonly DocumentEdit[]): string {
  const result = opened(format, text).edit(edits);
  return result.ok ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(result.value) : `refused: ${result.error.message}`;
}

function refusal(format: ConfigFormat, text: string | Uint8Array): string {
  const document = openDocument(format, typeof text === "string" ? encode(text) : text);
  return document.ok ? "read" : document.error.message;
}

function lines(...all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}

function set(path: DocumentEdit["path"], value: Extract<DocumentEdit, { kind: "set" }>["value"]): DocumentEdit {
  return { kind: "set", path, value };
}

function remove(...path: DocumentEdit["path"]): DocumentEdit {
  return { kind: "remove", path };
}

describe("what is refused, and with which words", () => {
  test.each<[ConfigFormat, string, string]>([
    ["json", '{"a": 1, "a": 2}', 'line 1, column 10: the key "a" is there twice in one object.'],
    ["json", '{\n  "x": {"a": 1, "\\u0061": 2}\n}', 'line 2, column 17: the key "a" is there twice in one object.'],
    ["json", '{"a": 01}', "line 1, column 8: a comma is expected here."],
    ["json", "{'a': 1}", "line 1, column 2: a key in double quotes is expected here."],
    ["json", '{"a": "x\ty"}', "line 1, column 7: this is not valid JSON."],
    ["json", '{"a": 1', "line 1, column 8: the file ends too early."],
    ["json", "[1]", "line 1, column 1: the file does not hold an object."],
    ["json", " \n", "The file is empty."],
    ["json", '{"a": 1} x', "line 1, column 10: there is something behind the end of the value."],
    ["json", '{"a": 1} /* x', "line 1, column 10: there is something behind the end of the value."],
    ["jsonc", '{ // x\r"a": 1 }', "line 1, column 3: a carriage return without a line feed ends this comment for some programs only."],
    ["json", '{"a": "\0"}', "line 1, column 8: there is a NUL character."],
    ["toml", "a = 1\na = 2\n", "line 2, column 1: Defining a key multiple times is invalid."],
    ["toml", "[a]\nb.c = 1\n[a.b]\nd = 1\n", "line 3, column 4: Defining a key multiple times is invalid."],
    ["toml", "a = 1\rb = 2", "line 1, column 6: there is a carriage return without a line feed."],
    ["yaml", "a: 1\nb:\n  c: 1\n  c: 2\n", 'line 4, column 3: the key "c" is there twice in one map.'],
    ["yaml", "a: 1\n---\nb: 2\n", "line 2, column 1: there is a second document."],
    ["yaml", "%YAML 1.1\n---\na: yes\n", "line 1, column 1: YAML directives are not understood."],
    ["yaml", "- a\n", "line 1, column 1: the file does not hold a map."],
    ["yaml", "a: 1\rb: 2", "line 1, column 5: there is a carriage return without a line feed."],
  ])("%s %j", (format, text, reason) => {
    expect(refusal(format, text)).toBe(reason);
  });

  test("bytes that are not UTF-8", () => {
    expect(refusal("json", Uint8Array.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]))).toBe("The file is UTF-16, not UTF-8.");
    expect(refusal("json", Uint8Array.from([0x7b, 0, 0x7d, 0]))).toBe(
      "line 1, column 2: there is a NUL character. It looks like UTF-16; save it as UTF-8.",
    );
    expect(refusal("json", Uint8Array.from([...encode('{\n"é": "'), 0xe9, 0x22, 0x7d]))).toBe(
      "line 2, column 7: the file is not valid UTF-8 there.",
    );
  });

  test("files that are too large", () => {
    expect(refusal("json", new Uint8Array(16 * 1024 * 1024 + 1).fill(0x20))).toMatch(/16777217 bytes; at most 16777216/);
    expect(refusal("toml", new Uint8Array(512 * 1024 + 1).fill(0x20))).toMatch(/at most 524288/);
  });
});

describe("reading", () => {
  test("only own properties, also under names of the language", () => {
    for (const [format, text] of [
      ["json", '{"__proto__": {"a": 1}, "constructor": 2}'],
      ["toml", "constructor = 2\n[__proto__]\na = 1\n"],
      ["yaml", "__proto__:\n  a: 1\nconstructor: 2\n"],
    ] as const) {
      const document = opened(format, text);
      expect(document.get(["__proto__", "a"])).toBe(1);
      expect(document.get(["constructor"])).toBe(2);
      expect(document.get(["toString"])).toBeUndefined();
      expect(document.get(["a"])).toBeUndefined();
      expect(Object.getPrototypeOf(document.get([]))).toBe(Object.prototype);
      expect(edited(format, text, set(["__proto__", "a"], 2))).toBe(
        text.replace(/a("?[:=]? ?=? ?)(?:1|: 1)/, (match) => match.replace("1", "2")),
      );
    }
  });

  test("TOML dates are their text, an empty YAML file is an empty map, aliases are followed, tags build nothing", () => {
    expect(opened("toml", "a = 1979-05-27T07:32:00Z\n").get(["a"])).toBe("1979-05-27T07:32:00Z");
    expect(opened("yaml", "# nothing\n").get([])).toEqual({});
    expect(opened("yaml", "a: &x [1]\nb: *x\nc: {<<: {d: 1}}\n").get([])).toEqual({ a: [1], b: [1], c: { "<<": { d: 1 } } });
    expect(opened("yaml", "a: !!js/function 'x'\nb: !ruby/object:Gem x\n").get([])).toEqual({ a: "x", b: "x" });
  });
});

describe("JSON", () => {
  const vscode = lines(
    "{",
    "\t// servers I use",
    '\t"mcpServers": {',
    '\t\t"github": {',
    '\t\t\t"command": "npx", // via npm',
    '\t\t\t"args": ["-y", "@modelcontextprotocol/server-github"],',
    "\t\t\t// made in May",
    '\t\t\t"env": {',
    '\t\t\t\t"GITHUB_TOKEN": "x",',
    "\t\t\t}, // expires",
    "\t\t},",
    "\t},",
    '\t"theme": "dark" /* keep */',
    "}",
  );

  test("an entry pointed elsewhere", () => {
    const at = ["mcpServers", "github"];
    const result = edited(
      "jsonc",
      vscode,
      set([...at, "command"], "portcullis"),
      set([...at, "args"], ["connect", "github"]),
      remove(...at, "env"),
    );
    expect(result).toBe(
      lines(
        "{",
        "\t// servers I use",
        '\t"mcpServers": {',
        '\t\t"github": {',
        '\t\t\t"command": "portcullis", // via npm',
        '\t\t\t"args": ["connect", "github"],',
        "\t\t\t// made in May",
        "\t\t},",
        "\t},",
        '\t"theme": "dark" /* keep */',
        "}",
      ),
    );
  });

  test("a new entry after its siblings, in their style; a new key after a last one without a comma", () => {
    const added = edited("jsonc", vscode, set(["mcpServers", "b"], { command: "x", args: ["y"], env: {} }), set(["new"], { a: 1 }));
    expect(added).toContain(
      lines("\t\t},", '\t\t"b": {', '\t\t\t"command": "x",', '\t\t\t"args": ["y"],', '\t\t\t"env": {}', "\t\t},", "\t},"),
    );
    expect(added.endsWith(lines('\t"theme": "dark", /* keep */', '\t"new": {', '\t\t"a": 1', "\t}", "}"))).toBe(true);
  });

  test("one line stays one line, no last line break stays none, BOM and CRLF stay", () => {
    expect(edited("json", '{"a":{"b":1}}', set(["a", "c"], { d: [1, "x"] }))).toBe('{"a":{"b":1,"c":{"d":[1,"x"]}}}');
    expect(edited("json", '\ufeff{\r\n    "a": 1\r\n}', set(["b"], {}))).toBe('\ufeff{\r\n    "a": 1,\r\n    "b": {}\r\n}');
    expect(edited("json", "{}", set(["mcpServers", "x"], { command: "y" }))).toBe(
      '{\n  "mcpServers": {\n    "x": {\n      "command": "y"\n    }\n  }\n}',
    );
  });

  test("the last of several goes with the comma before it", () => {
    expect(edited("json", '{\n  "a": 1,\n  "b": 2\n}', remove("b"))).toBe('{\n  "a": 1\n}');
    expect(edited("json", '{"a": 1, "b": 2}', remove("b"))).toBe('{"a": 1}');
    expect(edited("json", '{"a": [1, 2, 3]}', remove("a", 1))).toBe('{"a": [1, 3]}');
    expect(edited("json", '{\n  "a": 1\n}', remove("a"))).toBe("{}");
  });

  test("an empty or null place becomes a map, a number none", () => {
    expect(edited("json", '{\n  "mcpServers": null\n}', set(["mcpServers", "x", "command"], "y"))).toContain('"command": "y"');
    expect(edited("json", '{"a": 1}', set(["a", "b"], 2))).toMatch(/^refused: .*another shape/);
    expect(edited("json", '{"a": [1]}', set(["a", 2], 2))).toMatch(/^refused/);
    expect(edited("json", '{"a": [1]}', set(["a", 1], 2))).toBe('{"a": [1, 2]}');
    expect(edited("json", '{"a": 1}', set([], 2))).toMatch(/^refused/);
    expect(edited("json", '{"a": 1}', remove("b", "c"))).toBe('{"a": 1}');
  });

  test("numbers nobody asked about keep their digits", () => {
    const text = '{"big": 12345678901234567890, "one": 1.0, "e": 1E5, "x": {"a": 1}}';
    expect(edited("json", text, set(["x", "a"], 2))).toBe(text.replace('"a": 1', '"a": 2'));
  });

  test("a client's history of 10 MB with many projects", () => {
    const history = Array.from({ length: 30 }, (_each, index) => ({
      display: `prompt ${String(index)} – ${"words and more ".repeat(70)}`,
      pasted: {},
    }));
    const projects = Object.fromEntries(
      Array.from({ length: 300 }, (_each, index) => [
        `/home/me/project-${String(index)}`,
        { history, mcpServers: { x: { command: "npx", args: ["-y", "p"], env: { TOKEN: "t" } } } },
      ]),
    );
    const bytes = encode(JSON.stringify({ numStartups: 5, projects }, null, 2));
    expect(bytes.length).toBeGreaterThan(10_000_000);
    const best = { open: Infinity, edit: Infinity };
    const edits = Array.from({ length: 40 }, (_each, index) => [
      "projects",
      `/home/me/project-${String(index * 7)}`,
      "mcpServers",
      "x",
    ]).flatMap((at) => [set([...at, "command"], "portcullis"), remove(...at, "env")]);
    let result: Uint8Array = bytes;
    for (let round = 0; round < 3; round += 1) {
      const from = performance.now();
      const document = openDocument("json", bytes);
      const read = performance.now();
      if (!document.ok) throw new Error(document.error.message);
      const done = document.value.edit(edits);
      if (!done.ok) throw new Error(done.error.message);
      result = done.value;
      best.open = Math.min(best.open, read - from);
      best.edit = Math.min(best.edit, performance.now() - read);
    }
    console.log(`10 MB: opened in ${best.open.toFixed(0)} ms, 80 edits in ${best.edit.toFixed(0)} ms`);
    expect(opened("json", new TextDecoder().decode(result)).get(["projects", "/home/me/project-273", "mcpServers", "x"])).toEqual({
      command: "portcullis",
      args: ["-y", "p"],
    });
    // Measured 110 ms on an idle machine of two cores; the bound leaves room for a busy one.
    expect(best.open).toBeLessThan(1500);
    expect(best.edit).toBeLessThan(10_000);
  });
});

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

test("a failed edit names the place and never the value", () => {
  const message = edited("yaml", "a: &x {T: hunter2}\nb: *x\n", set(["a", "T"], "hunter3"));
  expect(message).toMatch(/^refused: "a" → "T"/);
  expect(message).not.toMatch(/hunter/);
  expect(refusal("json", '{"T": "hunter2" x}')).not.toMatch(/hunter/);
  expect(refusal("toml", 'T = "hunter2\n')).not.toMatch(/hunter/);
  expect(refusal("yaml", 'T: "hunter2\n')).not.toMatch(/hunter/);
});
