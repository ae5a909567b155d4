import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { runProgram } from "../run-program.ts";
import { registryUrl } from "./registry-url.ts";

/**
 * What of the person's npm configuration goes into the box that installs a package: where the registries are and whom to trust.
 * Nothing else: no token, no password, no user name, no `strict-ssl=false`, no script shell. So a private registry that wants a login
 * does not work here, and says so. Proxy lines stay outside too: in the box the only way out is the sandbox's own proxy, which takes the way
 * that HTTPS_PROXY names.
 */
export interface NpmConfig {
  /** The npmrc for the box, a setting a line. */
  readonly lines: readonly string[];
  /** `host` or `host:port` of every registry named. */
  readonly hosts: readonly string[];
  /** A file with certificates that must be readable in the box, or null. */
  readonly cafile: string | null;
}

/**
 * Chooses from `npm config list --json`, which always names a registry. Values that do not have the shape they should are left out; with no
 * registry left nothing is reachable, and the installation fails.
 */
export function sanitiseNpmConfig(listed: Readonly<Record<string, unknown>>, packageName: string): NpmConfig {
  const lines: string[] = [];
  const hosts = new Set<string>();
  const scope = packageName.startsWith("@") ? packageName.split("/")[0] : undefined;
  const scoped = Object.entries(listed).filter(([key]) => /^@[A-Za-z0-9._~-]+:registry$/u.test(key));
  for (const [key, value] of [["registry", listed["registry"]] as const, ...scoped]) {
    const url = registryUrl(value);
    if (url === null) continue;
    lines.push(`${key}=${url}`);
    // Other scopes' registries may hold dependencies, so their hosts are reachable; the package's own comes first.
    if (key === `${scope ?? ""}:registry`) hosts.delete(hostOf(url));
    hosts.add(hostOf(url));
  }
  const cafile = typeof listed["cafile"] === "string" && listed["cafile"] !== "" ? listed["cafile"] : null;
  if (cafile !== null && !/[\r\n"${}]/u.test(cafile)) lines.push(`cafile="${cafile.replaceAll("\\", "\\\\")}"`);
  return { lines, hosts: [...hosts], cafile };
}

function hostOf(url: string): string {
  return new URL(url).host;
}

const environmentNames = /^npm_config_(?:registry|cafile|userconfig|globalconfig|prefix|@[a-z0-9._~-]+:registry)$/iu;

/**
 * Asks npm itself, which knows all the places its configuration comes from. npm shows secrets in it as "(protected)".
 *
 * @param npm argv of npm: node and npm-cli.js
 * @param cwd an empty folder, so that no project's `.npmrc` has a say
 * @param mark what it needs in its environment to end with us
 */
export async function readNpmConfig(
  npm: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  mark: Readonly<Record<string, string>>,
): Promise<Result<Readonly<Record<string, unknown>>>> {
  const [program = "", ...args] = npm;
  const named = ["HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SystemRoot", "PATH", "XDG_CONFIG_HOME"];
  const own = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && (named.includes(name) || environmentNames.test(name)) ? [[name, value] as const] : [],
  );
  const { stdout, problem } = await runProgram(program, [...args, "config", "list", "--json"], {
    cwd,
    env: { ...Object.fromEntries(own), ...mark },
    timeoutMs: 20_000,
    maxBytes: 4 * 1024 * 1024,
  });
  const parsed = parseObject(stdout);
  if (parsed !== null) return ok(parsed);
  return fail("install-failed", `npm's configuration could not be read${problem === null ? "." : `: ${problem}.`}`);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
