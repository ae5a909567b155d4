import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { createTerminal } from "../../../electron/commands/terminal.ts";

it("Ctrl+C at a question is no answer, and the process goes on to say so", async () => {
  const before = process.listeners("SIGINT");
  const terminal = createTerminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() });
  const answer = terminal.ask("Do this? y/N ");
  const [added] = process.listeners("SIGINT").filter((listener) => !before.includes(listener));
  added?.("SIGINT");
  expect(await answer).toBeNull();
  expect(process.listeners("SIGINT")).toEqual(before);
});
