// The plan for Windows: sandbox-runtime's account mode. The server runs as an account of its own that owns none of the person's files and
// whose connections a firewall rule confines to the proxy. Not tested on Windows yet; the plan is. The account starts with a fresh
// environment, and the only way in is the command line, which every user can read: a server with variables of its own is refused.
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";
import type { BoxPlan } from "./plan.ts";

/** Readable by every account of the machine. */
export const windowsSystem: readonly string[] = ["C:\\Windows", "C:\\Program Files", "C:\\Program Files (x86)"];

/** Variables that every account has by itself, or that say nothing. */
const ordinary = new Set(
  "APPDATA COMMONPROGRAMFILES COMSPEC HOME HOMEDRIVE HOMEPATH LANG LOCALAPPDATA LOGNAME NUMBER_OF_PROCESSORS OS PATH PATHEXT PROCESSOR_ARCHITECTURE PROGRAMDATA PROGRAMFILES SHELL SYSTEMDRIVE SYSTEMROOT TEMP TERM TMP TZ USER USERDOMAIN USERNAME USERPROFILE WINDIR".split(
    " ",
  ),
);

/** sandbox-runtime's configuration for this plan, or why this server cannot be boxed on Windows. */
export function accountConfig(plan: BoxPlan): Result<SandboxRuntimeConfig> {
  const own = Object.keys(plan.env).filter((name) => !ordinary.has(name.toUpperCase()) && !name.toUpperCase().startsWith("LC_"));
  if (own.length > 0) {
    return fail(
      "cannot-box",
      `The Windows sandbox could only be given ${own.join(", ")} on its command line, where every user of this machine can read it.`,
      "Take the variables out of the server's settings, or waive its sandbox.",
    );
  }
  const of = (...kinds: readonly string[]): string[] =>
    plan.layers.filter((layer) => kinds.includes(layer.kind)).map((layer) => layer.path);
  return ok({
    network: {
      allowedDomains: plan.network.kind === "hosts" ? [...plan.network.allowed] : [],
      deniedDomains: [],
      strictAllowlist: true,
    },
    filesystem: { denyRead: of("closed"), allowRead: of("read", "frozen"), allowWrite: of("write"), denyWrite: of("closed", "frozen") },
  });
}

/**
 * One command line for `cmd.exe /d /s /c`, which runs inside the box. Refused: what cmd.exe would read as its own in spite of quotes.
 */
export function accountCommand(plan: BoxPlan): Result<string> {
  const words: string[] = [];
  for (const word of plan.argv) {
    if (/["%!\r\n]/.test(word)) {
      return fail(
        "cannot-box",
        `The argument “${word}” holds a character (" % ! or a line break) that the Windows sandbox cannot pass on safely.`,
      );
    }
    words.push(`"${word.replace(/(\\+)$/, "$1$1")}"`);
  }
  return ok(words.join(" "));
}
