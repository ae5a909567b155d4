import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dangerousEnv } from "../../../electron/servers/dangerous-env.ts";
import { baseEnvironment, cleanPath, createEnvironment, readMarkedPath, shellArguments } from "../../../electron/servers/environment.ts";
import { knownFolders, newestFirst } from "../../../electron/servers/known-folders.ts";
import { readCmdShim, resolveCommand, windowsNames } from "../../../electron/servers/resolve-command.ts";

let home = "";
beforeAll(() => {
  home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-env-")));
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

function put(file: string, text: string, mode = 0o755): string {
  const full = path.join(home, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text, { mode });
  return full;
}

describe.skipIf(process.platform === "win32")("the PATH of a login shell", () => {
  it("is asked of the person's shell, once, with start files that print and set things", async () => {
    const shell = put(
      "shell",
      `#!/bin/sh\necho run >> "${home}/runs"\necho "Welcome!"\nPATH="${home}/one:/usr/bin:relative:.:${home}/one"; export PATH\nfor last; do :; done\neval "$last"\necho "Bye"\n`,
    );
    const environment = createEnvironment({ env: { SHELL: shell, PATH: "/bin" }, platform: "linux", home });
    const [first, second] = await Promise.all([environment.searchPath(), environment.searchPath()]);
    expect(first).toBe(`${home}/one:/usr/bin`);
    expect(second).toBe(first);
    expect(fs.readFileSync(path.join(home, "runs"), "utf8")).toBe("run\n");
  });

  it("begins only when its group is watched, so that nothing of it outlives us", async () => {
    const begun = path.join(home, "begun");
    const shell = put("watched", `#!/bin/sh\necho begun > "${begun}"\nfor last; do :; done\neval "$last"\n`);
    const watched: string[] = [];
    const environment = createEnvironment({
      env: { SHELL: shell, PATH: "/usr/bin:/bin" },
      platform: "linux",
      home,
      watch(group) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
        watched.push(`${String(group > 1)} ${String(fs.existsSync(begun))}`);
        return () => watched.push("ended");
      },
    });
    expect(await environment.searchPath()).toBe("/usr/bin:/bin");
    expect(fs.existsSync(begun)).toBe(true);
    // Once: its number may be another's by then.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(watched).toEqual(["true false", "ended"]);
  });

  it("does not begin when we end before it, and is nobody's fault when it ends before it begins", async () => {
    const begun = path.join(home, "begun-alone");
    const shell = put("alone", `#!/bin/sh\necho begun > "${begun}"\n`);
    const module = pathToFileURL(path.resolve("electron/servers/environment.ts")).href;
    const script = put(
      "dies.mjs",
      `import { createEnvironment } from ${JSON.stringify(module)};
const watch = (group) => { console.log(group); process.kill(process.pid, "SIGKILL"); };
await createEnvironment({ env: { SHELL: ${JSON.stringify(shell)} }, platform: "linux", home: "/", watch }).searchPath();`,
    );
    const dead = spawnSync(process.execPath, [script], { encoding: "utf8" });
    expect([dead.signal, dead.stdout]).toEqual(["SIGKILL", expect.stringMatching(/^\d+\n$/)]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(fs.existsSync(begun)).toBe(false);

    const watch = (group: number): (() => void) => {
      process.kill(-group, "SIGKILL");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      return () => undefined;
    };
    const environment = createEnvironment({ env: { SHELL: shell, PATH: "/opt/x" }, platform: "linux", home, watch });
    expect((await environment.searchPath()).split(":")).toContain("/opt/x");
    expect(fs.existsSync(begun)).toBe(false);
  });

  it.skipIf(process.platform !== "linux")("keeps us waiting for nothing once it has answered, not even for what got away from it", () => {
    const shell = put(
      "escapes",
      `#!/bin/sh\nsetsid sleep 4244 &\necho $! > "${home}/escaped"\nsleep 0.2\nfor last; do :; done\neval "$last"\n`,
    );
    const module = pathToFileURL(path.resolve("electron/servers/environment.ts")).href;
    const script = put(
      "asks.mjs",
      `import { createEnvironment } from ${JSON.stringify(module)};
const env = { SHELL: ${JSON.stringify(shell)}, PATH: "/usr/bin:/bin" };
console.log(await createEnvironment({ env, platform: "linux", home: "/", shellDeadlineMs: 60_000 }).searchPath());`,
    );
    const asked = spawnSync(process.execPath, [script], { encoding: "utf8", timeout: 20_000 });
    try {
      process.kill(Number(fs.readFileSync(path.join(home, "escaped"), "utf8")), "SIGKILL");
    } catch {
      // It had no time to get away.
    }
    expect([asked.signal, asked.stdout]).toEqual([null, "/usr/bin:/bin\n"]);
  });

  it("is told what its start files look for, and is believed however its answer comes", async () => {
    const shell = put(
      "pieces",
      `#!/bin/sh\nprintf %s "$TERM $PORTCULLIS_RESOLVING_ENVIRONMENT$VSCODE_RESOLVING_ENVIRONMENT $DISABLE_AUTO_UPDATE" > "${home}/told"
PATH="${home}/b\u00fccher:/usr/bin"; export PATH\nfor last; do :; done\neval "$last" > "${home}/answer"
for at in 1 ${Buffer.byteLength(`@portcullis-path@${home}/b`) + 1}; do\n  head -c $at "${home}/answer" | tail -c +\${from:-1}; from=$((at + 1)); sleep 0.1\ndone\ntail -c +$from "${home}/answer"\n`,
    );
    const environment = createEnvironment({ env: { SHELL: shell, TERM: "xterm" }, platform: "linux", home, shellDeadlineMs: 60_000 });
    expect(await environment.searchPath()).toBe(`${home}/b\u00fccher:/usr/bin`);
    expect(fs.readFileSync(path.join(home, "told"), "utf8")).toBe("dumb 11 true");
  });

  it("is not mistaken for its own command, which start files may have printed first", async () => {
    const shell = put("titles", `#!/bin/sh\nfor last; do :; done\nprintf '%s\\n' "$last"\nsleep 0.2\neval "$last"\n`);
    const environment = createEnvironment({ env: { SHELL: shell, PATH: "/usr/bin:/bin" }, platform: "linux", home });
    expect(await environment.searchPath()).toBe("/usr/bin:/bin");
  });

  it("falls back when no folder in it is one that a program may be started from", async () => {
    const shell = put("relative-only", `#!/bin/sh\nPATH=.:bin; export PATH\nfor last; do :; done\neval "$last"\n`);
    const environment = createEnvironment({ env: { SHELL: shell, PATH: "/opt/x" }, platform: "linux", home });
    const found = (await environment.searchPath()).split(":");
    expect(found.slice(-4)).toEqual(["/opt/x", "/usr/local/bin", "/usr/bin", "/bin"]);
  });

  it("works with the real shells of this machine", async () => {
    for (const shell of ["/bin/bash", "/bin/sh", "/bin/zsh", "/usr/bin/fish"]) {
      if (!fs.existsSync(shell)) {
        console.log(`not tried: ${shell} is not installed`);
        continue;
      }
      const environment = createEnvironment({ env: { SHELL: shell, PATH: "/usr/bin:/bin", HOME: home }, platform: "linux", home });
      expect((await environment.searchPath()).split(":"), shell).toContain("/usr/bin");
    }
  });

  it("falls back to known folders when the shell hangs, and kills it", async () => {
    const shell = put("hangs", `#!/bin/sh\nsleep 4242 &\necho $$ $! > "${home}/pid"\nsleep 4243\n`);
    fs.mkdirSync(path.join(home, ".local/bin"), { recursive: true });
    fs.mkdirSync(path.join(home, ".nvm/versions/node/v22.9.0/bin"), { recursive: true });
    fs.mkdirSync(path.join(home, ".nvm/versions/node/v22.10.1/bin"), { recursive: true });
    const environment = createEnvironment({
      env: { SHELL: shell, PATH: "/bin:also/relative" },
      platform: "linux",
      home,
      shellDeadlineMs: 300,
    });
    const found = (await environment.searchPath()).split(":");
    expect(found.slice(0, 2)).toEqual([path.join(home, ".nvm/versions/node/v22.10.1/bin"), path.join(home, ".local/bin")]);
    expect(found).toContain("/bin");
    expect(found).not.toContain("also/relative");
    const isGone = (pid: string): boolean => {
      try {
        return /\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
      } catch {
        return true;
      }
    };
    // With what it has started.
    const pids = fs.readFileSync(path.join(home, "pid"), "utf8").trim().split(" ");
    expect(pids).toHaveLength(2);
    for (let i = 0; i < 100 && !pids.every(isGone); i += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
  });

  it("is not asked of a shell that lets nobody in, nor of one that is named relative to where we are", async () => {
    const folder = path.join(home, "profile");
    for (const name of [".profile", ".zprofile"]) put(`profile/${name}`, `PATH="$PATH:${folder}/of-the-profile"\n`, 0o644);
    const relative = path.relative(process.cwd(), put("relative", `#!/bin/sh\necho run > "${home}/relative-run"\n`));
    for (const shell of [
      put("sbin/nologin", "#!/bin/sh\nexit 1\n"),
      put("sbin/false", "#!/bin/sh\nexit 1\n"),
      put("unrunnable", "#!/bin/sh\n", 0o644),
      relative,
    ]) {
      const environment = createEnvironment({ env: { SHELL: shell, PATH: "/usr/bin:/bin", HOME: folder }, platform: "linux", home });
      expect(await environment.searchPath(), shell).toContain("/of-the-profile");
    }
    expect(fs.existsSync(path.join(home, "relative-run"))).toBe(false);
  });

  it("falls back when the shell fails or says nothing", async () => {
    const shell = put("fails", "#!/bin/sh\nexit 1\n");
    const env = { SHELL: shell, PATH: "/opt/x" };
    // At once: the deadline is for what does not end.
    const environment = createEnvironment({ env, platform: "linux", home, shellDeadlineMs: 3_600_000 });
    expect((await environment.searchPath()).split(":")).toContain("/opt/x");
  });

  it("follows nvm's default", async () => {
    put(".nvm/alias/default", "v22.9\n", 0o644);
    expect((await knownFolders(home))[0]).toBe(path.join(home, ".nvm/versions/node/v22.9.0/bin"));
  });
});

describe("on Windows", () => {
  it("the PATH is our own, whatever case its name is in; no shell is asked", async () => {
    const searchPath = (env: Record<string, string>): Promise<string> =>
      createEnvironment({ env: { SHELL: "/bin/sh", ...env }, platform: "win32", home }).searchPath();
    expect(await searchPath({ Path: "C:\\a;b;D:\\c d" })).toBe("C:\\a;D:\\c d");
    expect(await searchPath({ PATH: "C:\\a" })).toBe("C:\\a");
    expect(await searchPath({})).toBe("");
  });
});

describe("pieces of it", () => {
  it("reads only what stands between the last two marks", () => {
    expect(readMarkedPath("x@portcullis-path@/a:/b@portcullis-path@y")).toBe("/a:/b");
    expect(readMarkedPath("@portcullis-path@/old@portcullis-path@, and@portcullis-path@/a@portcullis-path@")).toBe("/a");
    expect(readMarkedPath("@portcullis-path@/a")).toBeUndefined();
    expect(readMarkedPath("@portcullis-path@@portcullis-path@")).toBeUndefined();
    expect(readMarkedPath("@portcullis-path@ \n@portcullis-path@")).toBeUndefined();
    expect(readMarkedPath("")).toBeUndefined();
  });

  it("asks each shell in its own way", () => {
    expect(shellArguments("/bin/zsh").slice(0, 3)).toEqual(["-l", "-i", "-c"]);
    for (const shell of ["/bin/csh", "/bin/tcsh"]) expect(shellArguments(shell).slice(0, 2)).toEqual(["-i", "-c"]);
  });

  it("keeps absolute folders only", () => {
    expect(cleanPath(["/a", "", ".", "b", "/a", " /c "], "linux")).toEqual(["/a", "/c"]);
    expect(cleanPath(["C:\\a", "b", "C:\\a"], "win32")).toEqual(["C:\\a"]);
  });

  it("sorts versions by number", () => {
    expect(newestFirst(["v9.1.0", "v22.2.0", "v22.10.0", "v4"])).toEqual(["v22.10.0", "v22.2.0", "v9.1.0", "v4"]);
  });
});

describe("a server's environment", () => {
  it("is an allow-list", () => {
    const env = {
      HOME: "/h",
      USER: "ann",
      LANG: "C",
      LC_ALL: "C",
      TZ: "UTC",
      PATH: "/own",
      GITHUB_TOKEN: "x",
      NODE_OPTIONS: "--require x",
      LD_PRELOAD: "x",
      SSH_AUTH_SOCK: "x",
      DBUS_SESSION_BUS_ADDRESS: "x",
      DISPLAY: ":0",
      ELECTRON_RUN_AS_NODE: "1",
      TERM: "() { :; }; evil",
    };
    expect(baseEnvironment(env, "/found", "linux")).toEqual({ HOME: "/h", USER: "ann", LANG: "C", LC_ALL: "C", TZ: "UTC", PATH: "/found" });
    const whole = { HOME: "/h", LANG: "C", LANGUAGE: "en", LOGNAME: "ann", SHELL: "/bin/sh", TERM: "dumb", TZ: "UTC", USER: "ann" };
    // Names that are known on Windows only, or differ in case, are other ones here.
    const others = { TEMP: "/t", USERPROFILE: "/u", APPDATA: "/a", home: "/x", lc_all: "x" };
    expect(baseEnvironment({ ...whole, ...others }, "/found", "linux")).toEqual({ ...whole, PATH: "/found" });
    expect(baseEnvironment({ Path: "x", SystemRoot: "C:\\Windows", ComSpec: "x" }, "C:\\a", "win32")).toEqual({
      PATH: "C:\\a",
      SystemRoot: "C:\\Windows",
    });
  });

  it("names the variables that run other people's code", () => {
    const names = [
      "NODE_OPTIONS",
      "LD_PRELOAD",
      "LD_LIBRARY_PATH",
      "DYLD_INSERT_LIBRARIES",
      "PYTHONSTARTUP",
      "npm_config_registry",
      "NPM_CONFIG_NODE_OPTIONS",
    ];
    const more = ["ELECTRON_RUN_AS_NODE", "BASH_ENV", "GIT_SSH_COMMAND", "PATH", "https_proxy", "JAVA_TOOL_OPTIONS", "SSH_AUTH_SOCK"];
    expect(dangerousEnv([...names, ...more, "GITHUB_TOKEN", "API_KEY", "LOG_LEVEL"]).map(({ name }) => name)).toEqual([...names, ...more]);
    for (const { reason } of dangerousEnv([...names, ...more])) expect(reason.length).toBeGreaterThan(10);
    expect(dangerousEnv(["node_options"], "win32")).toHaveLength(1);
  });
});

describe("finding a command", () => {
  const options = (): { platform: NodeJS.Platform; home: string; cwd: string } => ({ platform: "linux", home, cwd: home });

  it.skipIf(process.platform === "win32")("takes the first executable file on the path and tells the real file behind it", async () => {
    const real = put("real/tool-1.0", "#!/bin/sh\n");
    put("first/tool", "not executable", 0o644);
    fs.mkdirSync(path.join(home, "second/tool"), { recursive: true });
    fs.mkdirSync(path.join(home, "third"), { recursive: true });
    fs.symlinkSync(real, path.join(home, "third/tool"));
    const found = await resolveCommand("tool", ["first", "second", "third"].map((name) => path.join(home, name)).join(":"), options());
    expect(found).toEqual({ ok: true, value: { path: path.join(home, "third/tool"), real, prefix: [] } });
  });

  it.skipIf(process.platform === "win32")("takes ~/, absolute and relative names as they are", async () => {
    const tool = put("bin/own", "#!/bin/sh\n");
    for (const name of ["~/bin/own", tool, "./bin/own", "bin/own"])
      expect(await resolveCommand(name, "", options()), name).toMatchObject({ value: { real: tool } });
  });

  it("says clearly what is missing", async () => {
    const missing = await resolveCommand("no-such-tool", "/usr/bin:relative", options());
    expect(missing).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect(missing.ok ? "" : missing.error.hint).toContain("/usr/bin");
    expect(await resolveCommand("/no/such", "", options())).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect(await resolveCommand("", "", options())).toMatchObject({ ok: false, error: { code: "bad-input" } });
    expect(await resolveCommand("a\0b", "", options())).toMatchObject({ ok: false, error: { code: "bad-input" } });
  });

  it("reads the shims of npm, pnpm and yarn, and no other batch file (threat 6)", () => {
    expect(
      readCmdShim(
        '@ECHO off\r\nendLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\node_modules\\x\\dist\\cli.js" %*\r\n',
      ),
    ).toBe("node_modules\\x\\dist\\cli.js");
    expect(
      readCmdShim(
        '@IF EXIST "%~dp0\\node.exe" (\r\n  "%~dp0\\node.exe"  "%~dp0\\..\\x\\cli.mjs" %*\r\n) ELSE (\r\n  node  "%~dp0\\..\\x\\cli.mjs" %*\r\n)',
      ),
    ).toBe("..\\x\\cli.mjs");
    expect(readCmdShim("@echo off\r\ndel %1")).toBeUndefined();
    expect(readCmdShim('"%~dp0\\a.js" %*\r\n"%~dp0\\b.js" %*')).toBeUndefined();
  });

  it("tries on Windows only what runs without cmd.exe's help", () => {
    expect(windowsNames("C:\\x\\npx", ".COM;.EXE;.BAT;.CMD;.VBS;.JS")).toEqual([
      "C:\\x\\npx.com",
      "C:\\x\\npx.exe",
      "C:\\x\\npx.bat",
      "C:\\x\\npx.cmd",
    ]);
    expect(windowsNames("C:\\x\\tool.exe", undefined)).toEqual(["C:\\x\\tool.exe"]);
  });
});
