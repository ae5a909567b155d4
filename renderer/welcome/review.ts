import type { Plan, PlannedServer, Scan } from "../../shared/model/migration.ts";
import { markDangerous } from "../servers/command-line.ts";
import { entryKey, type Choice } from "./choice.ts";

/**
 * One row of the review: a server of the plan, or entries that the person leaves alone. Rows keep their key and their place when they change from one to the
 * other, so that the keyboard stays where it is.
 */
export interface ReviewRow {
  readonly key: string;
  /** Names of the entries it stands for. */
  readonly names: readonly string[];
  /** Display names of the clients it is in. */
  readonly clients: readonly string[];
  /** Projects it is of, if any. */
  readonly projects: readonly string[];
  readonly planned: PlannedServer | null;
}

export function reviewRows(plan: Plan | null, scan: Scan, choice: Choice, client: string | null): readonly ReviewRow[] {
  const files = new Map(scan.files.map((file) => [file.id, file]));
  const order = new Map<string, number>();
  for (const file of scan.files) for (const { server } of file.entries) order.set(entryKey({ file: file.id, server }), order.size);
  const row = (from: PlannedServer["from"], planned: PlannedServer | null): ReviewRow => {
    const places = from.flatMap(({ file }) => files.get(file) ?? []);
    return {
      key: from[0] === undefined ? "" : entryKey(from[0]),
      names: [...new Set(from.map(({ server }) => server))],
      clients: [...new Set(places.map(({ clientName }) => clientName))],
      projects: [...new Set(places.flatMap(({ project }) => project ?? []))],
      planned,
    };
  };
  const planned = (plan?.servers ?? []).map((server) => row(server.from, server));
  const shown = new Set(planned.flatMap(({ names }) => names));
  const left = [...choice.left]
    .filter((name) => !shown.has(name))
    .map((name) => {
      const from = scan.files
        .filter((file) => client === null || file.client === client)
        .flatMap((file) =>
          file.entries
            .filter((entry) => entry.server === name && !entry.ours && entry.stays === null)
            .map(() => ({ file: file.id, server: name })),
        );
      return row(from, null);
    });
  return [...planned, ...left].sort((a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0));
}

/** Longer commands could hide their end. */
const shortCommand = 240;

/** Whether its whole command must have been in sight before anything is applied (threats 1 and 4): a project's own config may have put it there. */
export function mustRead(server: Pick<PlannedServer, "command" | "args" | "warnings">): boolean {
  const words = [server.command, ...server.args];
  return (
    server.warnings.length > 0 ||
    words.reduce((sum, word) => sum + word.length + 1, 0) > shortCommand ||
    words.some((word) => markDangerous(word).some(({ dangerous }) => dangerous))
  );
}

/** Changes whenever there is something else to read. */
export function readingKey({ command, args, warnings, env, cwd }: PlannedServer): string {
  return JSON.stringify([command, args, warnings, env.map(({ name }) => name), cwd]);
}
