import { expect, it } from "vitest";
import { createToolNotes } from "../../../electron/gate/tool-notes.ts";
import type { Tool } from "../../../shared/model/server.ts";

/** What is noted of these pages. */
async function noted(...pages: (readonly Tool[])[]): Promise<readonly Tool[]> {
  let found: readonly Tool[] = [];
  const notes = createToolNotes((tools) => {
    found = tools;
  });
  for (const [at, tools] of pages.entries()) {
    const result = { tools, ...(at < pages.length - 1 ? { nextCursor: "next" } : {}) };
    notes.page(Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: at, result })), at === 0);
  }
  await new Promise((resolve) => setImmediate(resolve));
  return found;
}

const mostBytes = 4 * 1024 * 1024;
const large = (name: string, bytes: number): Tool => ({
  name,
  description: "d",
  inputSchema: { type: "object", title: "x".repeat(bytes) },
});
const bytesOf = (tools: readonly Tool[]): number => Buffer.byteLength(JSON.stringify(tools));

it("keeps of a list of large pages what fits, the largest tools without what they say of themselves", async () => {
  const pages = Array.from({ length: 6 }, (_, n) => [large(`large${n}`, 3_000_000), large(`small${n}`, 1_000)]);
  const tools = await noted(...pages);
  expect(tools).toHaveLength(12);
  expect(bytesOf(tools)).toBeLessThan(mostBytes);
  expect(tools.filter(({ inputSchema }) => inputSchema !== undefined).map(({ name }) => name)).toContain("small0");
  expect(tools.find(({ name }) => name === "large0")).toEqual({ name: "large0" });
});

it("leaves out tools whose names alone are too large, and counts no more than 2,000", async () => {
  const named = Array.from({ length: 6 }, (_, n) => [{ name: `${n}${"x".repeat(1_000_000)}` }, { name: `short${n}` }]);
  const tools = await noted(...named);
  expect(bytesOf(tools)).toBeLessThan(mostBytes);
  expect(tools.filter(({ name }) => name.startsWith("short"))).toHaveLength(6);
  expect(await noted(...Array.from({ length: 3 }, () => Array.from({ length: 900 }, (_, n) => ({ name: `t${n}` }))))).toHaveLength(2_000);
});

it("keeps a list that fits as it is", async () => {
  const tools = [large("a", 1_000_000), large("b", 2_000_000)];
  expect(await noted(tools.slice(0, 1), tools.slice(1))).toEqual(tools);
});
