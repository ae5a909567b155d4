import type { ServerEdit, ServerView } from "../../shared/model/server.ts";
import { joinCommandLine } from "./command-line.ts";
import { closedSandbox } from "./sandbox-lines.ts";
import { namedVariables, valueOf, type ServerEditDraft } from "./server-draft.ts";

/** A server as it is, to be edited. */
export function draftOf(server: ServerView): ServerEditDraft {
  const { name, command, args, cwd, env } = server;
  return {
    was: server,
    name,
    line: joinCommandLine([command, ...args]),
    cwd: cwd ?? "",
    variables: env.map((variable) => ({
      key: crypto.randomUUID(),
      name: variable.name,
      kind: "kept",
      value: "",
      secret: variable.references[0] ?? "",
      there: variable.references,
    })),
    sandbox: closedSandbox,
  };
}

/** What a draft changes of the server it was made of. Nothing in it: nothing. */
export function editOf(draft: ServerEditDraft, words: readonly string[]): ServerEdit {
  const server = draft.was;
  const named = namedVariables(draft);
  const left = new Set(named.map(({ name }) => name));
  const env = Object.fromEntries([
    ...server.env.filter(({ name }) => !left.has(name)).map(({ name }) => [name, null] as const),
    ...named.filter(({ kind }) => kind !== "kept").map((variable) => [variable.name, valueOf(server.name, variable)] as const),
  ]);
  const cwd = draft.cwd.trim() === "" ? null : draft.cwd.trim();
  return {
    ...(draft.line === joinCommandLine([server.command, ...server.args]) ? {} : { command: [...words] }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(cwd === server.cwd ? {} : { cwd }),
  };
}
