import { z } from "zod";
import type { SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";

/** The variable that names the folder made for one supervisor alone (Linux), which takes it away at its end. */
export const folderVariable = "PORTCULLIS_SUPERVISOR_FOLDER";

/** What the supervisor is told, once. */
export interface SupervisorStart {
  readonly kind: "start";
  readonly config: SandboxRuntimeConfig;
  /** Linux: the folder for the sockets that go into the box, and what each forward leads to. */
  readonly sockets: { readonly folder: string; readonly forwards: readonly { readonly host: string; readonly port: number }[] } | null;
  /** macOS and Windows: the command that sandbox-runtime wraps. */
  readonly command: string | null;
}

export const supervisorReplySchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("ready"),
    /** Opens the proxy; known to this box alone. */
    token: z.string().nullable(),
    wrapped: z.object({ argv: z.array(z.string()), env: z.record(z.string(), z.string()) }).nullable(),
  }),
  z.object({ kind: z.literal("failed"), reason: z.string() }),
]);
export type SupervisorReply = z.infer<typeof supervisorReplySchema>;
