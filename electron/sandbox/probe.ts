// Whether this machine can make a box, tried for real; and if not, the reason and the one command that helps, in words.
import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import { withoutStrays } from "../stray-files.ts";
import type { Skills } from "./hand-over.ts";

/** The outcome of one trial run. */
export interface Trial {
  readonly ok: boolean;
  readonly stderr: string;
}

/** Runs a boxed program that does nothing; a box that hangs has failed. `descriptors` become its 3, 4, … */
export function tryBox(argv: readonly string[], descriptors: readonly number[] = []): Promise<Trial> {
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = withoutStrays(["ignore", "ignore", "pipe", ...descriptors], (stdio) =>
      spawn(program, args, { env: {}, timeout: 10_000, killSignal: "SIGKILL", cwd: "/", stdio }),
    );
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      if (said.length < 64 * 1024) said += chunk.toString();
    });
    child.once("error", (error) => resolve({ ok: false, stderr: error.message }));
    child.once("close", (code, signal) => {
      const why = signal === null ? `it ended with ${code ?? "no code"}` : `it was ended by ${signal}`;
      resolve({ ok: code === 0, stderr: code !== 0 && said.trim() === "" ? why : said.trim() });
    });
  });
}

export const allSkills: Skills = { descriptors: true, sizes: true };

/** Tries with all that the newest bubblewrap can do, and again without what this one says it does not know. */
export async function tryWithLess(
  attempt: (skills: Skills) => Promise<Trial>,
): Promise<{ readonly skills: Skills; readonly trial: Trial }> {
  let skills = allSkills;
  for (;;) {
    const trial = await attempt(skills);
    const less = trial.ok ? skills : without(skills, trial.stderr);
    if (less === skills) return { skills, trial };
    skills = less;
  }
}

/** The same skills where something else was wrong. */
function without(skills: Skills, stderr: string): Skills {
  if (skills.descriptors && stderr.includes("-bind-fd")) return { ...skills, descriptors: false };
  return skills.sizes && stderr.includes("--size") ? { ...skills, sizes: false } : skills;
}

/** Facts of the machine that explain a failure. */
export interface Machine {
  /** ID and ID_LIKE of /etc/os-release, in order. */
  readonly distributions: readonly string[];
  readonly apparmorRestricts: boolean;
  readonly usernsOff: boolean;
  readonly container: boolean;
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The ids in an os-release file. */
export function parseOsRelease(text: string): readonly string[] {
  const value = (key: string): string =>
    new RegExp(`^${key}=(.*)$`, "m")
      .exec(text)?.[1]
      ?.trim()
      .replace(/^["']|["']$/g, "") ?? "";
  return `${value("ID")} ${value("ID_LIKE")}`.split(/\s+/).filter((id) => id !== "");
}

export async function readMachine(): Promise<Machine> {
  const number = async (file: string): Promise<string | undefined> => (await readText(file))?.trim();
  return {
    distributions: parseOsRelease((await readText("/etc/os-release")) ?? ""),
    apparmorRestricts: (await number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")) === "1",
    usernsOff:
      (await number("/proc/sys/kernel/unprivileged_userns_clone")) === "0" || (await number("/proc/sys/user/max_user_namespaces")) === "0",
    container: (await readText("/.dockerenv")) !== undefined || (await readText("/run/.containerenv")) !== undefined,
  };
}

const packageOf: Readonly<Record<string, string>> = {
  bwrap: "bubblewrap",
  prlimit: "util-linux",
  rg: "ripgrep",
  socat: "socat",
  sh: "dash",
};

/** The command that installs what is missing, for the system at hand. */
export function installCommand(tools: readonly string[], distributions: readonly string[]): string {
  const packages = [...new Set(tools.map((tool) => packageOf[tool] ?? tool))].join(" ");
  const knows = (...ids: readonly string[]): boolean => distributions.some((id) => ids.includes(id));
  if (knows("debian", "ubuntu")) return `sudo apt install ${packages}`;
  if (knows("fedora", "rhel", "centos")) return `sudo dnf install ${packages}`;
  if (knows("arch")) return `sudo pacman -S ${packages}`;
  if (knows("suse", "opensuse", "opensuse-tumbleweed", "opensuse-leap")) return `sudo zypper install ${packages}`;
  if (knows("alpine")) return `doas apk add ${packages}`;
  return `Install ${packages} with your system's package manager.`;
}

/** Why a box that should have worked did not, and what helps. */
export function explainFailure(trial: Trial, machine: Machine): { readonly reason: string; readonly fix: string | null } {
  const said = trial.stderr.split("\n")[0] ?? "";
  if (machine.usernsOff) {
    return {
      reason: "This system does not let ordinary programs make user namespaces, which every box is built on.",
      fix: "sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000",
    };
  }
  if (machine.apparmorRestricts) {
    return {
      reason: "AppArmor on this system takes the rights from user namespaces that every box is built on.",
      fix: "echo 'kernel.apparmor_restrict_unprivileged_userns=0' | sudo tee /etc/sysctl.d/60-userns.conf && sudo sysctl --system",
    };
  }
  if (machine.container && /permitted|permission|userns|namespace|proc/i.test(trial.stderr)) {
    return {
      reason: `Inside this container no box can be made (${said}).`,
      fix: "Start the container with: --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined",
    };
  }
  if (/fork|resource|memory/i.test(said) && /unavailable|allocate/i.test(said)) {
    return { reason: `The machine has no room for another process (${said}).`, fix: null };
  }
  return { reason: `A box could not be made on this system (${said === "" ? "no reason was given" : said}).`, fix: null };
}
