import type { ServerView } from "../../shared/model/server.ts";
import { closedSandbox, type SandboxLines } from "./sandbox-lines.ts";

export interface Variable {
  readonly key: string;
  readonly name: string;
  /** `kept`: as it is, which this page does not know. */
  readonly kind: "kept" | "secret" | "value";
  /** The plain value, or the value of a secret that is new. */
  readonly value: string;
  readonly secret: string;
  /** What a variable that is there refers to; null for one that is new. */
  readonly there: readonly string[] | null;
}

/** What the person has written of a server that is not added yet, or of a change that is not made yet. */
export interface ServerDraft {
  readonly name: string;
  readonly line: string;
  readonly cwd: string;
  readonly variables: readonly Variable[];
  readonly sandbox: SandboxLines;
}

/** A change of a server that is there. */
export interface ServerEditDraft extends ServerDraft {
  /** What it is made of. What is done to the server meanwhile is no part of the change. */
  readonly was: ServerView;
}

export const emptyDraft: ServerDraft = { name: "", line: "", cwd: "", variables: [], sandbox: closedSandbox };

/** Those of a draft that have a name: the others are not there yet. */
export function namedVariables({ variables }: ServerDraft): readonly Variable[] {
  return variables.filter(({ name }) => name !== "");
}

export function secretName(server: string, variable: Variable): string {
  return variable.secret === "" ? `${server}/${variable.name === "" ? "TOKEN" : variable.name}` : variable.secret;
}

/** Whether the vault has the secret that a variable names. */
export function isKnown(secrets: readonly { readonly name: string }[], server: string, variable: Variable): boolean {
  return secrets.some((secret) => secret.name === secretName(server, variable));
}

export function valueOf(server: string, variable: Variable): string {
  return variable.kind === "value" ? variable.value : `\${keychain:${secretName(server, variable)}}`;
}
