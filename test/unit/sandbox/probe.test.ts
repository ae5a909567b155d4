import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { createHandOvers } from "../../../electron/sandbox/hand-over.ts";
import { allSkills, explainFailure, installCommand, parseOsRelease, tryBox, tryWithLess } from "../../../electron/sandbox/probe.ts";
import type { Skills } from "../../../electron/sandbox/hand-over.ts";
import type { Machine } from "../../../electron/sandbox/probe.ts";

const machine: Machine = { distributions: ["debian"], apparmorRestricts: false, usernsOff: false, container: false };
const refused = { ok: false, stderr: "bwrap: setting up uid map: Permission denied" };

describe("the probe", () => {
  it.each([
    ["ID=debian", "sudo apt install bubblewrap socat"],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', "sudo apt install bubblewrap socat"],
    ["ID=fedora", "sudo dnf install bubblewrap socat"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', "sudo dnf install bubblewrap socat"],
    ["ID=arch", "sudo pacman -S bubblewrap socat"],
    ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"', "sudo zypper install bubblewrap socat"],
    ["ID=other", "Install bubblewrap socat with your system's package manager."],
  ])("%j is told: %s", (release, command) => {
    expect(installCommand(["bwrap", "socat"], parseOsRelease(release))).toBe(command);
  });

  it("says why in words, and what helps", () => {
    expect(explainFailure(refused, { ...machine, apparmorRestricts: true })).toMatchObject({
      reason: expect.stringContaining("AppArmor") as string,
      fix: expect.stringContaining("apparmor_restrict_unprivileged_userns=0") as string,
    });
    expect(explainFailure(refused, { ...machine, usernsOff: true }).fix).toContain("unprivileged_userns_clone=1");
    expect(explainFailure(refused, { ...machine, container: true }).fix).toContain("--security-opt");
    expect(explainFailure(refused, machine).reason).toContain("setting up uid map: Permission denied");
    expect(explainFailure({ ok: false, stderr: "" }, machine).fix).toBeNull();
  });

  it("fails when the trial fails or is not there", async () => {
    expect(await tryBox(["/bin/sh", "-c", "echo why >&2; exit 3"])).toEqual({ ok: false, stderr: "why" });
    expect((await tryBox(["/nonexistent"])).ok).toBe(false);
    expect((await tryBox(["/bin/sh", "-c", "exit 0"])).ok).toBe(true);
  });
});

describe("an older bubblewrap", () => {
  /** In the words of the real one (`bwrap --no-such-option`). */
  const knowing = async (unknown: readonly string[]) => {
    const tried: Skills[] = [];
    const found = await tryWithLess((skills) => {
      tried.push(skills);
      const asked = [...(skills.sizes ? ["--size"] : []), ...(skills.descriptors ? ["--ro-bind-fd"] : [])];
      const first = asked.find((option) => unknown.includes(option));
      return Promise.resolve(first === undefined ? { ok: true, stderr: "" } : { ok: false, stderr: `bwrap: Unknown option ${first}` });
    });
    return { ...found, tries: tried.length };
  };

  it("is used without what it does not know", async () => {
    expect(await knowing([])).toMatchObject({ skills: allSkills, trial: { ok: true }, tries: 1 });
    expect(await knowing(["--size"])).toMatchObject({ skills: { sizes: false, descriptors: true }, trial: { ok: true }, tries: 2 });
    expect(await knowing(["--ro-bind-fd"])).toMatchObject({ skills: { sizes: true, descriptors: false }, trial: { ok: true }, tries: 2 });
    expect(await knowing(["--size", "--ro-bind-fd"])).toMatchObject({ skills: { sizes: false, descriptors: false }, tries: 3 });
  });

  it("is not tried again where something else is wrong, nor for ever", async () => {
    let tries = 0;
    const failing = (stderr: string) =>
      tryWithLess(() => {
        tries += 1;
        return Promise.resolve({ ok: false, stderr });
      });
    expect(await failing(refused.stderr)).toEqual({ skills: allSkills, trial: refused });
    expect(tries).toBe(1);
    expect((await failing("bwrap: --size and --ro-bind-fd are no good")).trial.ok).toBe(false);
    expect(tries).toBe(4);
    const warned = { ok: true, stderr: "bwrap: a word about --size" };
    expect(await tryWithLess(() => Promise.resolve(warned))).toEqual({ skills: allSkills, trial: warned });
  });

  it.skipIf(process.platform !== "linux")("is handed what it can take, and told what it knows", () => {
    const handOvers = createHandOvers(Uint8Array.of(1));
    const folder = fs.realpathSync(".");
    const handed = (skills: Skills) => {
      const opened = handOvers.open([folder], skills);
      if (!opened.ok) throw new Error(opened.error.message);
      opened.value.letGo();
      const { told, descriptors } = opened.value;
      return { sizes: told.sizes, kind: told.places.get(folder)?.kind, descriptors: descriptors.length };
    };
    expect(handed(allSkills)).toEqual({ sizes: true, kind: "descriptor", descriptors: 2 });
    expect(handed({ descriptors: true, sizes: false })).toEqual({ sizes: false, kind: "descriptor", descriptors: 2 });
    expect(handed({ descriptors: false, sizes: true })).toEqual({ sizes: true, kind: "identity", descriptors: 1 });
    handOvers.close();
  });
});
