import fs from "node:fs/promises";
import path from "node:path";
import { fail } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { AcceptedPackage } from "./acceptance.ts";
import { packageFolder } from "./installed-package.ts";
import type { InstalledFolder } from "./installed-package.ts";
import { keptLock } from "./kept-locks.ts";
import { readNpmConfig, sanitiseNpmConfig } from "./npm-config.ts";
import { lockedProject, npmLock, npmLockName, parseNpmLock } from "./npm-lock.ts";
import { putInPlace } from "./put-in-place.ts";
import { runBoxed } from "./run-boxed.ts";

/**
 * One npm package, once, into our own folder: in a box that reaches the registry's host and nothing else, sees none of the home folder
 * and no secret, with lifecycle scripts off (threat 31). What npm chose is read from the lock file it wrote, so that what is recorded is what
 * was unpacked. What was accepted before comes back with the dependencies it had then, by the lock file that was kept. Everything happens in a
 * temporary folder that is renamed when it is complete.
 */
export interface NpmInstallDeps {
  readonly sandbox: Sandbox;
  readonly packagesDir: string;
  /** Where lock files are kept. */
  readonly locksDir: string;
  readonly nodePath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** argv that runs npm (node and npm-cli.js), or why there is none. */
  readonly findNpm: () => Promise<Result<readonly string[]>>;
  readonly now: () => number;
  /** The app is closing: the installation is given up. */
  readonly signal: AbortSignal;
  /** The person waived the sandbox of the server that this is for. */
  readonly mayRunOpen: boolean;
}

const installTimeoutMs = 5 * 60_000;

/**
 * @param pinned what was accepted before: exactly that version, and a different integrity is refused; other dependencies are, too, where the
 *   lock file was kept, and else they are installed to be accepted anew
 * @returns `install-failed` with npm's own last words, or `cannot-box`
 */
export async function installNpm(
  deps: NpmInstallDeps,
  wanted: { readonly name: string; readonly range: string | null },
  pinned: AcceptedPackage | null,
  onProgress: (step: string) => void,
): Promise<Result<InstalledFolder>> {
  const npm = await deps.findNpm();
  if (!npm.ok) return npm;
  const temporary = path.join(deps.packagesDir, `.installing-${crypto.randomUUID().slice(0, 8)}`);
  const folder = path.join(temporary, "package");
  try {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const listed = await readNpmConfig(npm.value, folder, deps.env, deps.sandbox.outside.mark());
    if (!listed.ok) return listed;
    const config = sanitiseNpmConfig(listed.value, wanted.name);
    await fs.writeFile(path.join(temporary, "npmrc"), `${config.lines.join("\n")}\n`, { mode: 0o600 });
    await fs.writeFile(path.join(temporary, "globalrc"), "", { mode: 0o600 });
    const kept = await keptLock(deps.locksDir, pinned?.lock, npmLock);
    const project = kept === null ? null : lockedProject(kept, config.hosts);
    await fs.writeFile(path.join(folder, "package.json"), project?.manifest ?? '{"private":true}\n', { mode: 0o600 });
    if (project !== null) await fs.writeFile(path.join(folder, npmLockName), project.lock, { mode: 0o600 });
    const range = pinned?.version ?? wanted.range;
    const spec = range === null ? wanted.name : `${wanted.name}@${range}`;
    onProgress(`Installing ${spec} from ${config.hosts[0] ?? "the registry"}`);
    const certificates = [config.cafile, deps.env["NODE_EXTRA_CA_CERTS"] ?? null].filter((file) => file !== null && file !== "");
    const finished = await runBoxed(
      deps.sandbox,
      {
        name: "install",
        argv: [...npm.value, ...(project === null ? npmInstallArgs(folder, spec) : npmCiArgs(folder))],
        env: npmInstallEnv(temporary, deps.nodePath, deps.env),
        cwd: folder,
        programs: [await fs.realpath(deps.nodePath), ...npm.value.slice(1).map((file) => path.dirname(path.dirname(file)))],
        read: await existing(certificates),
        write: [],
        hosts: config.hosts,
        stateDir: temporary,
        limits: {},
        waived: false,
      },
      installTimeoutMs,
      deps.signal,
      deps.mayRunOpen,
    );
    if (!finished.ok) return finished;
    const { code, stdout, stderr } = finished.value;
    if (code !== 0) {
      if (pinned !== null && /npm (?:error|ERR!) code EINTEGRITY/u.test(stderr))
        return otherBytes(wanted.name, pinned, "npm found that out");
      return fail("install-failed", npmFailure(spec, stderr, stdout, config.hosts));
    }
    return await adopt(deps, wanted.name, pinned, folder, project !== null);
  } catch (error) {
    return fail("install-failed", `${wanted.name} could not be installed: ${error instanceof Error ? error.message : "unknown"}`);
  } finally {
    await fs.rm(temporary, { recursive: true, force: true });
  }
}

/** Checks what npm made. */
async function adopt(
  deps: NpmInstallDeps,
  name: string,
  pinned: AcceptedPackage | null,
  folder: string,
  locked: boolean,
): Promise<Result<InstalledFolder>> {
  const text = await npmLock.text(folder);
  const top = parseNpmLock(text).packages[`node_modules/${name}`];
  if (top?.version === undefined || top.integrity === undefined) {
    return fail("install-failed", `npm recorded no version and integrity for ${name}: it cannot be pinned.`);
  }
  const lock = npmLock.hash(text);
  if (pinned !== null && (pinned.version !== top.version || pinned.integrity !== top.integrity)) {
    return otherBytes(name, pinned, `${pinned.integrity} → ${top.integrity}`);
  }
  if (pinned !== null && locked && pinned.lock !== lock) return otherBytes(name, pinned, "its dependencies");
  const installed = { ecosystem: "npm" as const, name, version: top.version, integrity: top.integrity, lock, installedAt: deps.now() };
  const target = packageFolder(deps.packagesDir, "npm", name, top.version);
  return putInPlace(deps.locksDir, npmLock, text, installed, pinned, folder, target);
}

function otherBytes(name: string, pinned: AcceptedPackage, what: string): Result<InstalledFolder> {
  return fail(
    "not-accepted",
    `The registry now gives other bytes for ${name} ${pinned.version} than the ones you accepted (${what}).`,
    "Nothing was started. If you trust the new ones, remove the server and add it again.",
  );
}

const quietArgs = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];

/** npm's arguments: no scripts, nothing for development, nothing that calls home. */
export function npmInstallArgs(folder: string, spec: string): readonly string[] {
  return ["install", ...quietArgs, "--package-lock", "--save", `--prefix=${folder}`, "--", spec];
}

/** The same, for exactly what the lock file in the folder says. */
function npmCiArgs(folder: string): readonly string[] {
  return ["ci", ...quietArgs, `--prefix=${folder}`];
}

/** The whole environment of npm in its box. */
export function npmInstallEnv(
  temporary: string,
  nodePath: string,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const extra = env["NODE_EXTRA_CA_CERTS"];
  return {
    HOME: temporary,
    PATH: [path.dirname(nodePath), "/usr/local/bin", "/usr/bin", "/bin"].join(path.delimiter),
    LANG: "C.UTF-8",
    npm_config_userconfig: path.join(temporary, "npmrc"),
    npm_config_globalconfig: path.join(temporary, "globalrc"),
    npm_config_cache: path.join(temporary, "cache"),
    npm_config_update_notifier: "false",
    // npm's own patience (up to two minutes) is for machines that wait; here a person does.
    npm_config_fetch_retries: "2",
    npm_config_fetch_retry_mintimeout: "500",
    npm_config_fetch_retry_maxtimeout: "3000",
    ...(extra === undefined || extra === "" ? {} : { NODE_EXTRA_CA_CERTS: extra }),
  };
}

/** npm's own last meaningful lines, and what to do about the usual ones. */
export function npmFailure(spec: string, stderr: string, stdout: string, hosts: readonly string[]): string {
  const lines = `${stdout}\n${stderr}`
    .split("\n")
    .map((line) => line.replace(/^npm (?:error|ERR!) ?/u, "").trim())
    .filter(
      (line) => line !== "" && !/^(?:A complete log|Log files|Note that you can also install|code |errno |syscall |path )/u.test(line),
    );
  const said = lines.slice(0, 6).join(" ").slice(0, 600);
  const code = /npm (?:error|ERR!) code (\S+)/u.exec(stderr)?.[1];
  const advice =
    code === "E404"
      ? " There is no such package or version."
      : code === "E401" || code === "E403"
        ? " The registry wants a login; logins are not passed into the sandbox."
        : code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ECONNREFUSED" || code === "ETIMEDOUT"
          ? ` ${hosts.join(", ")} cannot be reached.`
          : "";
  return `${spec} could not be installed.${advice} ${said === "" ? "npm gave no reason." : `npm says: ${said}`}`;
}

async function existing(files: readonly (string | null)[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    if (file === null) continue;
    const real = await fs.realpath(file).catch(() => null);
    if (real !== null && !found.includes(real)) found.push(real);
  }
  return found;
}
