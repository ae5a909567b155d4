import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { AcceptedPackage } from "./acceptance.ts";
import { firstLost, listFiles } from "./file-list.ts";
import type { FileList } from "./file-list.ts";
import { packageFolder } from "./installed-package.ts";
import type { InstalledFolder } from "./installed-package.ts";
import { keptLock } from "./kept-locks.ts";
import { putInPlace } from "./put-in-place.ts";
import { runBoxed } from "./run-boxed.ts";
import { readUvConfig } from "./uv-config.ts";
import type { UvConfig } from "./uv-config.ts";
import { lockedWheels, pinnedWheel, wheelLock } from "./wheel-integrity.ts";

/**
 * One Python package, once, with `uv`, into an environment of its own in our folder. Only wheels (`--no-build`: a source package would run
 * its set-up code while it is installed). The environment is relocatable, so that it can be built aside and renamed into place.
 */
export interface PypiInstallDeps {
  readonly sandbox: Sandbox;
  readonly packagesDir: string;
  /** Where the list of an accepted environment's packages is kept. */
  readonly locksDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** Absolute path of uv and its interpreter's home, or why there is none. */
  readonly findUv: (python: string | null) => Promise<Result<UvTools>>;
  readonly now: () => number;
  /** The app is closing: the installation is given up. */
  readonly signal: AbortSignal;
  /** The person waived the sandbox of the server that this is for. */
  readonly mayRunOpen: boolean;
}

export interface UvTools {
  readonly uv: string;
  /** The Python to build on: its real executable, and its installation's folder. */
  readonly python: string;
  readonly pythonHome: string;
}

export interface PypiPackage {
  readonly name: string;
  readonly extras: readonly string[];
  readonly range: string | null;
  readonly python: string | null;
}

const installTimeoutMs = 5 * 60_000;
/** A name that no file has. */
const nothing = /(?!)/u;

/** Same promises as `installNpm`. */
export async function installPypi(
  deps: PypiInstallDeps,
  wanted: PypiPackage,
  pinned: AcceptedPackage | null,
  onProgress: (step: string) => void,
): Promise<Result<InstalledFolder>> {
  const tools = await deps.findUv(wanted.python);
  if (!tools.ok) return tools;
  const config = await readUvConfig(deps.env, deps.platform, deps.home);
  if (!config.ok) return config;
  const temporary = path.join(deps.packagesDir, `.installing-${crypto.randomUUID().slice(0, 8)}`);
  const folder = path.join(temporary, "package");
  try {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const kept = await keptLock(deps.locksDir, pinned?.lock, wheelLock);
    const locked = kept === null ? null : lockedWheels(kept);
    let before: FileList = [];
    for (const step of uvSteps(tools.value, config.value, folder, wanted, pinned, locked)) {
      onProgress(step.words);
      const finished = await runBoxed(
        deps.sandbox,
        {
          name: "install",
          argv: [tools.value.uv, ...step.args],
          env: uvEnv(temporary, config.value),
          cwd: folder,
          programs: [tools.value.uv, tools.value.python, tools.value.pythonHome],
          read: config.value.certificates === null ? [] : [config.value.certificates],
          write: [],
          hosts: config.value.hosts,
          stateDir: temporary,
          limits: {},
          waived: false,
        },
        installTimeoutMs,
        deps.signal,
        deps.mayRunOpen,
      );
      if (!finished.ok) return finished;
      if (finished.value.code !== 0) {
        return fail("install-failed", uvFailure(wanted.name, finished.value.stderr, config.value.hosts));
      }
      const after = await listFiles(folder, nothing);
      // What makes the environment runs before any package, and is no part of what pins them.
      const replaced = firstLost(before, after);
      if (replaced !== null) {
        return fail(
          "install-failed",
          `${wanted.name} cannot be installed: it replaces ${JSON.stringify(replaced)} of its Python environment.`,
        );
      }
      before = after;
    }
    return await adopt(deps, wanted, pinned, folder, locked !== null);
  } catch (error) {
    return fail("install-failed", `${wanted.name} could not be installed: ${error instanceof Error ? error.message : "unknown"}`);
  } finally {
    await fs.rm(temporary, { recursive: true, force: true });
  }
}

/** uv's two errands, pure. `locked`: exactly these packages, whatever the index would now choose. */
export function uvSteps(
  tools: UvTools,
  config: Pick<UvConfig, "indexes" | "hosts">,
  folder: string,
  wanted: PypiPackage,
  pinned: AcceptedPackage | null,
  locked: readonly string[] | null = null,
): readonly { readonly words: string; readonly args: readonly string[] }[] {
  const venv = path.join(folder, "venv");
  const extras = wanted.extras.length === 0 ? "" : `[${wanted.extras.join(",")}]`;
  const spec = `${wanted.name}${extras}${pinned === null ? (wanted.range ?? "") : `==${pinned.version}`}`;
  const common = ["--no-config", "--no-progress", "--quiet"];
  const [index = "", ...more] = config.indexes;
  return [
    {
      words: "Making a Python environment",
      args: ["venv", ...common, "--relocatable", "--no-project", "--python-preference=only-system", `--python=${tools.python}`, venv],
    },
    {
      words: `Installing ${spec} from ${config.hosts[0] ?? "the index"}`,
      args: [
        "pip",
        "install",
        ...common,
        "--no-build",
        "--link-mode=copy",
        `--python=${path.join(venv, "bin", "python")}`,
        `--index-url=${index}`,
        ...more.map((url) => `--extra-index-url=${url}`),
        ...(locked === null ? ["--", spec] : ["--no-deps", "--", ...locked]),
      ],
    },
  ];
}

function uvEnv(temporary: string, config: UvConfig): Readonly<Record<string, string>> {
  return {
    HOME: temporary,
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "C.UTF-8",
    UV_CACHE_DIR: path.join(temporary, "cache"),
    UV_NO_ENV_FILE: "1",
    ...(config.certificates === null ? {} : { SSL_CERT_FILE: config.certificates }),
    ...(config.nativeTls ? { UV_NATIVE_TLS: "1" } : {}),
  };
}

/** uv's own last words, and what to do about the usual ones. */
export function uvFailure(name: string, stderr: string, hosts: readonly string[]): string {
  const said = stderr
    .split("\n")
    .map((line) => line.replace(/^[\s×│╰─▶├]+/u, "").trim())
    .filter((line) => line !== "")
    .slice(-4)
    .join(" ")
    .slice(0, 600);
  const advice = /no wheels|no usable wheels|building source distributions is disabled|--no-build/iu.test(said)
    ? " There is no wheel of it for this machine, and building one would run its code."
    : /\b40[13]\b|unauthorized|forbidden/iu.test(said)
      ? " The index wants a login; logins are not passed into the sandbox."
      : /not found in the package registry|no versions of|no version of/iu.test(said)
        ? " There is no such package or version."
        : /failed to fetch|error sending request|dns error|connect/iu.test(said)
          ? ` ${hosts.join(", ")} cannot be reached.`
          : "";
  return `${name} could not be installed.${advice} ${said === "" ? "uv gave no reason." : `uv says: ${said}`}`;
}

async function adopt(
  deps: PypiInstallDeps,
  wanted: PypiPackage,
  pinned: AcceptedPackage | null,
  folder: string,
  locked: boolean,
): Promise<Result<InstalledFolder>> {
  const { name } = wanted;
  const text = await wheelLock.text(folder);
  const found = pinnedWheel(text, name);
  if (found === null) return fail("install-failed", `uv left no record of ${name}: it cannot be pinned.`);
  const { version, integrity } = found;
  const lock = wheelLock.hash(text);
  if (pinned !== null && (pinned.version !== version || pinned.integrity !== integrity || (locked && pinned.lock !== lock))) {
    return fail(
      "not-accepted",
      `The index now gives other bytes for ${name} ${pinned.version} than the ones you accepted.`,
      "Nothing was started. If you trust the new ones, remove the server and add it again.",
    );
  }
  const installed = { ecosystem: "pypi" as const, name, version, integrity, lock, installedAt: deps.now() };
  const target = packageFolder(deps.packagesDir, "pypi", name, version, wanted);
  return putInPlace(deps.locksDir, wheelLock, text, installed, pinned, folder, target);
}

/** The program of an installed Python package: the one asked for, else the one named like the package. Run by the environment's own Python. */
export async function pypiEntry(folder: string, name: string, bin: string | null): Promise<Result<{ python: string; script: string }>> {
  const scripts = path.join(folder, "venv", "bin");
  const script = path.join(scripts, bin ?? name);
  const there = await fs.stat(script).then(
    (stat) => stat.isFile(),
    () => false,
  );
  if (!there || path.dirname(script) !== scripts) {
    return fail("install-failed", `${name} has no executable named ${bin ?? name}.`, `Name the one: uvx --from ${name} EXECUTABLE`);
  }
  return ok({ python: path.join(scripts, "python"), script });
}
