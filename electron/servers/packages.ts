import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { AcceptedPackage } from "./acceptance.ts";
import { checkInstalled, packageFolder, readInstalled } from "./installed-package.ts";
import type { InstalledFolder } from "./installed-package.ts";
import { keepLockOf } from "./kept-locks.ts";
import { installNpm } from "./npm-install.ts";
import { npmLock } from "./npm-lock.ts";
import { packageEntry } from "./package-entry.ts";
import { installPypi, pypiEntry } from "./pypi-install.ts";
import type { UvTools } from "./pypi-install.ts";
import { exactVersion } from "./recognise.ts";
import type { Recognised } from "./recognise.ts";
import type { Shims } from "./shims.ts";
import { wheelLock } from "./wheel-integrity.ts";

export type RecognisedPackage = Extract<Recognised, { kind: "npm" | "pypi" }>;

/** Packages installed once in our own folder and run from there. */
export interface Packages {
  /** What is installed of an accepted package, by its note alone. Null: not installed (yet, or any more). */
  installed(wanted: RecognisedPackage, pinned: AcceptedPackage): Promise<Result<InstalledFolder> | null>;
  /**
   * Installed and as it was, or installed now. Two who want the same at once share one installation. `fresh`: it was installed by this call.
   */
  ensure(
    wanted: RecognisedPackage,
    pinned: AcceptedPackage | null,
    onProgress: (step: string) => void,
    /** The server's sandbox is waived: where nothing can be boxed, npm runs without a box, too. */
    mayRunOpen: boolean,
  ): Promise<Result<InstalledFolder & { readonly fresh: boolean }>>;
  /** argv (without the server's arguments) and the folders it must be able to read. */
  entry(wanted: RecognisedPackage, folder: string): Promise<Result<RunnablePackage>>;
}

export interface RunnablePackage {
  readonly argv: readonly string[];
  readonly programs: readonly string[];
  readonly isNode: boolean;
}

export interface PackagesDeps {
  readonly sandbox: Sandbox;
  readonly packagesDir: string;
  /** Where what pins their dependencies is kept: not in the packages' folder, so that it is there when that is lost. */
  readonly locksDir: string;
  readonly nodePath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly shims: Pick<Shims, "python">;
  /** An executable's absolute path as a login shell would find it. */
  readonly findCommand: (name: string) => Promise<Result<string>>;
  readonly now: () => number;
  /** The app is closing. */
  readonly signal: AbortSignal;
}

export function createPackages(deps: PackagesDeps): Packages {
  const running = new Map<string, { promise: Promise<Result<InstalledFolder>>; steps: Set<(step: string) => void>; last: string | null }>();

  async function findNpm(): Promise<Result<readonly string[]>> {
    const beside = path.dirname(await fs.realpath(deps.nodePath).catch(() => deps.nodePath));
    const cli = path.join("node_modules", "npm", "bin", "npm-cli.js");
    const candidates = [path.join(beside, "..", "lib", cli), path.join(beside, cli)];
    const found = await deps.findCommand("npm");
    if (found.ok) {
      const real = await fs.realpath(found.value).catch(() => found.value);
      // npm on PATH is a link to npm-cli.js, or (Windows, version managers) a script near it.
      candidates.push(real, path.join(path.dirname(real), cli), path.join(path.dirname(real), "..", "lib", cli));
    }
    for (const file of candidates) {
      if (path.basename(file) !== "npm-cli.js") continue;
      const real = await fs.realpath(file).catch(() => null);
      if (real !== null) return ok([deps.nodePath, real]);
    }
    return fail(
      "install-failed",
      "npm was not found, so the package cannot be installed.",
      "Install Node.js with npm (https://nodejs.org), then try again.",
    );
  }

  async function findUv(python: string | null): Promise<Result<UvTools>> {
    const uv = await deps.findCommand("uv");
    if (!uv.ok) {
      return fail(
        "install-failed",
        "uv was not found, so the Python package cannot be installed.",
        "Install uv (https://docs.astral.sh/uv), then try again.",
      );
    }
    const interpreter = await deps.findCommand(python === null ? "python3" : `python${python.replace(/^\D*/u, "")}`);
    if (!interpreter.ok)
      return fail("install-failed", `Python${python === null ? "" : ` ${python}`} was not found.`, "Install it, then try again.");
    // A version manager's shim is a script; only the interpreter itself knows where it is.
    const found = await deps.shims.python(interpreter.value);
    if (found === null) return fail("install-failed", `${interpreter.value} does not run.`);
    return ok({ uv: await fs.realpath(uv.value), python: await fs.realpath(found.executable), pythonHome: found.installation });
  }

  function folderOf(wanted: RecognisedPackage, version: string): string {
    return packageFolder(deps.packagesDir, wanted.kind, wanted.name, version, wanted.kind === "pypi" ? wanted : undefined);
  }

  /** What a killed app left half-done. An hour is longer than any installation of another one on the same folder may take. */
  async function sweep(): Promise<void> {
    for (const name of await fs.readdir(deps.packagesDir).catch(() => [])) {
      if (!name.startsWith(".installing-")) continue;
      const folder = path.join(deps.packagesDir, name);
      const stat = await fs.stat(folder).catch(() => null);
      if (stat !== null && deps.now() - stat.mtimeMs > 3_600_000) await fs.rm(folder, { recursive: true, force: true });
    }
  }

  async function install(
    wanted: RecognisedPackage,
    pinned: AcceptedPackage | null,
    onProgress: (step: string) => void,
    mayRunOpen: boolean,
  ): Promise<Result<InstalledFolder>> {
    await sweep();
    return wanted.kind === "npm"
      ? installNpm({ ...deps, findNpm, mayRunOpen }, wanted, pinned, onProgress)
      : installPypi({ ...deps, findUv, mayRunOpen }, wanted, pinned, onProgress);
  }

  return {
    installed: async (wanted, pinned) => readInstalled(folderOf(wanted, pinned.version)),

    async ensure(wanted, pinned, onProgress, mayRunOpen) {
      const version = pinned?.version ?? exactVersion(wanted.range);
      const kind = wanted.kind === "npm" ? npmLock : wheelLock;
      const there = version === null ? null : await checkInstalled(folderOf(wanted, version), kind);
      if (there !== null) {
        if (!there.ok) return there;
        const { folder, package: installed } = there.value;
        await keepLockOf(deps.locksDir, folder, installed.lock, kind);
        return ok({ ...there.value, fresh: false });
      }
      const extras = wanted.kind === "pypi" ? wanted.extras.join(",") : "";
      const key = [
        wanted.kind,
        wanted.name,
        extras,
        version ?? wanted.range ?? "",
        pinned?.integrity ?? "",
        pinned?.lock ?? "",
        mayRunOpen,
      ].join("\n");
      let job = running.get(key);
      const first = job === undefined;
      if (job === undefined) {
        const steps = new Set<(step: string) => void>();
        const started = {
          promise: Promise.resolve<Result<InstalledFolder>>(fail("internal", "not started")),
          steps,
          last: null as string | null,
        };
        started.promise = install(
          wanted,
          pinned,
          (step) => {
            started.last = step;
            for (const tell of steps) tell(step);
          },
          mayRunOpen,
        ).finally(() => running.delete(key));
        running.set(key, started);
        job = started;
      }
      job.steps.add(onProgress);
      if (job.last !== null) onProgress(job.last);
      const done = await job.promise;
      return done.ok ? ok({ ...done.value, fresh: first }) : done;
    },

    async entry(wanted, folder) {
      if (wanted.kind === "pypi") {
        const entry = await pypiEntry(folder, wanted.name, wanted.bin);
        if (!entry.ok) return entry;
        const python = await fs.realpath(entry.value.python);
        const installation = path.dirname(path.dirname(python));
        // -B: outside of a box (waived) Python would write what it compiles into the installation, which would then not be as it was.
        return ok({ argv: [entry.value.python, "-B", entry.value.script], programs: [folder, python, installation], isNode: false });
      }
      const entry = await packageEntry(folder, wanted.name, wanted.bin);
      if (!entry.ok) return entry;
      const { file, runner, runnerArgs } = entry.value;
      if (runner === "node") {
        const node = await fs.realpath(deps.nodePath);
        return ok({ argv: [node, ...runnerArgs, file], programs: [folder, node], isNode: true });
      }
      if (runner === "self") return ok({ argv: [file], programs: [folder], isNode: false });
      const interpreter = await deps.findCommand(runner);
      if (!interpreter.ok) {
        return fail("cannot-start", `${wanted.name} needs ${runner}, which was not found.`, `Install ${runner}, then try again.`);
      }
      return ok({
        argv: [interpreter.value, ...runnerArgs, file],
        programs: [folder, await fs.realpath(interpreter.value)],
        isNode: false,
      });
    },
  };
}
