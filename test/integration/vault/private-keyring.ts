import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

// A real gnome-keyring on a D-Bus session bus of its own, so that a test may lock, stop and kill it without touching any other. The
// bus activates nothing: when the daemon is gone, it stays gone.

const programs = { bus: "dbus-daemon", ask: "dbus-send", keyring: "gnome-keyring-daemon" };

/** For what is synced at each change: on the disk that takes seconds while other tests install packages. */
export const memory = fs.existsSync("/dev/shm") ? "/dev/shm" : "/tmp";

/** For all tests but those of the deadlines: a machine that is busy with other tests may take longer than a person would be asked to wait. */
export const patientDeadlines = { get: 60_000, put: 100_000 };

/** Why there can be no private keyring here, or null. */
export function keyringMissing(): string | null {
  if (process.platform !== "linux") return "the Secret Service is Linux's keychain";
  const folders = (process.env["PATH"] ?? "").split(":");
  const missing = Object.values(programs).filter((program) => !folders.some((folder) => fs.existsSync(path.join(folder, program))));
  return missing.length === 0 ? null : `not installed: ${missing.join(", ")}`;
}

export interface PrivateKeyring {
  /** The environment of a program on that bus. */
  readonly env: Readonly<Record<string, string>>;
  lock(): Promise<void>;
  /** Starts the daemon anew with its passphrase (or without, `locked`). */
  restart(locked?: "locked"): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  kill(): Promise<void>;
  close(): Promise<void>;
}

const busConfig = (socket: string): string => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
`;

export async function startPrivateKeyring(): Promise<PrivateKeyring> {
  // A short path whatever TMPDIR says: sockets stand in it, and their paths hold about 100 bytes.
  const folder = fs.mkdtempSync(path.join(memory, "portcullis-keyring-"));
  const socket = path.join(folder, "bus");
  fs.writeFileSync(path.join(folder, "bus.conf"), busConfig(socket));
  const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}`, HOME: folder, PATH: process.env["PATH"] ?? "" };
  const bus = spawn(programs.bus, [`--config-file=${path.join(folder, "bus.conf")}`, "--nofork", "--nopidfile"], { env, stdio: "ignore" });
  let daemon: ChildProcess | undefined;

  const startDaemon = async (locked: boolean): Promise<void> => {
    // One of its own each time: a daemon that was killed leaves its socket behind.
    const control = fs.mkdtempSync(path.join(folder, "c-"));
    const args = ["--foreground", "--components=secrets", `--control-directory=${control}`, ...(locked ? [] : ["--unlock"])];
    const started = spawn(programs.keyring, args, {
      env: { ...env, XDG_DATA_HOME: path.join(folder, "data") },
      stdio: ["pipe", "ignore", "ignore"],
    });
    started.stdin.end("throw-away");
    daemon = started;
    await until("the keyring", async () => (await hasOwner(env)) && started.exitCode === null);
  };
  const kill = async (): Promise<void> => {
    await end(daemon);
    daemon = undefined;
    await until("the keyring's end", async () => !(await hasOwner(env)));
  };

  await until("the bus", () => Promise.resolve(fs.existsSync(socket)));
  await startDaemon(false);
  return {
    env,
    async lock() {
      const collection = "array:objpath:/org/freedesktop/secrets/collection/login";
      await dbusSend(env, "org.freedesktop.secrets", "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", collection);
    },
    async restart(locked) {
      await kill();
      await startDaemon(locked === "locked");
    },
    signal: (signal) => void daemon?.kill(signal),
    kill,
    async close() {
      daemon?.kill("SIGCONT");
      await end(daemon);
      await end(bus);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Polls until it holds. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited 40 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function hasOwner(env: Readonly<Record<string, string>>): Promise<boolean> {
  // Of the bus itself: asking the service would wait for a stopped one.
  const name = "string:org.freedesktop.secrets";
  return dbusSend(env, "org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", name).then(
    (reply) => reply.includes("boolean true"),
    () => false,
  );
}

function dbusSend(env: Readonly<Record<string, string>>, to: string, object: string, method: string, argument: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(programs.ask, ["--session", "--print-reply", `--dest=${to}`, object, method, argument], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let reply = "";
    child.stdout.on("data", (chunk: Buffer) => (reply += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(reply) : reject(new Error(`dbus-send ${method}: ${String(code)}`))));
  });
}

function end(child: ChildProcess | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) resolve();
    else {
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    }
  });
}
