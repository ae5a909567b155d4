import { createHmac, randomBytes } from "node:crypto";
import type { ConfigFile, Exposure, MigrationStep, Scan } from "../../shared/model/migration.ts";
import type { ClientDefinition, Machine } from "./clients/client-definition.ts";
import { createConfigReader } from "./config-reader.ts";
import type { Detected, EntryText } from "./detect/detect.ts";
import { copyExposures, gitExposures, readableByOthers, syncedExposure } from "./exposures.ts";
import { expandPatterns, findCopies, leftBeside, shellHistories } from "./exposure-copies.ts";
import type { OpenDocument } from "./formats/document.ts";
import { gitStanding, type GitDeps } from "./git-standing.ts";
import type { RunningPrograms } from "./running.ts";
import { scanFile, shownEntry, type ScannedFile, type ScannedSecret } from "./scan-file.ts";
import { findPlaces } from "./scan-places.ts";

// Looks at every known client's files. Reading only: nothing is executed but git (on an empty repository of our own), nothing is expanded,
// fetched or written, and no value leaves this process (threats 4, 26, 32).

/** Git's share of a scan, for one file and for all: after that it says that it was not found out. */
const gitDeadlineMs = 5_000;
const mostGitMs = 30_000;

export interface ScanDeps {
  readonly clients: readonly ClientDefinition[];
  readonly machine: Machine;
  readonly openDocument: OpenDocument;
  readonly detectSecrets: (entry: EntryText) => readonly Detected[];
  readonly git: GitDeps;
  readonly running: RunningPrograms;
  readonly now: () => number;
}

export interface ScanOutcome {
  /** For the UI and the command line: without values. */
  readonly scan: Scan;
  /** For the plan; stays in this process. */
  readonly files: readonly ScannedFile[];
  readonly secrets: readonly ScannedSecret[];
}

/** Scans; `folders` are projects that the person named. A file that cannot be read is part of the outcome, with its reason. */
export async function scanClients(deps: ScanDeps, folders: readonly string[], onStep: (step: MigrationStep) => void): Promise<ScanOutcome> {
  const at = deps.now();
  onStep({ kind: "scan", done: 0, total: 0, text: "Looking for clients" });
  const reader = createConfigReader(deps.openDocument);
  const candidates = await findPlaces(deps.clients, deps.machine, folders, reader);
  const key = randomBytes(32);
  const keyedHash = (value: string): string => createHmac("sha256", key).update(value).digest("hex").slice(0, 24);

  const files: ScannedFile[] = [];
  const present = new Set<string>();
  const seen = new Set<string>();
  const owners = new Map<string, string>();
  for (const [done, candidate] of candidates.entries()) {
    onStep({ kind: "scan", done, total: candidates.length, text: `Reading ${candidate.client.name}` });
    const scanned = await scanFile(candidate, { reader, detectSecrets: deps.detectSecrets, keyedHash });
    const owner = owners.get(candidate.place.path) ?? candidate.client.id;
    owners.set(candidate.place.path, owner);
    if (scanned.kind === "absent") continue;
    if (scanned.kind === "nothing") {
      // Its own settings say that it is here, without servers; those of the editor that it would be an extension of do not.
      if (owner === candidate.client.id && candidate.place.scope !== "project") present.add(owner);
      continue;
    }
    // One list that two names or two clients lead to is one list.
    const where = JSON.stringify([scanned.file.content?.bytes.realPath ?? candidate.place.path, candidate.place.at]);
    if (seen.has(where)) continue;
    seen.add(where);
    present.add(candidate.client.id);
    files.push(scanned.file);
  }

  const secrets = withOneName(files.flatMap((file) => file.secrets));
  const values = [...new Set(secrets.map(({ detected }) => detected.value))];
  const look = createExposureLook(deps, files);
  const shown: ConfigFile[] = [];
  for (const [done, file] of files.entries()) {
    onStep({ kind: "scan", done, total: files.length, text: `Looking for copies of what is in ${file.candidate.place.path}` });
    const { client, place } = file.candidate;
    shown.push({
      id: file.id,
      client: client.id,
      clientName: client.name,
      path: place.path,
      scope: place.scope,
      project: place.project,
      format: place.format,
      status: file.status,
      entries: file.entries.map((entry) => shownEntry(file, entry, values, deps.machine)),
      exposures: [...(await look(file))],
      running: deps.running(client.processes),
      restart: client.restart,
    });
  }
  onStep({ kind: "scan", done: files.length, total: files.length, text: "Done" });
  const absent = deps.clients.filter(({ id }) => !present.has(id)).map(({ name }) => name);
  return { scan: { at, files: shown, secrets: secrets.map(({ found }) => found), absent }, files, secrets };
}

/** A value that stands in several places is one secret and gets the first place's name. */
function withOneName(secrets: readonly ScannedSecret[]): readonly ScannedSecret[] {
  const names = new Map<string, string>();
  return secrets.map((secret) => {
    const name = names.get(secret.found.sameAs) ?? secret.found.name;
    names.set(secret.found.sameAs, name);
    return name === secret.found.name ? secret : { ...secret, found: { ...secret.found, name } };
  });
}

/** What makes the plaintext in one file worse. Only for files with secrets in them; what is dear is found once. */
function createExposureLook(deps: ScanDeps, files: readonly ScannedFile[]): (file: ScannedFile) => Promise<readonly Exposure[]> {
  const { machine } = deps;
  const ofPath = new Map<string, Promise<readonly Exposure[]>>();
  let gitMs = mostGitMs;
  const configs = new Set(files.flatMap((file) => [file.candidate.place.path, file.content?.bytes.realPath ?? ""]));

  const lookAt = async (realPath: string, mode: number, path: string, values: readonly string[]): Promise<readonly Exposure[]> => {
    const others = await readableByOthers(realPath, mode);
    const cloud = syncedExposure(path, realPath);
    const begun = performance.now();
    const standing = await gitStanding(realPath, values, {
      ...deps.git,
      deadlineMs: Math.min(gitMs, deps.git.deadlineMs ?? gitDeadlineMs),
    });
    gitMs -= Math.min(gitMs, performance.now() - begun);
    const histories = await findCopies(shellHistories(machine), values);
    return [
      ...gitExposures(standing),
      ...(cloud === null ? [] : [cloud]),
      ...(others === null ? [] : [others]),
      ...copyExposures("shell-history", histories),
    ];
  };

  return async (file) => {
    if (file.content === null || file.secrets.length === 0) return [];
    const { realPath, mode } = file.content.bytes;
    const path = file.candidate.place.path;
    const inFile = files.filter((other) => other.content?.bytes.realPath === realPath).flatMap((other) => other.secrets);
    const values = [...new Set(inFile.filter(({ found }) => found.class !== "unlikely").map(({ detected }) => detected.value))];
    if (values.length === 0) return [];
    const known = ofPath.get(realPath) ?? lookAt(realPath, mode, path, values);
    ofPath.set(realPath, known);
    const patterns = await expandPatterns(machine, file.candidate.client.copies(machine));
    const copies = [...new Set([...patterns, ...(await leftBeside(machine, path)), ...(await leftBeside(machine, realPath))])];
    const found = await findCopies(
      copies.filter((copy) => !configs.has(copy)),
      values,
    );
    return [...(await known), ...copyExposures("backup", found)];
  };
}
