import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";
import type { ForkHelper } from "../helper-process.ts";
import type { Forward } from "./hosts.ts";
import { supervisorReplySchema } from "./supervisor-messages.ts";
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

export interface Supervisor {
  /** Linux: the folder to show in the box. */
  readonly folder: string | undefined;
  readonly token: string | undefined;
  readonly wrapped: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> } | undefined;
  /** Ends it and takes its folder away. */
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

/** Starts the process that holds one box's network. A failure is `cannot-box` with the reason. */
export async function startSupervisor(deps: SupervisorDeps, request: SupervisorRequest): Promise<Result<Supervisor>> {
  const env: Record<string, string> = {};
  for (const name of kept) {
    const value = deps.env[name];
    if (value !== undefined && value !== "") env[name] = value;
  }
  let folder: string | undefined;
  if (request.forwards !== null) {
    folder = await fs.mkdtemp(path.join(deps.runtimeDir, "pcbox-"));
    await fs.writeFile(path.join(folder, "hosts"), hostsFile(request.forwards), { mode: 0o444 });
    env["TMPDIR"] = folder;
  }
  const remove = async (): Promise<void> => {
    if (folder !== undefined) await fs.rm(folder, { recursive: true, force: true });
  };

  const helper = deps.fork("sandbox-supervisor", { env });
  const gone = new Promise<void>((resolve) => helper.onExit(() => resolve()));
  const answer = await new Promise<SupervisorReply>((resolve) => {
    const timer = setTimeout(() => resolve({ kind: "failed", reason: "it did not answer in time" }), deps.deadlineMs ?? 15_000);
    const settle = (reply: SupervisorReply): void => {
      clearTimeout(timer);
      resolve(reply);
    };
    void gone.then(() => settle({ kind: "failed", reason: "it ended unexpectedly" }));
    helper.onMessage((message) => {
      const reply = supervisorReplySchema.safeParse(message);
      settle(reply.success ? reply.data : { kind: "failed", reason: "it sent something that is no answer" });
    });
    const start: SupervisorStart = {
      kind: "start",
      config: request.config,
      sockets:
        folder === undefined
          ? null
          : { folder, forwards: (request.forwards ?? []).map((forward) => ({ host: forward.host, port: forward.port })) },
      command: request.command,
    };
    helper.send(start);
  });

  const close = async (): Promise<void> => {
    helper.send({ kind: "stop" });
    const timer = setTimeout(() => helper.kill(), 3000);
    await gone;
    clearTimeout(timer);
    await remove();
  };
  if (answer.kind === "failed") {
    helper.kill();
    await remove();
    return fail("cannot-box", `The sandbox's network could not be started: ${answer.reason}.`);
  }
  return ok({ folder, token: answer.token ?? undefined, wrapped: answer.wrapped ?? undefined, close });
}
