import { expect, it } from "vitest";
import { exitText } from "../../../electron/servers/server-process.ts";

it.each([
  [{ code: 3, signal: null }, "exit status 3"],
  [{ code: 126, signal: null }, "exit status 126: a program could not be run"],
  [{ code: 127, signal: null }, "exit status 127: a program was not found"],
  [{ code: 137, signal: null }, "exit status 137: ended by SIGKILL"],
  [{ code: 128, signal: null }, "exit status 128"],
  [{ code: 255, signal: null }, "exit status 255"],
  [{ code: null, signal: "SIGKILL" }, "SIGKILL"],
  [{ code: null, signal: null }, "exit status unknown"],
])("%o is told as %s", (exit, text) => {
  expect(exitText(exit)).toBe(text);
});
