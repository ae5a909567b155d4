// The plan for macOS: Seatbelt through sandbox-runtime. Not tested on a Mac yet; the plan is. Seatbelt knows no private root, so reading is
// closed for every place where people keep things and opened again for what the plan names. There is no pid namespace (the reaper ends
// the tree) and no private /tmp (TMPDIR is a folder of the server's own).
import path from "node:path";
import type { SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";
import type { BoxPlan } from "./plan.ts";

/** What every Mac program needs to read; a program below these needs no opening of its own. */
export const macosSystem: readonly string[] = ["/usr", "/bin", "/sbin", "/System", "/Library/Frameworks", "/opt/homebrew"];

const peoplesPlaces: readonly string[] = ["/Users", "/Volumes", "/Network", "/private/tmp", "/private/var/folders", "/private/var/root"];

/** sandbox-runtime's configuration for this plan. */
export function seatbeltConfig(plan: BoxPlan): SandboxRuntimeConfig {
  const of = (...kinds: readonly string[]): string[] =>
    plan.layers.filter((layer) => kinds.includes(layer.kind)).map((layer) => layer.path);
  return {
    network: {
      allowedDomains: plan.network.kind === "hosts" ? [...plan.network.allowed] : [],
      deniedDomains: [],
      strictAllowlist: true,
      allowUnixSockets: [],
      allowAllUnixSockets: false,
      allowLocalBinding: false,
    },
    filesystem: {
      denyRead: [...peoplesPlaces, ...of("closed")],
      allowRead: of("read", "write", "frozen"),
      allowWrite: of("write"),
      denyWrite: of("closed", "frozen"),
      allowGitConfig: false,
    },
  };
}

/** One word of a POSIX shell's command line. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * What sandbox-runtime hands to the shell inside the box: the limits, then the program. `ulimit -v` is not enforced on macOS and there is
 * no limit of resident memory, so memory is not limited here.
 */
export function seatbeltCommand(plan: BoxPlan): string {
  return [
    `cd ${quoteWord(plan.cwd)}`,
    `ulimit -c 0 -n ${plan.limits.openFiles} -u ${plan.limits.processes}`,
    `exec ${plan.argv.map(quoteWord).join(" ")}`,
  ].join(" && ");
}

/** The environment of the box; the proxy's own variables are added by sandbox-runtime. */
export function seatbeltEnvironment(plan: BoxPlan): Readonly<Record<string, string>> {
  const env: Record<string, string> = { ...plan.env, TMPDIR: path.join(plan.stateDir, "tmp"), NODE_USE_ENV_PROXY: "1" };
  // These would take effect in the shell and in sandbox-exec, before the box exists.
  for (const name of Object.keys(env)) if (/^(DYLD_|LD_|BASH_ENV$|ENV$|SHELLOPTS$|BASHOPTS$|PS4$|BASH_FUNC_)/.test(name)) delete env[name];
  return env;
}
