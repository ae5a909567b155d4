import { access, constants, lstat } from "node:fs/promises";
import path from "node:path";
import type { Result } from "../../shared/errors.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";
import type { Check } from "../../shared/model/snapshot.ts";
import { runProgram } from "../run-program.ts";
import type { Paths } from "../settings/paths.ts";
import { inFull, mendSettings } from "./broken-settings.ts";
import { folderTrouble, quoted } from "./disk-trouble.ts";

/** What can be asked of this machine. Each question has its own deadline and never rejects. */
export interface DoctorDeps {
  readonly platform: NodeJS.Platform;
  readonly paths: Paths;
  /** Where programs are looked for. */
  readonly searchPath: string;
  /** Whether servers can be boxed, really tried. */
  sandbox(): Promise<
    | { readonly kind: "ready"; readonly hosts: Result<void> }
    | { readonly kind: "cannot-box"; readonly reason: string; readonly fix: string | null }
  >;
  vault(): Promise<VaultStatus>;
  settingsProblem(): string | null;
  journalFault(): string | null;
}

/** What works here and what is missing, each with the one command to get it. */
export async function runDoctor(deps: DoctorDeps): Promise<Check[]> {
  const manager = await packageManager(deps);
  const checks = await Promise.all([
    checkSandbox(deps),
    checkVault(deps, manager),
    checkFolders(deps),
    checkProgram(deps, "node", "Node.js", "servers that are npm packages run on it", manager("nodejs")),
    checkProgram(deps, "npm", "npm", "installs servers that are npm packages", manager("npm")),
    checkProgram(deps, "uv", "uv", "installs servers that are Python packages (uvx)", uvFix(deps.platform)),
  ]);
  const settings = deps.settingsProblem();
  const files: Check[] = [
    fileCheck("settings", "Settings", settings === null ? null : inFull(settings, deps.paths), "config.json is in order", mendSettings),
    fileCheck("journal", "Journal", deps.journalFault(), "can be written", "portcullis journal verify"),
  ];
  return [...checks.flat(), ...files];
}

async function checkSandbox(deps: DoctorDeps): Promise<Check[]> {
  const found = await deps.sandbox();
  if (found.kind === "cannot-box") {
    return [{ id: "sandbox", status: "missing", title: "Sandbox", detail: found.reason, fix: found.fix }];
  }
  const boxed: Check = { id: "sandbox", status: "ok", title: "Sandbox", detail: "servers can be boxed", fix: null };
  const { hosts } = found;
  const network: Check = hosts.ok
    ? { id: "sandbox-hosts", status: "ok", title: "Sandbox with hosts", detail: "servers can be held to named hosts", fix: null }
    : { id: "sandbox-hosts", status: "missing", title: "Sandbox with hosts", detail: hosts.error.message, fix: hosts.error.hint ?? null };
  return [boxed, network];
}

async function checkVault(deps: DoctorDeps, manager: PackageCommand): Promise<Check> {
  const status = await deps.vault();
  const title = status.store === "keychain" ? "Keychain" : "Encrypted file";
  if (status.kind === "ready") return { id: "vault", status: "ok", title, detail: "secrets can be stored and lent", fix: null };
  if (status.kind === "locked") {
    return {
      id: "vault",
      status: "warning",
      title,
      detail: "is locked; servers with secrets do not start",
      fix: "portcullis vault unlock",
    };
  }
  // Without a session bus a keyring is no help, however often it is installed.
  const keyring = deps.platform === "linux" && status.store === "keychain" && !/no D-Bus session/.test(status.reason);
  const fix = keyring ? manager("gnome-keyring") : null;
  const file = "portcullis vault use file";
  return {
    id: "vault",
    status: "missing",
    title,
    detail: status.reason,
    fix: fix === null ? file : `${fix} (or, without a desktop: ${file})`,
  };
}

/** Our folders hold the token and the journal: we must get in, and others must not. */
async function checkFolders(deps: DoctorDeps): Promise<Check[]> {
  const title = "Folders";
  const trouble = folderTrouble(deps.paths);
  if (trouble !== null) return [{ id: "folders", status: "missing", title, detail: trouble.message, fix: trouble.hint ?? null }];
  if (deps.platform === "win32") return [];
  const wrong: string[] = [];
  for (const folder of [deps.paths.config, deps.paths.data, deps.paths.run]) {
    try {
      if (((await lstat(folder)).mode & 0o077) !== 0) wrong.push(folder);
    } catch {
      // Not there yet: it is made with the right mode when it is needed.
    }
  }
  if (wrong.length === 0) return [{ id: "folders", status: "ok", title, detail: "closed to other users", fix: null }];
  const fix = `chmod 700 ${wrong.map(quoted).join(" ")}`;
  return [{ id: "folders", status: "warning", title, detail: `open to other users: ${wrong.join(", ")}`, fix }];
}

async function checkProgram(deps: DoctorDeps, name: string, title: string, use: string, fix: string | null): Promise<Check> {
  const file = await findProgram(name, deps.searchPath, deps.platform);
  if (file === null) return { id: name, status: "warning", title, detail: `not found; ${use}`, fix };
  const version = deps.platform === "win32" ? null : await versionOf(file, deps.searchPath);
  return { id: name, status: "ok", title, detail: `${version === null ? "" : `${version}, `}${file}`, fix: null };
}

async function findProgram(name: string, searchPath: string, platform: NodeJS.Platform): Promise<string | null> {
  const names = platform === "win32" ? [`${name}.exe`, `${name}.cmd`] : [name];
  for (const folder of searchPath.split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    for (const candidate of names) {
      const file = path.join(folder, candidate);
      if (await isRunnable(file)) return file;
    }
  }
  return null;
}

async function isRunnable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What `--version` prints, first line; null where it prints nothing in 5 s. */
async function versionOf(file: string, searchPath: string): Promise<string | null> {
  const { stdout, problem } = await runProgram(file, ["--version"], { timeoutMs: 5_000, env: { PATH: searchPath }, maxBytes: 65_536 });
  const line = stdout.split("\n", 1)[0]?.trim() ?? "";
  return problem !== null || line === "" ? null : line.slice(0, 80);
}

function fileCheck(id: string, title: string, problem: string | null, fine: string, fix: string | null): Check {
  if (problem === null) return { id, status: "ok", title, detail: fine, fix: null };
  return { id, status: "missing", title, detail: problem, fix };
}

type PackageCommand = (name: string) => string | null;

/** The one command that installs a package here; null where we do not know the system. */
async function packageManager(deps: DoctorDeps): Promise<PackageCommand> {
  if (deps.platform === "darwin") return (name) => `brew install ${name === "nodejs" || name === "npm" ? "node" : name}`;
  if (deps.platform === "win32") return (name) => (name === "nodejs" || name === "npm" ? "winget install OpenJS.NodeJS.LTS" : null);
  const managers = [
    ["apt-get", "sudo apt-get install -y"],
    ["dnf", "sudo dnf install -y"],
    ["pacman", "sudo pacman -S --noconfirm"],
  ] as const;
  for (const [program, command] of managers) {
    if ((await findProgram(program, deps.searchPath, deps.platform)) !== null) return (name) => `${command} ${name}`;
  }
  return () => null;
}

function uvFix(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "brew install uv";
  if (platform === "win32") return "winget install astral-sh.uv";
  return "pipx install uv";
}
