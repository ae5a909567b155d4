// What a box looks like, decided once for every platform: what is open, what stays closed inside of that, which network, which limits.
// Only this file decides; linux.ts, macos.ts and windows.ts put the same plan into their system's words. Nothing is open by default.
import path from "node:path";
import { limitBounds } from "../../shared/model/limits.ts";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { allowedDomains, parseHosts, planForwards } from "./hosts.ts";
import type { Forward, HostRule } from "./hosts.ts";
import { linksInBox } from "./links.ts";
import type { BoxLink } from "./links.ts";
import { isWithin, resolvePlace } from "./places.ts";
import type { Disk, Place } from "./places.ts";
import { credentialPlaces, machineSecrets, obeyedInHome, obeyedInProject } from "./private-places.ts";
import type { BoxRequest } from "./sandbox.ts";

/**
 * One place in the box. Later ones lie over earlier ones, so that a deeper place decides over the folder it is in. `held` opens nothing: it is
 * as writable as the folder it lies in, but cannot be moved or replaced.
 */
export interface Layer {
  readonly path: string;
  readonly kind: "read" | "write" | "closed" | "frozen" | "held";
  readonly directory: boolean;
  readonly why: string;
}

export interface BoxPlan {
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Outer places before inner ones. */
  readonly layers: readonly Layer[];
  /** Names by which what is open is found, too (Linux). */
  readonly links: readonly BoxLink[];
  readonly network:
    | { readonly kind: "none" }
    | {
        readonly kind: "hosts";
        readonly rules: readonly HostRule[];
        readonly allowed: readonly string[];
        readonly forwards: readonly Forward[];
      };
  readonly limits: { readonly memoryMb: number; readonly processes: number; readonly openFiles: number };
  /** In words, for the person: what is opened more widely than usual. */
  readonly warnings: readonly string[];
}

export interface PlanContext {
  readonly home: string;
  /** Our own config, data, log and run folders. */
  readonly protectedPaths: readonly string[];
  /** The one folder of ours that programs are run from: what is installed in it may be read by the server it is for. */
  readonly packagesDir: string | undefined;
  /** What every box can read anyway: a program in there needs no opening. */
  readonly system: readonly string[];
  readonly disk: Disk;
  /** Whether links can be made in a box: where it has a root of its own. */
  readonly makesLinks: boolean;
}

const DEFAULT_LIMITS = {
  memoryMb: limitBounds.memoryMb.usual,
  processes: limitBounds.processes.usual,
  openFiles: limitBounds.openFiles.usual,
};

function depth(place: string): number {
  return place.split(path.sep).filter((part) => part !== "").length;
}

/** Whether the system can be given its texts at all. */
export function checkText(request: BoxRequest): Result<void> {
  if (request.argv.length === 0) return fail("bad-input", "There is no command to run.");
  const texts = [...request.argv, request.cwd, request.stateDir, ...Object.values(request.env)];
  if (texts.some((text) => text.includes("\0"))) return fail("bad-input", "A command, folder or environment value holds a NUL character.");
  const name = Object.keys(request.env).find((key) => !/^[^=\0]+$/.test(key));
  if (name !== undefined) return fail("bad-input", `“${name}” cannot be the name of an environment variable.`);
  return ok(undefined);
}

interface Closed {
  readonly literal: string;
  readonly real: string;
}

/** Our own places, and those of the credential places that are there. */
function findClosed(context: PlanContext): { ours: readonly Closed[]; credentials: readonly Closed[] } {
  const { disk } = context;
  const tops = new Map<string, boolean>();
  // Most of them are in a few folders that most machines do not have (AppData, .var, snap): one look for each of those.
  const mayBeThere = (name: string): boolean => {
    const [top = ""] = name.split("/", 1);
    const known = tops.get(top) ?? disk.real(path.join(context.home, top)) !== undefined;
    tops.set(top, known);
    return known;
  };
  const inHome = credentialPlaces.filter(mayBeThere).map((name) => path.join(context.home, ...name.split("/")));
  return {
    ours: context.protectedPaths.map((literal) => ({ literal, real: disk.real(literal) ?? literal })),
    credentials: [...inHome, ...machineSecrets].flatMap((literal) => {
      const real = disk.real(literal);
      return real === undefined ? [] : [{ literal, real }];
    }),
  };
}

/** `/proc` and `/dev` are the box's own; `/tmp` is private, though a folder inside it may be opened. */
const ownPlaces: readonly string[] = ["/proc", "/dev"];
const whole = (place: string): boolean => path.dirname(place) === place;

function checkPlace(
  place: Place,
  access: "read" | "write",
  context: PlanContext,
  closed: ReturnType<typeof findClosed>,
  stateDir: string,
): Result<void> {
  const leads = place.literal === place.real ? "" : ` (it leads to ${place.real})`;
  if (closed.ours.some((own) => isWithin(place.real, own.real)) && !isWithin(place.real, stateDir)) {
    return fail("not-allowed", `“${place.asked}”${leads} belongs to Portcullis and is never opened to a server.`);
  }
  if (ownPlaces.some((own) => isWithin(place.real, own)) || place.real === "/tmp") {
    return fail(
      "bad-input",
      `“${place.asked}”${leads} cannot be opened: every box has its own.`,
      place.real === "/tmp" ? "Name the folder inside it that the server needs." : "Take it out of the server's sandbox settings.",
    );
  }
  const secret = closed.credentials.find((entry) => isWithin(place.real, entry.real));
  if (secret !== undefined && !isWithin(place.literal, secret.literal) && !isWithin(place.literal, secret.real)) {
    return fail(
      "not-allowed",
      `“${place.asked}” leads into ${secret.literal}, where keys or tokens are kept.`,
      `If the server really needs it, name ${place.real} itself.`,
    );
  }
  if (whole(place.real) && access === "write") {
    return fail("bad-input", `“${place.asked}” would make the whole disk writable.`, "Name the folders that it needs.");
  }
  const realHome = context.disk.real(context.home) ?? context.home;
  const wide = whole(place.real) || (isWithin(realHome, place.real) && place.real !== realHome);
  if ((wide || place.real === realHome) && place.literal !== place.real && place.literal !== path.resolve(context.home)) {
    return fail("not-allowed", `“${place.asked}” is a link to ${place.real}.`, `To open all of ${place.real}, name it itself.`);
  }
  return ok(undefined);
}

/**
 * The folders between each place and the writable one around it. A place of its own cannot be renamed, but the folder that it is in could be,
 * and another one made in its stead, with whatever in it.
 */
function foldersToHold(layers: ReadonlyMap<string, Layer>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const layer of layers.keys()) {
    const between: string[] = [];
    let around = path.dirname(layer);
    while (!layers.has(around) && !whole(around)) {
      between.push(around);
      around = path.dirname(around);
    }
    if (layers.get(around)?.kind === "write") for (const folder of between) folders.add(folder);
  }
  return folders;
}

/**
 * A program's folder is found by looking at the disk, some of which a server can write to: it is never wide and never a place of secrets,
 * unless the person named that place itself.
 */
function checkProgram(
  place: Place,
  context: PlanContext,
  closed: ReturnType<typeof findClosed>,
  stateDir: string,
  named: ReadonlySet<string>,
): Result<void> {
  const { real } = place;
  const refuse = (why: string): Result<void> =>
    fail(
      "not-allowed",
      `“${place.asked}”${place.literal === real ? "" : ` (it leads to ${real})`} is not opened as a part of the server's program: ${why}`,
      "Keep the program in a folder of its own, or open what it needs in the server's sandbox settings.",
    );
  const packages = context.packagesDir === undefined ? undefined : (context.disk.real(context.packagesDir) ?? context.packagesDir);
  // A package that is being installed lies beside the others, with the registry's tokens; only its installer has it for its own folder.
  const installed = packages !== undefined && isWithin(real, packages) && /^[^.]/u.test(path.relative(packages, real));
  if (closed.ours.some((own) => isWithin(real, own.real)) && !installed && !isWithin(real, stateDir)) {
    return refuse("it belongs to Portcullis.");
  }
  if (ownPlaces.some((own) => isWithin(real, own)) || real === "/tmp") return refuse("every box has its own.");
  if (isWithin(context.disk.real(context.home) ?? context.home, real)) return refuse("that is your home folder, or has it in it.");
  const secret = closed.credentials.find((entry) => isWithin(real, entry.real));
  if (secret !== undefined && ![...named].some((open) => isWithin(real, open) && isWithin(open, secret.real))) {
    return refuse(`keys or tokens are kept in ${secret.literal}.`);
  }
  return ok(undefined);
}

function describe(place: Place): string {
  return place.literal === place.real ? "named in the server's settings" : `named in the server's settings as ${place.asked}`;
}

/**
 * The plan for a request, or why there cannot be one. Looks at the disk (links are followed, a missing folder is an error), changes
 * nothing. Two openings of one place: writing includes reading.
 */
export function planBox(request: BoxRequest, context: PlanContext): Result<BoxPlan> {
  const text = checkText(request);
  if (!text.ok) return text;
  const rules = parseHosts(request.hosts);
  if (!rules.ok) return rules;
  const { disk } = context;
  const stateDir = disk.real(request.stateDir) ?? path.normalize(request.stateDir);
  const closed = findClosed(context);
  const open = new Map<string, Layer>();
  /** What the person named: only that opens a place where keys are kept. */
  const named = new Set<string>();
  const warnings: string[] = [];
  const literals: string[] = [];
  const add = (real: string, kind: "read" | "write", why: string): void => {
    const before = open.get(real);
    if (before === undefined || (before.kind === "read" && kind === "write"))
      open.set(real, { path: real, kind, directory: disk.isDirectory(real), why });
  };

  for (const access of ["read", "write"] as const) {
    for (const asked of request[access]) {
      const place = resolvePlace(asked, context.home, disk);
      if (!place.ok) return place;
      const allowed = checkPlace(place.value, access, context, closed, stateDir);
      if (!allowed.ok) return allowed;
      add(place.value.real, access, describe(place.value));
      literals.push(place.value.literal);
      named.add(place.value.real);
      if (whole(place.value.real)) warnings.push("It may read the whole disk, except for keys, tokens and Portcullis' own folders.");
      else if (isWithin(disk.real(context.home) ?? context.home, place.value.real)) {
        warnings.push(
          `It may ${access === "read" ? "read" : "read and write"} all of ${place.value.real}, except for keys, tokens and Portcullis' own folders.`,
        );
      } else if (closed.credentials.some((entry) => isWithin(place.value.real, entry.real))) {
        warnings.push(`It may ${access} ${place.value.real}, where keys or tokens are kept.`);
      }
    }
  }
  for (const program of request.programs) {
    const place = resolvePlace(program, context.home, disk);
    if (!place.ok) return fail("cannot-start", `The program's folder “${program}” does not exist.`, "Install the server again.");
    const allowed = checkProgram(place.value, context, closed, stateDir, named);
    if (!allowed.ok) return allowed;
    add(place.value.real, "read", "the server's own program");
    literals.push(place.value.literal);
  }

  const [command = "", ...args] = request.argv;
  const executable = path.isAbsolute(command) ? disk.real(command) : undefined;
  if (executable === undefined) return fail("cannot-start", `The program “${command}” does not exist.`);
  // A box's own /tmp lies over whatever opens the folder above it.
  const isOpen = (place: string): boolean =>
    context.system.some((folder) => isWithin(place, folder)) ||
    [...open.values()].some((layer) => isWithin(place, layer.path) && (!isWithin(place, "/tmp") || isWithin(layer.path, "/tmp")));
  if (!isOpen(executable)) {
    const allowed = checkProgram({ asked: command, literal: command, real: executable }, context, closed, stateDir, named);
    if (!allowed.ok) return allowed;
    add(executable, "read", "the program that is started");
  }
  add(stateDir, "write", "its own folder, kept between starts; HOME in the box");

  const layers: Layer[] = [...open.values()];
  const inOpened = (place: string): boolean => layers.some((layer) => isWithin(place, layer.path) && layer.path !== place);
  const inWritable = (place: string): boolean =>
    layers.some((layer) => layer.kind === "write" && isWithin(place, layer.path) && layer.path !== place);
  const shut = [
    ...closed.ours.map((entry) => ({ ...entry, why: "Portcullis' own" })),
    ...closed.credentials.map((entry) => ({ ...entry, why: "keys, tokens or private data" })),
  ].flatMap((entry) =>
    (inOpened(entry.real) || open.has(entry.real)) && !named.has(entry.real) && disk.real(entry.real) !== undefined
      ? [{ path: entry.real, kind: "closed" as const, directory: disk.isDirectory(entry.real), why: entry.why }]
      : [],
  );
  const writeRoots = layers
    .filter((layer) => layer.kind === "write" && layer.path !== stateDir && layer.directory)
    .map((layer) => layer.path);
  const obeyed = [
    ...(writeRoots.length === 0 ? [] : obeyedInHome).map((name) => path.join(context.home, ...name.split("/"))),
    ...writeRoots.flatMap((root) => obeyedInProject.map((name) => path.join(root, ...name.split("/")))),
  ].flatMap((literal) => {
    const real = disk.real(literal);
    return real !== undefined && inWritable(real) && !named.has(real)
      ? [{ path: real, kind: "frozen" as const, directory: disk.isDirectory(real), why: "other programs run or obey it" }]
      : [];
  });
  const all = new Map<string, Layer>();
  for (const layer of [...layers, ...obeyed, ...shut]) all.set(layer.path, layer);
  for (const folder of foldersToHold(all))
    all.set(folder, { path: folder, kind: "held", directory: true, why: "a place in it is opened or closed on its own" });
  const sorted = [...all.values()].sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
  const links = linksInBox([...literals, command], sorted, context.system, disk, context.makesLinks);

  const cwd = disk.real(request.cwd);
  const cwdOpen =
    cwd !== undefined &&
    disk.isDirectory(cwd) &&
    isOpen(cwd) &&
    !shut.some((layer) => isWithin(cwd, layer.path) && !isWithin(cwd, stateDir));
  if (!cwdOpen) warnings.push(`It starts in its own folder, because ${request.cwd} is not open to it.`);
  return ok({
    name: request.name,
    argv: [links.isReachable(command) ? command : executable, ...args],
    cwd: cwdOpen ? cwd : stateDir,
    stateDir,
    env: { ...request.env, HOME: stateDir },
    layers: sorted,
    links: links.made,
    network:
      rules.value.length === 0
        ? { kind: "none" }
        : { kind: "hosts", rules: rules.value, allowed: allowedDomains(rules.value), forwards: planForwards(rules.value) },
    limits: {
      memoryMb: request.limits.memoryMb ?? DEFAULT_LIMITS.memoryMb,
      processes: request.limits.processes ?? DEFAULT_LIMITS.processes,
      openFiles: request.limits.openFiles ?? DEFAULT_LIMITS.openFiles,
    },
    warnings,
  });
}
