import type { Plan, PlannedServer, Scan } from "../../shared/model/migration.ts";
import { markDangerous } from "../servers/command-line.ts";
import { entryKey } from "./choice.ts";
import { foundFiles } from "./found.ts";

/**
 * One row of the review: a server of the plan, or entries that could move and do not (yet). Rows keep their key and their place when they change from one to the
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

/** The servers of the worst files first. */
export function reviewRows(plan: Plan | null, scan: Scan, client: string | null): readonly ReviewRow[] {
  const files = new Map(scan.files.map((file) => [file.id, file]));
  const order = new Map<string, number>();
  const lists = foundFiles(scan).flatMap((file) => file.lists);
  for (const file of lists) for (const { server } of file.entries) order.set(entryKey({ file: file.id, server }), order.size);
  const row = (unordered: PlannedServer["from"], planned: PlannedServer | null): ReviewRow => {
    const from = [...unordered].sort((a, b) => (order.get(entryKey(a)) ?? 0) - (order.get(entryKey(b)) ?? 0));
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
  const staying = new Set((plan?.stays ?? []).map(entryKey));
  const others = new Map<string, PlannedServer["from"]>();
  for (const file of scan.files) {
    if (file.status.kind !== "ready" || (client !== null && file.client !== client)) continue;
    for (const { server, ours, stays } of file.entries) {
      const from = { file: file.id, server };
      if (ours || stays !== null || shown.has(server) || staying.has(entryKey(from))) continue;
      others.set(server, [...(others.get(server) ?? []), from]);
    }
  }
  const left = [...others.values()].map((from) => row(from, null));
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
