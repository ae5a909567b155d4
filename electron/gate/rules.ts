import type { Result } from "../../shared/errors.ts";
import type { Rule, RuleDraft } from "../../shared/model/rule.ts";

/** Remembered decisions: the lasting ones in `rules.json` (atomic, a broken file is reported and nothing is allowed by it), those of a session in memory. */
export interface Rules {
  /** All that hold now, newest first; expired ones are gone. */
  list(): readonly Rule[];
  problem(): string | null;
  add(draft: RuleDraft): Promise<Result<Rule>>;
  /** What an answered approval asks for. Resolves when it is on disk (session rules at once). */
  remember(rule: Rule): Promise<Result<Rule>>;
  remove(id: string): Promise<Result<void>>;
  /** Puts back what was removed since the app was started, as it was; `not-found` where it has expired or its session has ended since. */
  restore(id: string): Promise<Result<Rule>>;
  endSession(sessionId: string): void;
  onChange(listener: () => void): () => void;
  close(): void;
}
