/**
 * Every failure a person or a client can see has a code from this closed list and a sentence that says what
 * happened and what to do. Expected failures travel as values (`Result`); exceptions are for bugs.
 */
export const errorCodes = [
  "bad-input",
  "not-found",
  "already-exists",
  "not-allowed",
  "not-accepted",
  "disabled",
  "paused",
  "denied",
  "timed-out",
  "cancelled",
  "too-large",
  "too-many",
  "expired",
  "cannot-box",
  "cannot-start",
  "install-failed",
  "server-stopped",
  "secret-missing",
  "vault-locked",
  "vault-unavailable",
  "journal-unavailable",
  "settings-broken",
  "not-running",
  "closing",
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What went wrong (`message`), and what the person can do about it (`hint`). Neither ever holds a secret value. */
export interface AppError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: AppError };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A failed `Result`. */
export function fail(code: ErrorCode, message: string, hint?: string): { readonly ok: false; readonly error: AppError } {
  return { ok: false, error: hint === undefined ? { code, message } : { code, message, hint } };
}

/** Ends a switch over a union: a new member becomes a type error here. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
