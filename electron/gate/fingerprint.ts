import { createHash } from "node:crypto";
import { canonical } from "../../shared/policy/canonical.ts";
import type { Question } from "./approvals.ts";

/**
 * What an answer must repeat (threat 23): binds it to this very question, this client session, this server as it was accepted, and
 * the bytes that will be forwarded.
 */
export function approvalFingerprint(id: string, question: Pick<Question, "call" | "serverFingerprint" | "bytesHash">): string {
  const { sessionId, client, server, tool } = question.call;
  const { serverFingerprint, bytesHash } = question;
  return sha256(canonical([id, sessionId, client, server, serverFingerprint, tool, bytesHash]));
}

/** SHA-256, in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
