import { readFile } from "node:fs/promises";
import net from "node:net";
import { fail, ok } from "../../shared/errors.ts";
import type { AppError, Result } from "../../shared/errors.ts";
import type { CallChannel, PushChannel } from "../../shared/ipc/channels.ts";
import { contract, pushes } from "../../shared/ipc/contract.ts";
import type { Input, Output, Push } from "../../shared/ipc/contract.ts";
import { envelopeSchema } from "../../shared/ipc/envelope.ts";
import { readLaunchFile } from "../settings/launch-file.ts";
import { socketPath, tokenPath } from "../settings/paths.ts";
import type { Paths } from "../settings/paths.ts";
import { diskTrouble } from "./disk-trouble.ts";

/** The running app, asked over its local socket with the role `command`. */
export interface AppClient {
  /** Every failure is a value, also when the app goes away before it answers. */
  call<C extends CallChannel>(channel: C, input: Input<C>): Promise<Result<Output<C>>>;
  /** From now on hears what the app pushes on this channel, as long as the connection lasts. */
  follow<C extends PushChannel>(channel: C, listener: (payload: Push<C>) => void): void;
  close(): void;
}

const notRunning = fail("not-running", "Portcullis is not running", "Open the Portcullis app, or start it with `portcullis serve`.");
const connectMs = 3_000;

/** Fails with `not-running` where no app answers, and with the reason where nobody may ask. */
export async function connectApp(paths: Paths, platform: NodeJS.Platform): Promise<Result<AppClient>> {
  const launch = readLaunchFile(paths);
  let trouble: AppError | null = null;
  for (const run of new Set([paths.run, ...(launch === null ? [] : [launch.run])])) {
    const at = { ...paths, run };
    const socket = await open(socketPath(at, platform));
    if (socket instanceof Error) {
      trouble ??= diskTrouble(Object.assign(socket, { path: run }), at);
      continue;
    }
    try {
      const token = (await readFile(tokenPath(at), "utf8")).trim();
      socket.write(`${JSON.stringify({ portcullis: 1, token, role: "command" })}\n`);
      return ok(speak(socket));
    } catch (error) {
      socket.destroy();
      trouble ??= diskTrouble(error, at);
    }
  }
  return trouble === null ? notRunning : { ok: false, error: trouble };
}

function open(path: string): Promise<net.Socket | Error> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    const timer = setTimeout(() => socket.destroy(new Error("no answer")), connectMs);
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.on("error", (error) => {
      clearTimeout(timer);
      resolve(error);
    });
  });
}

function speak(socket: net.Socket): AppClient {
  const waiting = new Map<number, (answer: object) => void>();
  const followers = new Map<string, (payload: unknown) => void>();
  let lastId = 0;
  let held: Buffer[] = [];
  let gone = false;

  const receive = (line: string): void => {
    const message = JSON.parse(line) as { id?: unknown; push?: unknown; payload?: unknown };
    if (typeof message.push === "string") followers.get(message.push)?.(message.payload);
    if (typeof message.id !== "number") return;
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  };
  socket.on("data", (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      held.push(chunk.subarray(start, end));
      start = end + 1;
      receive(Buffer.concat(held).toString("utf8"));
      held = [];
    }
    if (start < chunk.length) held.push(chunk.subarray(start));
  });
  socket.once("close", () => {
    gone = true;
    for (const answer of waiting.values()) answer(fail("not-running", "Portcullis closed the connection before it answered"));
    waiting.clear();
  });

  return {
    async call(channel, input) {
      if (gone) return notRunning;
      const id = ++lastId;
      const answer = await new Promise<object>((resolve) => {
        waiting.set(id, resolve);
        socket.write(`${JSON.stringify({ id, channel, input })}\n`);
      });
      // JSON leaves out a value that is undefined.
      const envelope = envelopeSchema.safeParse({ value: undefined, ...answer });
      if (!envelope.success) return fail("internal", "Portcullis answered something that this command does not understand");
      if (!envelope.data.ok) return { ok: false, error: envelope.data.error };
      const value = contract[channel].output.safeParse(envelope.data.value);
      if (!value.success) return fail("internal", "the running Portcullis is of another version than this command; restart it");
      return ok(value.data as Output<typeof channel>);
    },
    follow(channel, listener) {
      followers.set(channel, (payload) => {
        const parsed = pushes[channel].safeParse(payload);
        if (parsed.success) listener(parsed.data as Push<typeof channel>);
      });
      if (!gone) socket.write(`${JSON.stringify({ id: ++lastId, subscribe: true })}\n`);
    },
    close: () => socket.end(),
  };
}
