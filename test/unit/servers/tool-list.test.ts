import { expect, test } from "vitest";
import { fitTools, sizedTool } from "../../../electron/servers/tool-list.ts";

const fit = (tools: readonly Parameters<typeof sizedTool>[0][], mostBytes: number): unknown =>
  fitTools(tools.map(sizedTool), mostBytes).map(({ tool }) => tool);

test("a tool that is too large keeps its name, whether its description or its schema is long", () => {
  const small = { name: "small", description: "does little", inputSchema: { type: "object" } };
  const long = "x".repeat(1_000);
  expect(fit([{ name: "described", description: long }, small], 500)).toEqual([{ name: "described" }, small]);
  expect(fit([small, { name: "typed", inputSchema: { type: "object", description: long } }], 500)).toEqual([small, { name: "typed" }]);
});

test("the limit is one of bytes", () => {
  const tool = { name: "t", description: "ü".repeat(100) };
  const bytes = Buffer.byteLength(JSON.stringify(tool)) + 1;
  expect(fit([tool], bytes)).toEqual([tool]);
  expect(fit([tool], bytes - 1)).toEqual([{ name: "t" }]);
});
