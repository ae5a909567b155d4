import { ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { dangerousEnv } from "./dangerous-env.ts";
import { mayHideSecrets, secretsInArgs } from "./hidden-args.ts";
import { interpreterName } from "./program-folders.ts";
import { programName, recognise } from "./recognise.ts";
import { serverWarnings } from "./warnings.ts";

// What can be said of a command line from another app's config without looking at the machine, for the plan of a migration.

/** The package that it runs and the server's own arguments, or null. */
export function packageOfCommand(
  command: string,
  args: readonly string[],
): { readonly name: string; readonly args: readonly string[] } | null {
  const recognised = recognise(command, args);
  return recognised.kind === "npm" || recognised.kind === "pypi" ? { name: recognised.name, args: recognised.args } : null;
}

/**
 * Whether secrets in its arguments can be lent without every other program seeing them. Only Node takes them so; a program that is not known
 * to be something else may be a Node script, which only starting it tells.
 */
export function lendsInArgs({ command, args }: ServerSettings): Result<void> {
  const all = args ?? [];
  if (secretsInArgs(all).length === 0) return ok(undefined);
  const recognised = recognise(command, all);
  if (recognised.kind === "npm") return mayHideSecrets(recognised.args, true, false);
  const runner = interpreterName(command);
  const isOther = recognised.kind === "pypi" || (runner !== null && runner !== "node") || nativePrograms.has(programName(command));
  return isOther ? mayHideSecrets(all, false, false) : mayHideSecrets(all, true, runner === "node");
}

const nativePrograms = new Set(["docker", "podman", "nerdctl", "uv", "ssh", "sh", "bash", "zsh", "cmd", "go", "java", "dotnet"]);

/** Hints for the eye, as the registry shows them. */
export function foreignWarnings(settings: ServerSettings, platform: NodeJS.Platform): readonly string[] {
  return serverWarnings({
    settings,
    recognised: recognise(settings.command, settings.args ?? []),
    dangerousEnv: (names) => dangerousEnv(names, platform),
  });
}
