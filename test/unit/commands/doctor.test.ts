import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runDoctor } from "../../../electron/commands/doctor.ts";
import type { DoctorDeps } from "../../../electron/commands/doctor.ts";
import { resolvePaths } from "../../../electron/settings/paths.ts";
import { fail, ok } from "../../../shared/errors.ts";

let home: string;
let bin: string;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "portcullis-doctor-"));
  bin = path.join(home, "bin");
  mkdirSync(bin);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, name), 0o755);
}

function deps(changes: Partial<DoctorDeps> = {}): DoctorDeps {
  return {
    platform: "linux",
    paths: resolvePaths({ PORTCULLIS_HOME: home }, "linux"),
    searchPath: bin,
    sandbox: () => Promise.resolve({ kind: "ready", hosts: ok(undefined) }),
    vault: () => Promise.resolve({ kind: "ready", store: "keychain" }),
    settingsProblem: () => null,
    journalFault: () => null,
    ...changes,
  };
}

const find = async (id: string, changes: Partial<DoctorDeps> = {}) => (await runDoctor(deps(changes))).find((check) => check.id === id);

describe.skipIf(process.platform === "win32")("runDoctor", () => {
  it("finds nothing missing where everything is there", async () => {
    for (const name of ["node", "npm", "uv"]) program(name, `echo ${name} 1.2.3`);
    const checks = await runDoctor(deps());
    expect(checks.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(checks.find(({ id }) => id === "npm")?.detail).toBe(`npm 1.2.3, ${path.join(bin, "npm")}`);
  });

  it("names the one command of this system for what is missing", async () => {
    expect(await find("npm")).toMatchObject({ status: "warning", fix: null });
    for (const [manager, command] of [
      ["pacman", "sudo pacman -S --noconfirm npm"],
      ["dnf", "sudo dnf install -y npm"],
      ["apt-get", "sudo apt-get install -y npm"],
    ] as const) {
      program(manager, "");
      expect(await find("npm")).toMatchObject({ status: "warning", fix: command });
    }
  });

  it("passes on why a server cannot be boxed, and how to help it", async () => {
    const sandbox = (): ReturnType<DoctorDeps["sandbox"]> =>
      Promise.resolve({ kind: "cannot-box", reason: "bwrap is missing", fix: "install it" });
    expect(await find("sandbox", { sandbox })).toMatchObject({ status: "missing", detail: "bwrap is missing", fix: "install it" });
    const hosts = fail("cannot-box", "socat is missing", "install socat");
    expect(await find("sandbox-hosts", { sandbox: () => Promise.resolve({ kind: "ready", hosts }) })).toMatchObject({
      status: "missing",
      fix: "install socat",
    });
  });

  it("tells a locked vault from one that is not there", async () => {
    expect(await find("vault", { vault: () => Promise.resolve({ kind: "locked", store: "file" }) })).toMatchObject({
      status: "warning",
      fix: "portcullis vault unlock",
    });
    expect(await find("vault", { vault: () => Promise.resolve({ kind: "locked", store: "keychain" }) })).toMatchObject({
      fix: "portcullis vault unlock",
    });
    const none = (): ReturnType<DoctorDeps["vault"]> => Promise.resolve({ kind: "unavailable", store: "keychain", reason: "no bus" });
    expect(await find("vault", { vault: none })).toMatchObject({ status: "missing", detail: "no bus", fix: "portcullis vault use file" });
    program("apt-get", "");
    expect((await find("vault", { vault: none }))?.fix).toBe(
      "sudo apt-get install -y gnome-keyring (or, without a desktop: portcullis vault use file)",
    );
    const reason = "There is no D-Bus session here, so no keychain.";
    const noBus = (): ReturnType<DoctorDeps["vault"]> => Promise.resolve({ kind: "unavailable", store: "keychain", reason });
    expect((await find("vault", { vault: noBus }))?.fix).toBe("portcullis vault use file");
  });

  it("notices folders that are open to others", async () => {
    const { data } = deps().paths;
    mkdirSync(data, { mode: 0o755 });
    chmodSync(data, 0o755);
    expect(await find("folders")).toMatchObject({ status: "warning", fix: `chmod 700 '${data}'` });
    chmodSync(data, 0o700);
    expect(await find("folders")).toMatchObject({ status: "ok" });
  });

  it("is not held up by a program that hangs, fails or floods", async () => {
    program("node", "exit 3");
    program("npm", "yes | head -c 10000000");
    program("uv", "exec /bin/sleep 60");
    const started = Date.now();
    const checks = await runDoctor(deps());
    expect(Date.now() - started).toBeLessThan(15_000);
    for (const id of ["node", "npm", "uv"])
      expect(checks.find((check) => check.id === id)).toMatchObject({ status: "ok", detail: path.join(bin, id) });
  });

  it("reports settings and journal in their own words", async () => {
    expect(await find("settings", { settingsProblem: () => "config.json, line 3" })).toMatchObject({
      status: "missing",
      detail: `${path.join(deps().paths.config, "config.json")}, line 3`,
      fix: expect.stringContaining("editor") as string,
    });
    expect(await find("journal", { journalFault: () => "disk full" })).toMatchObject({
      status: "missing",
      fix: "portcullis journal verify",
    });
  });
});
