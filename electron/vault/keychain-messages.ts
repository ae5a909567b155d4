/** What is asked of the keychain's helper process: one item each. */
export type KeychainRequest = { readonly id: number; readonly service: string; readonly account: string } & (
  { readonly op: "get" } | { readonly op: "set"; readonly value: string } | { readonly op: "delete" }
);

/** Its answer. A message of `error` is the operating system's own words and never holds a value. */
export type KeychainReply = { readonly id: number } & (
  | { readonly kind: "value"; readonly value: string | null }
  | { readonly kind: "done"; readonly done: boolean }
  | { readonly kind: "error"; readonly message: string }
);

export function isKeychainRequest(message: unknown): message is KeychainRequest {
  if (typeof message !== "object" || message === null) return false;
  const { id, op, service, account, value } = message as Record<string, unknown>;
  if (typeof id !== "number" || typeof service !== "string" || typeof account !== "string") return false;
  return op === "get" || op === "delete" || (op === "set" && typeof value === "string");
}

export function isKeychainReply(message: unknown): message is KeychainReply {
  if (typeof message !== "object" || message === null) return false;
  const { id, kind, value, done, message: words } = message as Record<string, unknown>;
  if (typeof id !== "number") return false;
  if (kind === "value") return value === null || typeof value === "string";
  return (kind === "done" && typeof done === "boolean") || (kind === "error" && typeof words === "string");
}
