// Boxes for servers. Fails closed: what cannot be boxed here does not get a command at all, and only the person's waiver makes an open one.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { ForkHelper } from "../helper-process.ts";
import { explainPlan, explainWaived } from "./explain.ts";
import { createHandOvers } from "./hand-over.ts";
import type { Skills } from "./hand-over.ts";
import { boxEnvironment, bwrapArguments, placesToPin, waivedArguments } from "./linux.ts";
import type { LinuxSystem, LinuxTools } from "./linux.ts";
import { findTools, readSystem } from "./linux-machine.ts";
import { macosSystem, seatbeltCommand, seatbeltConfig, seatbeltEnvironment } from "./macos.ts";
import { createDisk } from "./places.ts";
import { checkText, planBox } from "./plan.ts";
import type { BoxPlan, PlanContext } from "./plan.ts";
import { allSkills, explainFailure, installCommand, readMachine, tryBox, tryWithLess } from "./probe.ts";
import type { Trial } from "./probe.ts";
import { createReaper } from "./reaper.ts";
import { findRuntimeFolder, seccompHelper } from "./runtime-folder.ts";
import type { BoxedCommand, BoxRequest, Sandbox, SandboxCapability } from "./sandbox.ts";
import { seccompFilter } from "./seccomp-filter.ts";
import { createSpareSupervisor } from "./spare-supervisor.ts";
import { forkSupervisor } from "./supervisor.ts";
import type { FreshSupervisor, Supervisor, SupervisorRequest } from "./supervisor.ts";
import { accountCommand, accountConfig, windowsSystem } from "./windows.ts";

export interface SandboxDeps {
  readonly fork: ForkHelper;
  /** Our own environment: where programs are found, and the upstream proxy. Servers get nothing of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Our own config, data, log and run folders: never visible in a box, but for the server's state folder and its own program. */
  readonly protectedPaths: readonly string[];
  /** Our folder of installed packages; without one, no program of ours is opened. */
  readonly packagesDir?: string;
  readonly home: string;
  now(): number;
}

/** A failed probe is tried again after this many milliseconds, so that an installed package is noticed without a restart. */
const RETRY_MS = 10_000;

interface LinuxMachine {
  readonly tools: LinuxTools | undefined;
  readonly missing: readonly string[];
  readonly missingForHosts: readonly string[];
  readonly system: LinuxSystem;
}

/** Nothing in it but the system and one folder: for the trial. */
const trialPlan = (argv: readonly string[], folder: string): BoxPlan => ({
  name: "probe",
  argv,
  cwd: "/",
  stateDir: "/",
  env: {},
  layers: [{ path: folder, kind: "read", directory: true, why: "tried" }],
  links: [],
  network: { kind: "none" },
  limits: { memoryMb: 512, processes: 64, openFiles: 256 },
  warnings: [],
});

/** Creates the sandbox of this machine. Nothing runs until the first `probe` or `prepare`. */
export function createSandbox(deps: SandboxDeps): Sandbox {
  const disk = createDisk();
  const supervisors = new Set<Supervisor>();
  const reaper = createReaper(deps);
  let closed = false;
  let probed: { readonly at: number; readonly capability: Promise<SandboxCapability> } | undefined;
  const filter = deps.platform === "linux" ? seccompFilter(process.arch) : undefined;
  const handOvers = filter === undefined ? undefined : createHandOvers(filter);
  /** Found out by the trial. */
  let skills = allSkills;
  let pidNamespace: Promise<boolean> | undefined;
  let hostsWanted = false;

  const findMachine = (): LinuxMachine => {
    const runtime = findRuntimeFolder(import.meta.url);
    const seccomp = runtime === undefined ? undefined : seccompHelper(runtime, process.arch);
    const present = seccomp !== undefined && fs.existsSync(seccomp) ? seccomp : undefined;
    return { ...findTools(deps.env["PATH"] ?? "", present), system: readSystem() };
  };
  const contextOf = (system: readonly string[]): PlanContext => ({
    home: deps.home,
    protectedPaths: deps.protectedPaths,
    packagesDir: deps.packagesDir,
    system,
    disk,
    makesLinks: deps.platform === "linux",
  });
  const systemOf = (): readonly string[] =>
    deps.platform === "linux"
      ? [...readSystem().shown, ...readSystem().links.map((link) => link.at)]
      : deps.platform === "darwin"
        ? macosSystem
        : windowsSystem;

  const probeLinux = async (): Promise<SandboxCapability> => {
    const { tools, missing, missingForHosts, system } = findMachine();
    if (tools === undefined || handOvers === undefined) {
      if (missing.length > 0) {
        const { distributions } = await readMachine();
        return {
          kind: "cannot-box",
          reason: `Missing on this system: ${missing.join(", ")}.`,
          fix: installCommand(missing, distributions),
        };
      }
      return { kind: "cannot-box", reason: `There is no seccomp filter for this machine (${process.arch}).`, fix: null };
    }
    const tryWith = async (those: Skills): Promise<Trial> => {
      const plan = trialPlan([tools.sh, "-c", "exit 0"], path.dirname(fs.realpathSync(tools.seccomp)));
      const handed = handOvers.open(placesToPin(plan), those);
      if (!handed.ok) return { ok: false, stderr: handed.error.message };
      const { told, descriptors } = handed.value;
      const trial = tryBox(bwrapArguments(plan, tools, system, undefined, told), descriptors);
      handed.value.letGo();
      return trial;
    };
    const found = await tryWithLess(tryWith);
    const { trial } = found;
    skills = found.skills;
    if (!trial.ok) return { kind: "cannot-box", ...explainFailure(trial, await readMachine()) };
    if (missingForHosts.length === 0) return { kind: "ready", platform: "linux", hosts: ok(undefined) };
    const { distributions } = await readMachine();
    return {
      kind: "ready",
      platform: "linux",
      hosts: fail(
        "cannot-box",
        `Servers with hosts cannot be boxed; missing on this system: ${missingForHosts.join(", ")}.`,
        installCommand(missingForHosts, distributions),
      ),
    };
  };

  const probeOther = (): SandboxCapability => {
    if (findRuntimeFolder(import.meta.url) === undefined) {
      return {
        kind: "cannot-box",
        reason: "Portcullis' sandbox runtime is missing from this installation.",
        fix: "Install Portcullis again.",
      };
    }
    if (deps.platform === "darwin") {
      return fs.existsSync("/usr/bin/sandbox-exec")
        ? { kind: "ready", platform: "macos", hosts: ok(undefined) }
        : { kind: "cannot-box", reason: "This Mac has no sandbox-exec.", fix: null };
    }
    if (deps.platform === "win32") return { kind: "ready", platform: "windows", hosts: ok(undefined) };
    return { kind: "cannot-box", reason: `There is no sandbox for ${deps.platform}.`, fix: null };
  };

  const probe = async (fresh = false): Promise<SandboxCapability> => {
    const now = deps.now();
    const known = fresh ? undefined : probed;
    if (known !== undefined) {
      const capability = await known.capability;
      const whole = capability.kind === "ready" && capability.hosts.ok;
      if (whole || now - known.at < RETRY_MS) return capability;
    }
    const capability = deps.platform === "linux" ? probeLinux() : Promise.resolve(probeOther());
    probed = { at: now, capability };
    return capability;
  };

  const fork = (): Promise<FreshSupervisor> => {
    const runtimeDir = deps.env["XDG_RUNTIME_DIR"];
    const usable = runtimeDir !== undefined && runtimeDir.length < 60 && fs.existsSync(runtimeDir) ? runtimeDir : os.tmpdir();
    return forkSupervisor({ fork: deps.fork, env: deps.env, runtimeDir: usable }, deps.platform === "linux");
  };
  const spare = createSpareSupervisor(fork);
  const supervise = async (request: SupervisorRequest): Promise<Result<Supervisor>> => {
    const ready = await spare.take()?.start(request);
    // The one that was ready may have been killed meanwhile.
    const started = ready?.ok === true ? ready : await (await fork()).start(request);
    if (!started.ok) return started;
    if (closed) {
      await started.value.close();
      return fail("closing", "Portcullis is closing.");
    }
    supervisors.add(started.value);
    return started;
  };
  const endSupervisor = async (supervisor: Supervisor | undefined): Promise<void> => {
    if (supervisor !== undefined && supervisors.delete(supervisor)) await supervisor.close();
  };

  const endingWithUs = (
    command: Omit<BoxedCommand, "watch" | "descriptors" | "letGo">,
    handed: Pick<BoxedCommand, "descriptors" | "letGo"> = { descriptors: [], letGo() {} },
  ): BoxedCommand => {
    reaper.ready();
    return {
      ...command,
      descriptors: handed.descriptors,
      letGo: () => handed.letGo(),
      close: () => {
        handed.letGo();
        return command.close();
      },
      env: { ...command.env, ...reaper.environment },
      watch: (pid) => (command.diesWithParent ? () => {} : reaper.watch(pid)),
    };
  };

  /** The bubblewrap that gives a waived server a pid namespace, where that can be had; tried once. */
  const findPidNamespace = async (): Promise<string | undefined> => {
    const bwrap = deps.platform === "linux" ? findMachine().tools?.bwrap : undefined;
    if (bwrap === undefined) return undefined;
    pidNamespace ??= tryBox(waivedArguments(bwrap, ["/bin/sh", "-c", "exit 0"], "/")).then((trial) => trial.ok);
    return (await pidNamespace) ? bwrap : undefined;
  };
  const prepareWaived = async (request: BoxRequest): Promise<Result<BoxedCommand>> => {
    const bwrap = await findPidNamespace();
    const argv = bwrap === undefined ? request.argv : waivedArguments(bwrap, request.argv, request.cwd);
    return ok(endingWithUs({ argv, env: request.env, cwd: request.cwd, diesWithParent: bwrap !== undefined, close: async () => {} }));
  };

  const prepareLinux = async (plan: BoxPlan): Promise<Result<BoxedCommand>> => {
    const { tools, system } = findMachine();
    if (tools === undefined || handOvers === undefined) return fail("cannot-box", "bubblewrap is no longer there.");
    const handed = handOvers.open(placesToPin(plan), skills);
    if (!handed.ok) return handed;
    let supervisor: Supervisor | undefined;
    if (plan.network.kind === "hosts") {
      const config = {
        network: { allowedDomains: [...plan.network.allowed], deniedDomains: [], strictAllowlist: true },
        filesystem: noFiles(),
      };
      const started = await supervise({ config, forwards: plan.network.forwards, command: null });
      if (!started.ok) {
        handed.value.letGo();
        return started;
      }
      supervisor = started.value;
    }
    const network = supervisor?.folder === undefined ? undefined : { folder: supervisor.folder };
    return ok(
      endingWithUs(
        {
          argv: bwrapArguments(plan, tools, system, network, handed.value.told),
          env: boxEnvironment(plan, supervisor?.token),
          cwd: "/",
          diesWithParent: true,
          close: () => endSupervisor(supervisor),
        },
        handed.value,
      ),
    );
  };

  const prepareWrapped = async (plan: BoxPlan): Promise<Result<BoxedCommand>> => {
    const windows = deps.platform === "win32";
    const config = windows ? accountConfig(plan) : ok(seatbeltConfig(plan));
    if (!config.ok) return config;
    const command = windows ? accountCommand(plan) : ok(seatbeltCommand(plan));
    if (!command.ok) return command;
    if (!windows) fs.mkdirSync(path.join(plan.stateDir, "tmp"), { recursive: true, mode: 0o700 });
    const started = await supervise({ config: config.value, forwards: null, command: command.value });
    if (!started.ok) return started;
    const { wrapped } = started.value;
    if (wrapped === undefined) {
      await endSupervisor(started.value);
      return fail("cannot-box", "The sandbox's supervisor gave no command.");
    }
    return ok(
      endingWithUs({
        argv: wrapped.argv,
        env: windows ? wrapped.env : seatbeltEnvironment(plan),
        cwd: plan.cwd,
        diesWithParent: windows,
        close: () => endSupervisor(started.value),
      }),
    );
  };

  return {
    outside: {
      mark() {
        reaper.ready();
        return reaper.environment;
      },
      watch: (group) => reaper.watch(group),
    },
    probe,
    async getReady(wanted) {
      if (closed || deps.platform !== "linux") return;
      // What is asked last counts, whatever comes to an end first.
      hostsWanted = wanted.hosts;
      reaper.ready();
      if (wanted.waived) await findPidNamespace();
      const capability = await probe();
      spare.keep(!closed && hostsWanted && capability.kind === "ready" && capability.hosts.ok);
    },
    async prepare(request) {
      if (closed) return fail("closing", "Portcullis is closing.");
      const text = checkText(request);
      if (!text.ok) return text;
      if (request.waived) return prepareWaived(request);
      const capability = await probe();
      if (capability.kind === "cannot-box") return fail("cannot-box", capability.reason, capability.fix ?? undefined);
      if (request.hosts.length > 0 && !capability.hosts.ok) return capability.hosts;
      fs.mkdirSync(request.stateDir, { recursive: true, mode: 0o700 });
      const plan = planBox(request, contextOf(systemOf()));
      if (!plan.ok) return plan;
      return deps.platform === "linux" ? prepareLinux(plan.value) : prepareWrapped(plan.value);
    },
    explain(request) {
      if (request.waived) return explainWaived(request.argv, request.cwd);
      const system = systemOf();
      const plan = planBox(request, contextOf(system));
      if (!plan.ok) return [plan.error.message, ...(plan.error.hint === undefined ? [] : [plan.error.hint])];
      return explainPlan(plan.value, system, { platform: deps.platform, root: process.geteuid?.() === 0, sizes: skills.sizes });
    },
    async close() {
      closed = true;
      await Promise.all([spare.close(), ...[...supervisors].map(endSupervisor)]);
      reaper.close();
      handOvers?.close();
    },
  };
}

/** On Linux the box is ours; sandbox-runtime only keeps the network. */
function noFiles(): { denyRead: string[]; allowWrite: string[]; denyWrite: string[] } {
  return { denyRead: [], allowWrite: [], denyWrite: [] };
}
