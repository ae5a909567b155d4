import type { Tool } from "../../shared/model/server.ts";

// How much of a server's list of tools is kept. The lists of all servers are pushed as one to everybody who watches, and a watcher that is
// sent more than it can read is cut off.

/** Bytes of the JSON of one server's whole list. */
export const mostToolBytes = 4 * 1024 * 1024;

/** Bytes of a tool's JSON in a list. */
export function toolBytes(tool: Tool): number {
  return Buffer.byteLength(JSON.stringify(tool)) + 1;
}

/** A tool with its `toolBytes`. */
export interface SizedTool {
  readonly tool: Tool;
  readonly bytes: number;
}

export function sizedTool(tool: Tool): SizedTool {
  return { tool, bytes: toolBytes(tool) };
}

/** The list in so many bytes: the largest tools lose their schema and description, and where that is not enough, go. */
export function fitTools(tools: readonly SizedTool[], mostBytes = mostToolBytes): readonly SizedTool[] {
  let total = tools.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= mostBytes) return tools;
  const fitted = new Map(tools.entries());
  const shrink = (to: (sized: SizedTool) => SizedTool | null): void => {
    for (const [at, sized] of [...fitted].sort(([, a], [, b]) => b.bytes - a.bytes)) {
      if (total <= mostBytes) return;
      const smaller = to(sized);
      total += (smaller?.bytes ?? 0) - sized.bytes;
      if (smaller === null) fitted.delete(at);
      else fitted.set(at, smaller);
    }
  };
  shrink(bare);
  shrink(() => null);
  return [...fitted.values()];
}

function bare(sized: SizedTool): SizedTool {
  const { inputSchema, description, ...rest } = sized.tool;
  return inputSchema === undefined && description === undefined ? sized : sizedTool(rest);
}
