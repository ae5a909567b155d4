import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";
import type { ForkHelper } from "../helper-process.ts";
import type { Forward } from "./hosts.ts";
import { folderVariable, supervisorReplySchema } from "./supervisor-messages.ts";
import type { SupervisorReply, SupervisorStart } from "./supervisor-messages.ts";

export interface SupervisorDeps {
  readonly fork: ForkHelper;
  /** Our own environment: the supervisor gets PATH, the upstream proxy and the certificates from it, and nothing else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a private folder for the sockets may be made; short, because a socket's path holds about 100 bytes. */
  readonly runtimeDir: string;
  /** Milliseconds until a supervisor that does not answer has failed. */
  readonly deadlineMs?: number;
}

export interface SupervisorRequest {
  readonly config: SandboxRuntimeConfig;
  /** Linux: what is forwarded; null elsewhere. */
  readonly forwards: readonly Forward[] | null;
  readonly command: string | null;
}

/** The process that holds one box's network, at work. */
export interface Supervisor {
  /** Linux: the folder to show in the box. */
  readonly folder: string | undefined;
  readonly token: string | undefined;
  readonly wrapped: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> } | undefined;
  /** Ends it and takes its folder away. */
  close(): Promise<void>;
}

/** One that was started and belongs to no box yet: it has loaded what it needs, and nothing of it listens anywhere. */
export interface FreshSupervisor {
  /** Gives it to a box, once. A failure is `cannot-box` with the reason, and ends it. */
  start(request: SupervisorRequest): Promise<Result<Supervisor>>;
  /** Resolves when it has ended, for whatever reason. */
  readonly gone: Promise<void>;
  close(): Promise<void>;
}

const kept: readonly string[] = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "SYSTEMROOT",
  "LOCALAPPDATA",
  "LANG",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

function hostsFile(forwards: readonly Forward[]): string {
  const named = forwards.flatMap((forward) =>
    forward.listen.filter((address) => address.startsWith("127.77.")).map((address) => `${address} ${forward.host}`),
  );
  return ["127.0.0.1 localhost", "::1 localhost", ...new Set(named), ""].join("\n");
}

/** Starts the process and nothing in it. `sockets`: on Linux, the box reaches it through a folder of sockets. */
export async function forkSupervisor(deps: SupervisorDeps, sockets: boolean): Promise<FreshSupervisor> {
  const env: Record<string, string> = {};
  for (const name of kept) {
    const value = deps.env[name];
    if (value !== undefined && value !== "") env[name] = value;
  }
  const folder = sockets ? await fs.mkdtemp(path.join(deps.runtimeDir, "pcbox-")) : undefined;
  // Also for sandbox-runtime's own sockets.
  if (folder !== undefined) Object.assign(env, { TMPDIR: folder, [folderVariable]: folder });

  const helper = deps.fork("sandbox-supervisor", { env });
  let ended = false;
  let answered: (reply: SupervisorReply) => void = () => undefined;
  const gone = new Promise<void>((resolve) =>
    helper.onExit(() => {
      ended = true;
      answered({ kind: "failed", reason: "it ended unexpectedly" });
      resolve();
    }),
  );
  helper.onMessage((message) => {
    const reply = supervisorReplySchema.safeParse(message);
    answered(reply.success ? reply.data : { kind: "failed", reason: "it sent something that is no answer" });
  });
  const ask = (message: SupervisorStart): Promise<SupervisorReply> =>
    new Promise((resolve) => {
      if (ended) return resolve({ kind: "failed", reason: "it ended unexpectedly" });
      const timer = setTimeout(() => resolve({ kind: "failed", reason: "it did not answer in time" }), deps.deadlineMs ?? 15_000);
      answered = (reply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      return helper.send(message);
    });
  const remove = async (): Promise<void> => {
    if (folder !== undefined) await fs.rm(folder, { recursive: true, force: true });
  };
  const close = async (): Promise<void> => {
    if (!ended) {
      helper.send({ kind: "stop" });
      const timer = setTimeout(() => helper.kill(), 3000);
      await gone;
      clearTimeout(timer);
    }
    await remove();
  };
  const failed = async (reason: string): Promise<Result<never>> => {
    await close();
    return fail("cannot-box", `The sandbox's network could not be started: ${reason}.`);
  };

  return {
    gone,
    close,
    async start({ config, forwards, command }) {
      let sockets: SupervisorStart["sockets"] = null;
      if (folder !== undefined && forwards !== null) {
        try {
          await fs.writeFile(path.join(folder, "hosts"), hostsFile(forwards), { mode: 0o444 });
        } catch (error) {
          // A full disk; or its folder was cleaned away while it waited.
          return failed(error instanceof Error ? error.message : "its folder cannot be written");
        }
        sockets = { folder, forwards: forwards.map(({ host, port }) => ({ host, port })) };
      }
      const reply = await ask({ kind: "start", config, sockets, command });
      if (reply.kind === "failed") return failed(reply.reason);
      return ok({ folder, token: reply.token ?? undefined, wrapped: reply.wrapped ?? undefined, close });
    },
  };
}
