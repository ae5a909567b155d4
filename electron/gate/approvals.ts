import type { Result } from "../../shared/errors.ts";
import type { Approval, ApprovalAnswer, ApprovalDetail } from "../../shared/model/approval.ts";
import type { ToolCall } from "../../shared/model/tool-call.ts";

/** How a question ended. Everything but an explicit allow is a no. */
export type Verdict =
  | { readonly kind: "allowed"; readonly by: string }
  | {
      readonly kind: "denied";
      readonly by: "person" | "deadline" | "limit" | "closing" | "paused" | "no-answerer";
      readonly reason: string | null;
    }
  | { readonly kind: "withdrawn" };

export interface Question {
  readonly call: ToolCall;
  readonly clientSays: string | null;
  /** Why it is a question. */
  readonly why: string;
  /** The acceptance fingerprint of the server as it was launched. */
  readonly serverFingerprint: string;
  /** SHA-256 (hex) of the raw bytes of the client's message. */
  readonly bytesHash: string;
  /** The client cancelled, its session ended: the question is withdrawn. */
  readonly signal: AbortSignal;
}

/** Waiting questions: each has a deadline, is answered once, and only with its own fingerprint. */
export interface Approvals {
  ask(question: Question): Promise<Verdict>;
  list(): readonly Approval[];
  detail(id: string): Result<ApprovalDetail>;
  /** Settles it, and makes the rule that a remembered answer asks for. */
  answer(answer: ApprovalAnswer): Result<void>;
  denyAll(by: "person" | "closing" | "paused", server?: string): number;
  onChange(listener: () => void): () => void;
  close(): void;
}
