import { closedSandbox, type SandboxLines } from "./sandbox-lines.ts";

export interface Variable {
  readonly key: string;
  readonly name: string;
  readonly kind: "secret" | "value";
  /** The plain value, or the value of a secret that is new. */
  readonly value: string;
  readonly secret: string;
}

/** What the person has written of a server that is not added yet. */
export interface ServerDraft {
  readonly name: string;
  readonly line: string;
  readonly variables: readonly Variable[];
  readonly sandbox: SandboxLines;
}

export const emptyDraft: ServerDraft = { name: "", line: "", variables: [], sandbox: closedSandbox };
