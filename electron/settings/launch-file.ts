import { readFileSync } from "node:fs";
import path from "node:path";
import type { Paths } from "./paths.ts";

/**
 * How to start this app again, and where it listens: written by the app at its start, read by a bridge that a client launched with
 * a bare environment (many clients pass on HOME and PATH only, so XDG_RUNTIME_DIR and DISPLAY are missing there).
 * Only node: built-ins are imported, and no more than a bridge needs at its start: it is one small file.
 */
export interface LaunchRecord {
  /** Absolute path of the program to start. */
  readonly command: string;
  readonly args: readonly string[];
  /** The run folder of the app that wrote this. */
  readonly run: string;
  /** What a desktop program or a keychain needs and a client's environment may lack. */
  readonly env: Readonly<Record<string, string>>;
}

const sessionNames = [
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "XDG_RUNTIME_DIR",
  "XDG_SESSION_TYPE",
  "XDG_CURRENT_DESKTOP",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_STATE_HOME",
  "DBUS_SESSION_BUS_ADDRESS",
  "PORTCULLIS_HOME",
  "LANG",
] as const;

export function launchFilePath(paths: Paths): string {
  return path.join(paths.data, "launch.json");
}

/** Replaces the file atomically, mode 0600. Rejects when the data folder cannot be written. */
export async function writeLaunchFile(
  paths: Paths,
  relaunch: { readonly command: string; readonly args: readonly string[] },
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const kept: Record<string, string> = {};
  for (const name of sessionNames) {
    const value = env[name];
    if (value !== undefined && value !== "") kept[name] = value;
  }
  const record: LaunchRecord = { command: relaunch.command, args: relaunch.args, run: paths.run, env: kept };
  const { mkdir, rename, rm, writeFile } = await import("node:fs/promises");
  const file = launchFilePath(paths);
  const draft = `${file}.${String(process.pid)}.new`;
  await mkdir(paths.data, { recursive: true, mode: 0o700 });
  try {
    await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** The record, or null where there is none or it is not one. */
export function readLaunchFile(paths: Paths): LaunchRecord | null {
  try {
    return parseLaunchRecord(JSON.parse(readFileSync(launchFilePath(paths), "utf8")));
  } catch {
    return null;
  }
}

function parseLaunchRecord(value: unknown): LaunchRecord | null {
  if (!isObject(value)) return null;
  const { command, args, run, env } = value;
  if (typeof command !== "string" || !path.isAbsolute(command)) return null;
  if (!Array.isArray(args) || !args.every((item): item is string => typeof item === "string")) return null;
  if (typeof run !== "string" || !path.isAbsolute(run) || !isObject(env)) return null;
  const known: Record<string, string> = {};
  for (const name of sessionNames) {
    const item = env[name];
    if (typeof item === "string") known[name] = item;
  }
  return { command, args, run, env: known };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
