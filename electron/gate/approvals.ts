import type { Result } from "../../shared/errors.ts";
import type { Approval, ApprovalAnswer, ApprovalDetail } from "../../shared/model/approval.ts";
import type { ToolCall } from "../../shared/model/tool-call.ts";

/** How a question ended. Everything but an explicit allow is a no. */
export type Verdict =
  | { readonly kind: "allowed"; readonly by: string }
  | {
      readonly kind: "denied";
      /** `rule <id>`: a rule that came while it waited. */
      readonly by: "person" | "deadline" | "limit" | "closing" | "paused" | "no-answerer" | `rule ${string}`;
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
  /** Called before it is shown to anybody, unless it is denied at once (a limit, no answerer). What it throws, `ask` rejects with. */
  onWaiting?(): void;
}

/** Waiting questions: each has a deadline, is answered once, and only with its own fingerprint. */
export interface Approvals {
  ask(question: Question): Promise<Verdict>;
  list(): readonly Approval[];
  detail(id: string): Result<ApprovalDetail>;
  /**
   * Settles it, and makes the rule that a remembered answer asks for. Every rule that comes while questions wait, from wherever, settles
   * those it denies; those it allows only if nothing about their arguments has to be looked at (`mustExpand`).
   */
  answer(answer: ApprovalAnswer): Result<void>;
  /** Nothing more is kept of a session. */
  endSession(sessionId: string): void;
  denyAll(by: "person" | "closing" | "paused", server?: string): number;
  onChange(listener: () => void): () => void;
  close(): void;
}
