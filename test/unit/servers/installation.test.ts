import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkInstalled, packageFolder, readInstalled, writeNote } from "../../../electron/servers/installed-package.ts";
import { sanitiseNpmConfig } from "../../../electron/servers/npm-config.ts";
import { npmFailure, npmInstallArgs, npmInstallEnv } from "../../../electron/servers/npm-install.ts";
import { lockedProject, npmLock } from "../../../electron/servers/npm-lock.ts";
import { chooseBin, entryRunner, packageEntry } from "../../../electron/servers/package-entry.ts";
import { uvFailure, uvSteps } from "../../../electron/servers/pypi-install.ts";
import { chooseUvConfig, parseUvFile, readUvConfig } from "../../../electron/servers/uv-config.ts";
import { lockedWheels } from "../../../electron/servers/wheel-integrity.ts";

let folder: string;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "installation-")));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

describe("the npmrc that goes into the box", () => {
  const listed = {
    registry: "https://ann:hunter2@registry.example:8443/npm/?token=abc",
    "@corp:registry": "https://npm.corp.example/",
    "//registry.example/:_authToken": "npm_SECRETTOKEN",
    "//npm.corp.example/:_password": "aHVudGVyMg==",
    _auth: "QUJD",
    email: "ann@example.org",
    cafile: "/etc/ssl/corp.pem",
    key: "-----BEGIN PRIVATE KEY-----",
    "strict-ssl": false,
    "script-shell": "/tmp/evil",
    "https-proxy": "http://proxy:secret@proxy.example",
    "node-options": "--require /tmp/evil.js",
    git: "/tmp/evil-git",
    "@evil\nfoo:registry": "https://evil.example/",
    "@bad:registry": "file:///etc/passwd",
  };

  test("holds where the registries are and whom to trust, and nothing else", () => {
    const config = sanitiseNpmConfig(listed, "@corp/server");
    expect(config.lines).toEqual([
      "registry=https://registry.example:8443/npm/",
      "@corp:registry=https://npm.corp.example/",
      'cafile="/etc/ssl/corp.pem"',
    ]);
    expect(config.hosts).toEqual(["registry.example:8443", "npm.corp.example"]);
    expect(config.cafile).toBe("/etc/ssl/corp.pem");
    expect(config.lines.join("\n")).not.toMatch(/SECRET|hunter2|abc|auth|password|proxy|strict|evil/iu);
  });

  test("without a registry nothing is reachable", () => {
    expect(sanitiseNpmConfig({ registry: 7, cafile: null }, "x")).toEqual({ lines: [], hosts: [], cafile: null });
  });
});

test("npm runs without scripts, and the spec can be no option", () => {
  const args = npmInstallArgs("/x", "pkg@1");
  expect(args).toContain("--ignore-scripts");
  expect(args.slice(-2)).toEqual(["--", "pkg@1"]);
  const env = npmInstallEnv("/t", "/node/bin/node", {
    NPM_TOKEN: "secret",
    npm_config__auth: "x",
    NODE_OPTIONS: "--require x",
    NODE_EXTRA_CA_CERTS: "/ca",
  });
  expect(JSON.stringify(env)).not.toMatch(/secret|_auth|require/u);
  expect(env["HOME"]).toBe("/t");
});

test("a failed installation is told in npm's own words, with what to do", () => {
  const stderr =
    "npm error code E404\nnpm error 404 Not Found - GET https://r/x - Not found\nnpm error A complete log of this run can be found in: /x\n";
  expect(npmFailure("x", stderr, "", ["r"])).toBe(
    "x could not be installed. There is no such package or version. npm says: 404 Not Found - GET https://r/x - Not found",
  );
  expect(npmFailure("x", "npm error code ENOTFOUND\n", "", ["r.example"])).toContain("r.example cannot be reached.");
  expect(npmFailure("x", "npm error code E401\n", "", ["r"])).toContain("wants a login");
  expect(npmFailure("x", "", "", [])).toContain("npm gave no reason.");
});

describe("which executable", () => {
  test("the one npx would take", () => {
    expect(chooseBin("a.js", "@x/y", null)).toEqual({ ok: true, value: "a.js" });
    expect(chooseBin({ other: "a.js" }, "y", null)).toEqual({ ok: true, value: "a.js" });
    expect(chooseBin({ y: "a.js", z: "b.js" }, "@x/y", null)).toEqual({ ok: true, value: "a.js" });
    expect(chooseBin({ a: "s.js", b: "s.js" }, "y", null)).toEqual({ ok: true, value: "s.js" });
    expect(chooseBin({ a: "a.js", b: "b.js" }, "y", "b")).toEqual({ ok: true, value: "b.js" });
  });

  test("none, several or another one is said", () => {
    expect(chooseBin(undefined, "y", null)).toMatchObject({ ok: false, error: { message: "y is a library: it has no executable." } });
    expect(chooseBin({ a: "a.js", b: "b.js" }, "y", null)).toMatchObject({ ok: false, error: { hint: "Name the one: npx --package=y a" } });
    expect(chooseBin({ a: "a.js" }, "y", "toString")).toMatchObject({ ok: false });
  });

  test.each([
    ["#!/usr/bin/env node\n", "x", "node"],
    ["#!/usr/bin/env -S node --enable-source-maps\n", "x", "node"],
    ["#!/usr/bin/env bun\n", "x.js", "bun"],
    ["#!/bin/sh\n", "x", "sh"],
    ["import x from 'y'", "x.mjs", "node"],
    ["console.log(1)", "x", "node"],
    ["\u007fELF\u0002\u0001", "x", "self"],
  ])("%j is run by %s → %s", (head, file, runner) => {
    expect(entryRunner(Buffer.from(head, "latin1"), file).runner).toBe(runner);
  });

  test.each<[string, string, readonly string[]]>([
    ["#!/usr/bin/env -S node --conditions=server --no-warnings\n", "node", ["--conditions=server", "--no-warnings"]],
    ["#!/usr/bin/env -S NODE_ENV=production node --no-warnings\r\n", "node", ["--no-warnings"]],
    ["#!/usr/bin/env -S deno run -A\n", "deno", ["run", "-A"]],
    ["#!/usr/bin/python3 -I\n", "python3", ["-I"]],
    ["#!/usr/bin/env node\n", "node", []],
  ])("%j has options for %s: %j", (head, runner, runnerArgs) => {
    expect(entryRunner(Buffer.from(head), "x")).toEqual({ runner, runnerArgs });
  });

  test("one outside of its package is refused", async () => {
    const root = path.join(folder, "node_modules", "y");
    fs.mkdirSync(root, { recursive: true });
    fs.writeFileSync(path.join(folder, "evil.js"), "");
    for (const bin of ["../../evil.js", "link.js"]) {
      fs.writeFileSync(path.join(root, "package.json"), JSON.stringify({ bin }));
      fs.rmSync(path.join(root, "link.js"), { force: true });
      fs.symlinkSync(path.join(folder, "evil.js"), path.join(root, "link.js"));
      expect(await packageEntry(folder, "y", null)).toMatchObject({
        ok: false,
        error: { message: "y names a program outside of itself." },
      });
    }
  });
});

describe("the note beside an installation", () => {
  const installed = { ecosystem: "npm" as const, name: "y", version: "1.0.0", integrity: "sha512-x", installedAt: 5 };

  const kind = { text: () => Promise.resolve("text"), hash: () => "a".repeat(64) };
  const note = (): string => path.join(folder, "portcullis-package.json");

  test("tells whether it is as it was installed", async () => {
    fs.mkdirSync(path.join(folder, "sub"));
    fs.writeFileSync(path.join(folder, "sub", "a.js"), "1");
    fs.symlinkSync("sub/a.js", path.join(folder, "link"));
    await writeNote(folder, installed);
    const whole = { ok: true, value: { folder, package: installed } };
    expect(await checkInstalled(folder, kind)).toEqual(whole);
    // What nothing runs is not looked at; what is left of a killed app's writing is none of it.
    fs.writeFileSync(path.join(folder, "sub", "a.d.ts"), "");
    fs.writeFileSync(path.join(folder, ".portcullis-package.json.0a1b2c.tmp"), "");
    expect(await checkInstalled(folder, kind)).toEqual(whole);
    fs.writeFileSync(path.join(folder, "sub", "a.js"), "2");
    expect(await checkInstalled(folder, kind)).toMatchObject({ ok: false, error: { code: "install-failed" } });
    fs.writeFileSync(path.join(folder, "sub", "a.js"), "1");
    expect(await checkInstalled(folder, kind)).toEqual(whole);
    fs.rmSync(path.join(folder, "link"));
    expect(await checkInstalled(folder, kind)).toMatchObject({ ok: false });
    expect(await readInstalled(folder)).toEqual(whole);
    fs.writeFileSync(note(), "{}");
    expect(await readInstalled(folder)).toMatchObject({ ok: false });
    expect(await checkInstalled(folder, kind)).toMatchObject({ ok: false });
    expect(await readInstalled(path.join(folder, "none"))).toBeNull();
    expect(await checkInstalled(path.join(folder, "none"), kind)).toBeNull();
  });

  test("is written without the largest files in memory", async () => {
    for (const name of ["a", "b"]) {
      fs.writeFileSync(path.join(folder, name), "");
      fs.truncateSync(path.join(folder, name), 256 * 1024 * 1024);
    }
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    await writeNote(folder, installed);
    clearInterval(watching);
    expect(most).toBeLessThan(64 * 1024 * 1024);
    expect(await checkInstalled(folder, kind)).toMatchObject({ ok: true });
  }, 60_000);

  test("of an earlier version holds for what it names, and for all of it from then on", async () => {
    fs.writeFileSync(path.join(folder, "a.js"), "1");
    fs.writeFileSync(note(), JSON.stringify({ ...installed, hashes: { "a.js": "0".repeat(64) } }));
    expect(await checkInstalled(folder, kind)).toMatchObject({ ok: false });
    fs.writeFileSync(note(), JSON.stringify({ ...installed, hashes: {} }));
    expect(await checkInstalled(folder, kind)).toMatchObject({ ok: true, value: { package: { lock: "a".repeat(64) } } });
    fs.writeFileSync(path.join(folder, "a.js"), "2");
    expect(await checkInstalled(folder, kind)).toMatchObject({ ok: false });
  });

  test("no name or version leads out of the folder", () => {
    expect(packageFolder("/p", "npm", "@a/b", "1.0.0")).toBe(path.join("/p", "npm", "@a", "b@1.0.0"));
    const pypi = (extras: readonly string[], python: string | null): string => packageFolder("/p", "pypi", "a", "1.0", { extras, python });
    expect(pypi(["pdf", "Office"], "3.12")).toBe(path.join("/p", "pypi", "a[office,pdf]@1.0~3.12"));
    expect(pypi(["office", "pdf"], "3.12")).toBe(pypi(["pdf", "Office"], "3.12"));
    expect(new Set([pypi([], null), pypi(["pdf"], null), pypi([], "3.12"), pypi([], "3.13")]).size).toBe(4);
    expect(() => pypi(["../x"], null)).toThrow("not a package");
    expect(() => pypi([], "../x")).toThrow("not a package");
    for (const [name, version] of [
      ["../x", "1"],
      ["a", "../../1"],
      ["a\\b", "1"],
      ["a\0", "1"],
      ["..", "1"],
    ] as const) {
      expect(() => packageFolder("/p", "npm", name, version)).toThrow("not a package");
    }
  });
});

test("uv's plan: wheels only, a relocatable environment, the version that was accepted", () => {
  const tools = { uv: "/usr/bin/uv", python: "/usr/bin/python3.12", pythonHome: "/usr" };
  const config = { indexes: ["https://pypi.example/simple", "https://more.example/simple"], hosts: ["pypi.example", "more.example"] };
  const wanted = { name: "mcp-server-git", extras: ["a"], range: ">=1", python: null };
  const [venv, install] = uvSteps(tools, config, "/t/package", wanted, null);
  expect(venv?.args).toEqual(
    expect.arrayContaining(["venv", "--relocatable", "--no-config", "--python=/usr/bin/python3.12", "/t/package/venv"]),
  );
  expect(install?.args).toEqual(expect.arrayContaining(["pip", "install", "--no-build", "--link-mode=copy"]));
  expect(install?.args.slice(-4)).toEqual([
    "--index-url=https://pypi.example/simple",
    "--extra-index-url=https://more.example/simple",
    "--",
    "mcp-server-git[a]>=1",
  ]);
  expect(install?.words).toBe("Installing mcp-server-git[a]>=1 from pypi.example");
  const [, pinned] = uvSteps(tools, config, "/t/package", wanted, { name: wanted.name, version: "1.5", integrity: "x" });
  expect(pinned?.args.at(-1)).toBe("mcp-server-git[a]==1.5");
});

test("uv's plan for what was accepted: exactly its packages", () => {
  const tools = { uv: "/usr/bin/uv", python: "/usr/bin/python3.12", pythonHome: "/usr" };
  const wanted = { name: "a", extras: ["x"], range: null, python: null };
  const pinned = { name: "a", version: "1", integrity: "x", lock: "0".repeat(64) };
  const [, install] = uvSteps(tools, { indexes: ["i"], hosts: [] }, "/t", wanted, pinned, lockedWheels("a==1 sha256-x\nb==2 sha256-y\n"));
  expect(install?.args.slice(-4)).toEqual(["--no-deps", "--", "a==1", "b==2"]);
});

describe("npm's lock file", () => {
  const lock = (entry: Record<string, unknown>): string =>
    JSON.stringify({
      name: "package",
      lockfileVersion: 3,
      packages: { "": { dependencies: { a: "^1" } }, "node_modules/a": { version: "1.0.0", integrity: "sha512-a", ...entry } },
    });

  test("is the same for the same bytes, whatever else npm writes and wherever they come from", () => {
    const hash = npmLock.hash(lock({}));
    expect(npmLock.hash(lock({ resolved: "https://mirror.example/a.tgz", funding: "x" }))).toBe(hash);
    expect(npmLock.hash(lock({ integrity: "sha512-b" }))).not.toBe(hash);
    expect(npmLock.hash(lock({ version: "1.0.1" }))).not.toBe(hash);
    expect(npmLock.hash(lock({ integrity: undefined, resolved: "git+https://x" }))).not.toBe(
      npmLock.hash(lock({ integrity: undefined, resolved: "git+https://y" })),
    );
    expect(() => npmLock.hash("{}")).toThrow("packages");
  });

  test("keeps only addresses at the registries that are in reach", () => {
    const project = lockedProject(lock({ resolved: "https://old.example/a.tgz" }), ["new.example"]);
    expect(project.manifest).toBe('{"private":true,"dependencies":{"a":"^1"}}\n');
    expect(project.lock).not.toContain("old.example");
    expect(lockedProject(lock({ resolved: "https://new.example/a.tgz" }), ["new.example"]).lock).toContain("new.example");
  });
});

describe("uv's configuration", () => {
  const pypi = {
    indexes: ["https://pypi.org/simple"],
    hosts: ["pypi.org", "files.pythonhosted.org"],
    certificates: null,
    nativeTls: false,
  };

  test("is pypi.org where nothing else is said", () => {
    expect(chooseUvConfig({}, [])).toEqual(pypi);
  });

  test("variables come before the person's file, and that before the system's; no login goes along", () => {
    const env = {
      UV_DEFAULT_INDEX: "https://ann:s3cr3t@mirror.example:8443/simple?token=1#x",
      UV_INDEX: "own=https://own.example/simple ftp://no.example/ /a/folder",
      UV_NATIVE_TLS: "true",
      SSL_CERT_FILE: "/etc/ssl/corporate.pem",
    };
    const files = [
      { fallback: "https://person.example/simple", extra: ["https://more.example/simple", "https://own.example/simple"], nativeTls: null },
      { fallback: "https://system.example/simple", extra: [], nativeTls: true },
    ];
    expect(chooseUvConfig(env, files)).toEqual({
      indexes: ["https://mirror.example:8443/simple", "https://own.example/simple", "https://more.example/simple"],
      hosts: ["mirror.example:8443", "own.example", "more.example"],
      certificates: "/etc/ssl/corporate.pem",
      nativeTls: true,
    });
    expect(chooseUvConfig({}, files)).toMatchObject({
      indexes: ["https://person.example/simple", expect.anything(), expect.anything()],
      nativeTls: true,
    });
    expect(
      chooseUvConfig({ UV_INDEX_URL: "https://old.example/simple", UV_NATIVE_TLS: "0", SSL_CERT_FILE: "relative.pem" }, files),
    ).toMatchObject({
      indexes: ["https://old.example/simple", expect.anything(), expect.anything()],
      certificates: null,
      nativeTls: false,
    });
  });

  test("uv.toml: both ways to name an index; what is for named packages only is not taken", async () => {
    const text = [
      'index-url = "https://old.example/simple"',
      "native-tls = true",
      "[[index]]",
      'name = "torch"',
      'url = "https://torch.example/whl"',
      "explicit = true",
      "[[index]]",
      'url = "https://extra.example/simple"',
      "[[index]]",
      'url = "https://default.example/simple"',
      "default = true",
      "[pip]",
      'extra-index-url = ["https://pip.example/simple"]',
    ].join("\n");
    expect(await parseUvFile(text)).toEqual({
      fallback: "https://default.example/simple",
      extra: ["https://extra.example/simple", "https://pip.example/simple"],
      nativeTls: true,
    });
    expect(await parseUvFile("index-url = ")).toBeNull();
    expect(await parseUvFile('index = "no list"')).toBeNull();
  });

  test("is read where uv reads it, and a file that cannot be understood is said", async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "uv-config-"));
    const file = path.join(home, ".config", "uv", "uv.toml");
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, 'index-url = "https://person.example/simple"\n');
    const env = { XDG_CONFIG_DIRS: home };
    expect(await readUvConfig(env, "linux", home)).toMatchObject({ ok: true, value: { hosts: ["person.example"] } });
    fs.writeFileSync(file, "index-url = ");
    expect(await readUvConfig(env, "linux", home)).toMatchObject({ ok: false, error: { code: "install-failed" } });
    expect(await readUvConfig({ ...env, UV_CONFIG_FILE: path.join(home, "none") }, "linux", home)).toEqual({ ok: true, value: pypi });
    fs.rmSync(home, { recursive: true });
  });

  test.each([
    ["error: Failed to fetch: `https://a.example/simple/x/`\n  Caused by: HTTP status client error (401 Unauthorized)", "wants a login"],
    ["error: Failed to fetch: `https://a.example/simple/x/`\n  Caused by: dns error", "a.example cannot be reached"],
    ["  × No solution found\n  ╰─▶ Because x was not found in the package registry", "no such package or version"],
    ["Because x==1 has no wheels with a matching platform tag", "no wheel of it for this machine"],
    ["", "uv gave no reason"],
  ])("uv's last words %j get advice", (stderr, advice) => {
    expect(uvFailure("x", stderr, ["a.example"])).toContain(advice);
  });
});
