import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import { deepestSchema, isDeeper } from "../../shared/mcp/nesting.ts";
import type { Result } from "../../shared/errors.ts";
import type { Tool } from "../../shared/model/server.ts";
import { processTransport } from "./process-transport.ts";
import { seeLog } from "./see-log.ts";
import type { ServerProcess } from "./server-process.ts";
import { mostToolBytes, toolBytes } from "./tool-list.ts";

/**
 * Our own look at a server's tools, through the SDK's client with no capabilities. Everything a server answers is untrusted: lines,
 * pages, tools and their total size are bounded, and the whole of it has one deadline.
 */
export interface InspectLimits {
  readonly deadlineMs: number;
  readonly lineBytes: number;
  readonly pages: number;
  readonly tools: number;
  /** Of the JSON of the whole list. */
  readonly listBytes: number;
}

const defaultLimits: InspectLimits = {
  deadlineMs: 30_000,
  lineBytes: 10 * 1024 * 1024,
  pages: 100,
  tools: 2000,
  listBytes: mostToolBytes,
};

const listedToolSchema = z.looseObject({
  name: z.string(),
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  annotations: z
    .looseObject({
      title: z.string().optional().catch(undefined),
      readOnlyHint: z.boolean().optional().catch(undefined),
      destructiveHint: z.boolean().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  inputSchema: z.unknown().optional(),
});
const pageSchema = z.looseObject({ tools: z.array(listedToolSchema), nextCursor: z.string().optional() });

/** A tool as it stands in a `tools/list` answer, as we keep it. */
export function toolOf(listed: z.infer<typeof listedToolSchema>): Tool {
  const title = listed.title ?? listed.annotations?.title;
  const { readOnlyHint, destructiveHint } = listed.annotations ?? {};
  return {
    name: listed.name,
    ...(title === undefined ? {} : { title }),
    ...(listed.description === undefined ? {} : { description: listed.description }),
    ...(readOnlyHint === undefined ? {} : { readOnlyHint }),
    ...(destructiveHint === undefined ? {} : { destructiveHint }),
    ...(listed.inputSchema === undefined || isDeeper(listed.inputSchema, deepestSchema) ? {} : { inputSchema: listed.inputSchema }),
  };
}

/** Lists all tools of a running server, whose name is only told, then stops it, whatever happened. */
export async function inspectTools(
  name: string,
  server: ServerProcess,
  limits: InspectLimits = defaultLimits,
): Promise<Result<readonly Tool[]>> {
  // Only here: the SDK takes 150 ms to load, and most starts need none of it.
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const client = new Client({ name: "portcullis", version: "1" }, { capabilities: {} });
  const signal = AbortSignal.timeout(limits.deadlineMs);
  const options = { signal, timeout: limits.deadlineMs };
  try {
    await client.connect(processTransport(server, limits.lineBytes), options);
    if (client.getServerCapabilities()?.tools === undefined) return ok([]);
    const tools: Tool[] = [];
    let bytes = 0;
    let cursor: string | undefined;
    for (let page = 0; page < limits.pages; page += 1) {
      const answer = await client.request({ method: "tools/list", params: cursor === undefined ? {} : { cursor } }, pageSchema, options);
      if (tools.length + answer.tools.length > limits.tools) return fail("too-large", `The server lists more than ${limits.tools} tools.`);
      for (const listed of answer.tools) {
        const tool = toolOf(listed);
        tools.push(tool);
        bytes += toolBytes(tool);
      }
      if (bytes > limits.listBytes)
        return fail("too-large", `What the server says of its tools is longer than ${Math.floor(limits.listBytes / 1024)} KiB.`);
      if (answer.nextCursor === undefined || answer.nextCursor === cursor) return ok(tools);
      cursor = answer.nextCursor;
    }
    return fail("too-large", `The server's list of tools has more than ${limits.pages} pages.`);
  } catch (error) {
    if (signal.aborted)
      return fail("timed-out", `The server did not list its tools within ${Math.round(limits.deadlineMs / 1000)} seconds.`);
    const said =
      error instanceof z.core.$ZodError ? "its list of tools is not one" : error instanceof Error ? error.message.slice(0, 300) : "unknown";
    return fail("cannot-start", `The server started, but did not answer as an MCP server: ${said.replace(/\.?$/, ".")}`, seeLog(name));
  } finally {
    await client.close().catch(() => undefined);
    await server.stop();
  }
}
