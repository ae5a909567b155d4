import { deepestSchema, isDeeper } from "../../shared/mcp/nesting.ts";
import { toolSchema } from "../../shared/model/server.ts";
import type { Tool } from "../../shared/model/server.ts";
import { fitTools, sizedTool } from "../servers/tool-list.ts";
import type { SizedTool } from "../servers/tool-list.ts";

/**
 * Collects the pages of a client's own tools/list for the server list. Off the hot path, bounded (of what is too large, the names), and of
 * no influence on any decision.
 */
export interface ToolNotes {
  /** A page as it went to the client (secrets already out). */
  page(line: Uint8Array, first: boolean): void;
}

const largestPage = 4 * 1024 * 1024;
const mostTools = 2_000;

export function createToolNotes(note: (tools: readonly Tool[]) => void): ToolNotes {
  let tools: readonly SizedTool[] = [];
  return {
    page: (line, first) => {
      if (line.length > largestPage) return;
      setImmediate(() => {
        const page = readTools(line);
        if (page === null) return;
        const before = first ? [] : tools;
        tools = fitTools([...before, ...page.tools.slice(0, mostTools - before.length).map(sizedTool)]);
        if (page.last) note(tools.map(({ tool }) => tool));
      });
    },
  };
}

function readTools(line: Uint8Array): { readonly tools: readonly Tool[]; readonly last: boolean } | null {
  let message: unknown;
  try {
    message = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8"));
  } catch {
    return null;
  }
  const result: unknown = typeof message === "object" && message !== null && "result" in message ? message.result : null;
  if (typeof result !== "object" || result === null || !("tools" in result) || !Array.isArray(result.tools)) return null;
  const tools = result.tools.flatMap((tool: unknown) => {
    const read = readTool(tool);
    return read === null ? [] : [read];
  });
  return { tools, last: !("nextCursor" in result) || typeof result.nextCursor !== "string" };
}

function readTool(value: unknown): Tool | null {
  if (typeof value !== "object" || value === null) return null;
  const annotations: unknown = "annotations" in value ? value.annotations : null;
  const hints = typeof annotations === "object" && annotations !== null ? annotations : {};
  const parsed = toolSchema.safeParse({
    ...value,
    ...("title" in value ? {} : "title" in hints ? { title: hints.title } : {}),
    ...("readOnlyHint" in hints ? { readOnlyHint: hints.readOnlyHint } : {}),
    ...("destructiveHint" in hints ? { destructiveHint: hints.destructiveHint } : {}),
  });
  if (!parsed.success) return null;
  const { inputSchema, ...tool } = parsed.data;
  return inputSchema === undefined || isDeeper(inputSchema, deepestSchema) ? tool : parsed.data;
}
