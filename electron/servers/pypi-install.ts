import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { AcceptedPackage } from "./acceptance.ts";
import { packageFolder, readInstalled, writeNote } from "./installed-package.ts";
import type { InstalledFolder } from "./installed-package.ts";
import { runBoxed } from "./run-boxed.ts";

/**
 * One Python package, once, with `uv`, into an environment of its own in our folder. Only wheels (`--no-build`: a source package would run
 * its set-up code while it is installed). The environment is relocatable, so that it can be built aside and renamed into place.
 */
export interface PypiInstallDeps {
  readonly sandbox: Sandbox;
  readonly packagesDir: string;
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

const hosts = ["pypi.org", "files.pythonhosted.org"] as const;
const installTimeoutMs = 5 * 60_000;

/** Same promises as `installNpm`. */
export async function installPypi(
  deps: PypiInstallDeps,
  wanted: PypiPackage,
  pinned: AcceptedPackage | null,
  onProgress: (step: string) => void,
): Promise<Result<InstalledFolder>> {
  const tools = await deps.findUv(wanted.python);
  if (!tools.ok) return tools;
  const temporary = path.join(deps.packagesDir, `.installing-${crypto.randomUUID().slice(0, 8)}`);
  const folder = path.join(temporary, "package");
  try {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    for (const step of uvSteps(tools.value, folder, wanted, pinned)) {
      onProgress(step.words);
      const finished = await runBoxed(
        deps.sandbox,
        {
          name: "install",
          argv: [tools.value.uv, ...step.args],
          env: uvEnv(temporary),
          cwd: folder,
          programs: [tools.value.uv, tools.value.python, tools.value.pythonHome],
          read: [],
          write: [],
          hosts: [...hosts],
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
        const said = finished.value.stderr.trim().split("\n").slice(-4).join(" ").slice(0, 600);
        return fail("install-failed", `${wanted.name} could not be installed. uv says: ${said === "" ? "nothing" : said}`);
      }
    }
    return await adopt(deps, wanted.name, pinned, folder);
  } catch (error) {
    return fail("install-failed", `${wanted.name} could not be installed: ${error instanceof Error ? error.message : "unknown"}`);
  } finally {
    await fs.rm(temporary, { recursive: true, force: true });
  }
}

/** uv's two errands, pure. */
export function uvSteps(
  tools: UvTools,
  folder: string,
  wanted: PypiPackage,
  pinned: AcceptedPackage | null,
): readonly { readonly words: string; readonly args: readonly string[] }[] {
  const venv = path.join(folder, "venv");
  const extras = wanted.extras.length === 0 ? "" : `[${wanted.extras.join(",")}]`;
  const spec = `${wanted.name}${extras}${pinned === null ? (wanted.range ?? "") : `==${pinned.version}`}`;
  const common = ["--no-config", "--no-progress", "--quiet"];
  return [
    {
      words: "Making a Python environment",
      args: ["venv", ...common, "--relocatable", "--no-project", "--python-preference=only-system", `--python=${tools.python}`, venv],
    },
    {
      words: `Installing ${spec} from pypi.org`,
      args: ["pip", "install", ...common, "--no-build", "--link-mode=copy", `--python=${path.join(venv, "bin", "python")}`, "--", spec],
    },
  ];
}

function uvEnv(temporary: string): Readonly<Record<string, string>> {
  return {
    HOME: temporary,
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "C.UTF-8",
    UV_CACHE_DIR: path.join(temporary, "cache"),
    UV_NO_ENV_FILE: "1",
  };
}

async function adopt(
  deps: PypiInstallDeps,
  name: string,
  pinned: AcceptedPackage | null,
  folder: string,
): Promise<Result<InstalledFolder>> {
  const found = await distInfo(folder, name);
  if (found === null) return fail("install-failed", `uv left no record of ${name}: it cannot be pinned.`);
  // A wheel's RECORD holds the hash of each of its files, so its own hash stands for all of them.
  const record = await fs.readFile(path.join(folder, found.record));
  const integrity = `sha256-${createHash("sha256").update(record).digest("base64")}`;
  if (pinned !== null && (pinned.version !== found.version || pinned.integrity !== integrity)) {
    return fail(
      "not-accepted",
      `pypi.org now gives other bytes for ${name} ${pinned.version} than the ones you accepted.`,
      "Nothing was started. If you trust the new ones, remove the server and add it again.",
    );
  }
  const installed = { ecosystem: "pypi" as const, name, version: found.version, integrity, installedAt: deps.now() };
  await writeNote(folder, installed, [found.record, path.join("venv", "pyvenv.cfg")]);
  const target = packageFolder(deps.packagesDir, "pypi", name, found.version);
  await fs.mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const there = await readInstalled(target);
  if (there?.ok === true && there.value.package.integrity === integrity) return there;
  await fs.rm(target, { recursive: true, force: true });
  await fs.rename(folder, target);
  return ok({ folder: target, package: installed });
}

async function distInfo(folder: string, name: string): Promise<{ version: string; record: string } | null> {
  const lib = path.join(folder, "venv", "lib");
  for (const python of await fs.readdir(lib)) {
    const packages = path.join(lib, python, "site-packages");
    for (const entry of await fs.readdir(packages)) {
      const match = /^(.+)-([^-]+)\.dist-info$/u.exec(entry);
      if (match?.[1]?.toLowerCase().replaceAll(/[._-]+/gu, "-") !== name || match[2] === undefined) continue;
      return { version: match[2], record: path.relative(folder, path.join(packages, entry, "RECORD")) };
    }
  }
  return null;
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
