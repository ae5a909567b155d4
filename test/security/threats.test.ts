import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

// Every attack that this version answers is named by the test that shows it ("threat 7"), so that the answer can be found and is not lost.

const answered: Readonly<Record<number, string>> = {
  1: "a malicious startup command",
  2: "a changed command behind a trusted name",
  4: "code before the trust dialog",
  5: "a command that runs though it was never accepted",
  7: "an unauthenticated local proxy",
  8: "DNS rebinding",
  9: "escalation from a page",
  13: "invisible text",
  14: "terminal escapes",
  15: "arguments hidden by padding or cutting",
  16: "ambiguous JSON",
  19: "accidental keys, stolen focus",
  20: "a popup that changes under the pointer",
  21: "approval flooding",
  22: "failing open on crash, timeout or lock",
  23: "a stale or forged answer",
  25: "secrets in results, logs and the UI",
  26: "secrets in argv, temporary files and backups",
  27: "a migration cut off in the middle",
  28: "escape from the sandbox by IPC",
  29: "tricks with paths",
  30: "variables that inject code",
  31: "packages that are not what they seem",
  32: "hostile configs",
  33: "a tampered journal",
  34: "servers that do not keep to the framing",
  37: "orphaned servers",
  38: "Electron's switches",
};

function testFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts") && entry.name !== "threats.test.ts")
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const sources = testFiles(path.join(import.meta.dirname, "..")).map((file) => fs.readFileSync(file, "utf8"));
/** "threat 7", "threats 4 and 32", "threats 15, 16 and 34". */
const mentions = sources.flatMap((source) =>
  [...source.matchAll(/[Tt]hreats? (\d+(?:(?:, | and |, and )\d+)*)/g)].map((match) => match[1] ?? ""),
);
const named = new Set(mentions.flatMap((list) => [...list.matchAll(/\d+/g)].map(Number)));

describe("the attacks that this version answers", () => {
  for (const [number, what] of Object.entries(answered)) {
    it(`${number}: ${what}`, () => {
      expect(named.has(Number(number)), `no test names threat ${number}`).toBe(true);
    });
  }
});
