import type { ConfigDocument, DocumentEdit } from "../formats/document.ts";
import type { EntryShape } from "./client-definition.ts";
import { fullShape, type ReadEntry } from "./read-entries.ts";

/**
 * The edits that make a client's entry launch `{command, args}` instead. What belonged to the server and is ours now goes (environment,
 * working folder, the client's own sandbox around it); everything else of the entry stays: its type, timeouts, approvals, whether it is off.
 * Only for stdio entries without a `problem`.
 */
export function writeEntry(
  document: ConfigDocument,
  entry: ReadEntry,
  shape: EntryShape,
  launch: { readonly command: string; readonly args: readonly string[] },
): readonly DocumentEdit[] {
  const full = fullShape(shape);
  const at = (key: string) => [...entry.path, key];
  const edits: DocumentEdit[] =
    full.command.kind === "command-array"
      ? [{ kind: "set", path: at(full.command.key), value: [launch.command, ...launch.args] }]
      : [
          { kind: "set", path: at(full.command.key), value: launch.command },
          { kind: "set", path: at(full.args), value: [...launch.args] },
        ];
  for (const key of [full.env, full.cwd, ...full.lends.map((lent) => lent.key), ...full.remove]) {
    if (document.get(at(key)) !== undefined) edits.push({ kind: "remove", path: at(key) });
  }
  return edits;
}
