import { describe, expect, test } from "vitest";
import { exactVersion, npmSpec, programName, pypiSpec, recognise } from "../../../electron/servers/recognise.ts";

const words = (line: string): [string, string[]] => {
  const [command = "", ...args] = line.split(" ");
  return [command, args];
};

describe("npm runners", () => {
  test.each([
    ["npx -y @scope/pkg", "@scope/pkg", null, null, []],
    ["npx --yes pkg@1.2.3 --root /a", "pkg", "1.2.3", null, ["--root", "/a"]],
    ["npx pkg", "pkg", null, null, []],
    ["npx -y pkg@latest -y", "pkg", "latest", null, ["-y"]],
    ["npx -y pkg -- --flag", "pkg", null, null, ["--", "--flag"]],
    ["npx -y -- pkg --flag", "pkg", null, null, ["--flag"]],
    ["npx --yes=true pkg", "pkg", null, null, []],
    ["npx -y --package=@a/b@2 tool --x", "@a/b", "2", "tool", ["--x"]],
    ["npx -y -p @a/b tool", "@a/b", null, "tool", []],
    ["npx --package @a/b -- tool -p 3", "@a/b", null, "tool", ["-p", "3"]],
    ["/opt/homebrew/bin/npx -y pkg", "pkg", null, null, []],
    ["C:\\nodejs\\npx.cmd -y pkg", "pkg", null, null, []],
    ["cmd /c npx -y pkg --a", "pkg", null, null, ["--a"]],
    ["cmd.exe /d /s /C npx.cmd -y pkg", "pkg", null, null, []],
    ["cmd /Q /c npx pkg", "pkg", null, null, []],
    ["npm exec -y pkg", "pkg", null, null, []],
    ["npm exec --yes -- pkg@^1.2 --root /a", "pkg", "^1.2", null, ["--root", "/a"]],
    ["npm exec pkg -y -- --root /a", "pkg", null, null, ["--root", "/a"]],
    ["npm x pkg", "pkg", null, null, []],
    ["npm --silent exec -- pkg", "pkg", null, null, []],
    ["pnpm dlx @a/b@1 serve", "@a/b", "1", null, ["serve"]],
    ["pnpm --package=@a/b dlx tool", "@a/b", null, "tool", []],
    ["pnpx pkg", "pkg", null, null, []],
    ["yarn dlx -q pkg x", "pkg", null, null, ["x"]],
    ["bunx pkg@1.0.0-beta.1", "pkg", "1.0.0-beta.1", null, []],
    ["bun x pkg", "pkg", null, null, []],
  ])("%s", (line, name, range, bin, args) => {
    expect(recognise(...words(line))).toEqual({ kind: "npm", name, range, bin, args });
  });
});

describe("Python runners", () => {
  test.each([
    ["uvx mcp-server-git", "mcp-server-git", [], null, null, null, []],
    ["uvx mcp-server-git@1.2.3 --repository /r", "mcp-server-git", [], "==1.2.3", null, null, ["--repository", "/r"]],
    ["uvx mcp_server.git==1.2", "mcp-server-git", [], "==1.2", null, null, []],
    ["uvx --from pkg[a,b]>=1,<2 tool", "pkg", ["a", "b"], ">=1,<2", "tool", null, []],
    ["uvx --python 3.12 pkg@latest", "pkg", [], null, null, "3.12", []],
    ["uv tool run --from=pkg tool -v", "pkg", [], null, "tool", null, ["-v"]],
    ["uvx My--Server_.x", "my-server-x", [], null, null, null, []],
    ["pipx run pkg x", "pkg", [], null, null, null, ["x"]],
    ["pipx run --spec pkg==2 tool", "pkg", [], "==2", "tool", null, []],
    ["/home/a/.local/bin/uvx pkg", "pkg", [], null, null, null, []],
  ])("%s", (line, name, extras, range, bin, python, args) => {
    expect(recognise(...words(line))).toEqual({ kind: "pypi", name, extras, range, bin, python, args });
  });
});

test.each([
  "node server.js",
  "npm start",
  "npm run exec",
  "npm install exec",
  "pnpm run dlx",
  "yarn start",
  "bun run x",
  "uv run server.py",
  "uv pip install x",
  "uv tool install x",
  "uv cache run x",
  "pipx install x",
  "docker run -i x",
  "python3 -m server",
  "cmd /k npx pkg",
  "my-npx pkg",
])("is none: %s", (line) => {
  expect(recognise(...words(line))).toEqual({ kind: "plain" });
});

test("a shell line in one argument is a shell's affair", () => {
  expect(recognise("cmd", ["/c", "npx -y pkg & calc"])).toEqual({ kind: "plain" });
  expect(recognise("cmd", ["/c", "calc & C:\\nodejs\\npx", "-y", "pkg"])).toEqual({ kind: "plain" });
});

test.each([
  ["npx -y github:user/repo", "registry"],
  ["npx -y user/repo", "registry"],
  ["npx -y git+https://example.org/r.git", "registry"],
  ["npx -y https://example.org/p.tgz", "registry"],
  ["npx -y ./local", "registry"],
  ["npx -y ../local", "registry"],
  ["npx -y /abs/local", "registry"],
  ["npx -y pkg@npm:other@1", "registry"],
  ["npx -y pkg@file:../x", "registry"],
  ["npx -y p.tgz", "registry"],
  ["npx -y ${keychain:x}", "registry"],
  ["npx -y pkg@--ignore", "registry"],
  ["npx", "no package"],
  ["npx -y", "no package"],
  ["npx -y --package", "no value"],
  ["npx -p a -p b tool", "more than one"],
  ["npx -p a ../tool", "not the name of an executable"],
  ["npx -c evil", "-c"],
  ["npx --call=evil", "--call"],
  ["npx --registry=https://evil.example pkg", "--registry"],
  ["npx --node-options=--require=x pkg", "--node-options"],
  ["npx --yes=evil pkg", "--yes"],
  ["npm exec pkg --root /a", "after `--`"],
  ["uvx --with evil pkg", "--with"],
  ["uvx --index-url https://evil.example pkg", "--index-url"],
  ["uvx --from git+https://example.org/r pkg", "registry"],
  ["uvx --python /tmp/python pkg", "version number"],
  ["uvx ./local", "registry"],
])("is refused: %s", (line, reason) => {
  const found = recognise(...words(line));
  expect(found.kind).toBe("refused");
  expect(found.kind === "refused" ? found.reason : "").toContain(reason);
});

test("specs that could be taken for a path or an option are none", () => {
  for (const spec of [
    "..",
    ".",
    "-x",
    "--prefix=/",
    "@/x",
    "@a/",
    "@a/..",
    "@a/../b",
    "a/b",
    "a\\b",
    "a b",
    "a\nb",
    "",
    "@",
    "a\0",
    "%2e",
    "x".repeat(300),
  ]) {
    expect(npmSpec(spec), JSON.stringify(spec)).toBeNull();
  }
  for (const spec of [
    "",
    "-x",
    "x.whl",
    "a/b",
    "pkg @ https://example.org/x.whl",
    "pkg;os",
    "pkg[a",
    "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
    `a${"==".repeat(5000)}`,
  ]) {
    expect(pypiSpec(spec), JSON.stringify(spec)).toBeNull();
  }
});

test("a version is exact only when it can be no other", () => {
  expect(["1.2.3", "v1.2.3", "=1.2.3", "1.2.3-beta.1", "==1.2.3"].map(exactVersion)).toEqual([
    "1.2.3",
    "1.2.3",
    "1.2.3",
    "1.2.3-beta.1",
    "1.2.3",
  ]);
  expect([null, "", "1", "1.2", "^1.2.3", "~1.2.3", "latest", "1.x", ">=1.2.3", "*"].map(exactVersion)).toEqual(Array(10).fill(null));
});

test("a program's name", () => {
  expect(["npx", "/a/b/npx", "C:\\x\\NPX.CMD", "uvx.exe", "npx.ps1", "npx.bat"].map(programName)).toEqual([
    "npx",
    "npx",
    "npx",
    "uvx",
    "npx",
    "npx",
  ]);
});
