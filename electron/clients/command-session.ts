import type net from "node:net";
import { z } from "zod";
import { fail } from "../../shared/errors.ts";
import type { Dispatch } from "../api/dispatch.ts";
import type { SubscribePushes } from "../api/pushes.ts";

/**
 * The command line's end of the socket: one JSON a line. `{id, channel, input}` is answered with `{id, ...envelope}`, in whatever order
 * they finish; after `{id, subscribe: true}` pushes follow as `{push, payload}`. Every call goes through dispatch with the role
 * `command`. Bounded: line, calls at once, and what a reader leaves unread.
 */
const requestSchema = z.union([
  z.strictObject({ id: z.union([z.string().max(200), z.number()]), subscribe: z.literal(true) }),
  z.strictObject({ id: z.union([z.string().max(200), z.number()]), channel: z.string(), input: z.unknown().optional() }),
]);

const maxLineBytes = 1 << 20;
const maxAtOnce = 64;
const maxUnreadBytes = 32 << 20;

export function serveCommands(
  socket: net.Socket,
  rest: Buffer,
  deps: { readonly dispatch: Dispatch; readonly subscribe: SubscribePushes },
): void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let running = 0;
  let ended = false;
  let unsubscribe: (() => void) | null = null;

  const send = (message: Record<string, unknown>): void => {
    if (socket.destroyed || socket.writableEnded) return;
    socket.write(`${JSON.stringify(message)}\n`);
    if (socket.writableLength > maxUnreadBytes) socket.destroy();
  };
  const endWhenIdle = (): void => {
    if (ended && running === 0) socket.end();
  };
  const handle = (line: Buffer): void => {
    const request = parse(line);
    if (request === null) {
      send({ id: null, ...fail("bad-input", "this is no request") });
      return;
    }
    if ("subscribe" in request) {
      unsubscribe ??= deps.subscribe((push, payload) => {
        try {
          send({ push, payload });
        } catch {
          // Too long to be written. Who does not get a push must not go on as if there were none, and the others get theirs.
          socket.destroy();
        }
      });
      send({ id: request.id, ok: true });
      return;
    }
    if (running >= maxAtOnce) {
      send({ id: request.id, ...fail("too-many", "too many calls at once on one connection") });
      return;
    }
    void answer(request.id, request.channel, request.input);
  };
  const answer = async (id: string | number, channel: string, input: unknown): Promise<void> => {
    running++;
    const envelope = await deps.dispatch("command", channel, input);
    running--;
    try {
      send({ id, ...envelope });
    } catch (error) {
      send({ id, ...fail("internal", `The answer cannot be sent (${error instanceof Error ? error.name : "unknown error"}).`) });
    }
    endWhenIdle();
  };
  const receive = (chunk: Buffer): void => {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const piece = chunk.subarray(start, end);
      start = end + 1;
      if (heldBytes + piece.length > maxLineBytes) {
        socket.destroy();
        return;
      }
      const line = held.length === 0 ? piece : Buffer.concat([...held, piece]);
      held = [];
      heldBytes = 0;
      if (line.length > 0) handle(line);
    }
    if (start < chunk.length) {
      held.push(chunk.subarray(start));
      heldBytes += chunk.length - start;
      if (heldBytes > maxLineBytes) socket.destroy();
    }
  };

  socket.on("data", receive);
  socket.once("end", () => {
    ended = true;
    endWhenIdle();
  });
  socket.once("close", () => unsubscribe?.());
  if (rest.length > 0) receive(rest);
}

function parse(line: Buffer): z.infer<typeof requestSchema> | null {
  try {
    const parsed = requestSchema.safeParse(JSON.parse(line.toString("utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
