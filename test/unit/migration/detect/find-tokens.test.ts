import { expect, test } from "vitest";
import { findTokens } from "../../../../electron/migration/detect/find-tokens.ts";
import { fakeTokens } from "../../../fixtures/migration/fake-tokens.ts";
import { processorTime } from "../../../fixtures/processor-time.ts";

const github = fakeTokens["github"] ?? "";

test.each([
  `// "env": { "GITHUB_TOKEN": "${github}" }`,
  `//${github}`,
  `#${github}`,
  `--${github}.`,
  `token:${github}`,
  `GITHUB_TOKEN=${github};`,
  `https://ann:${github}@example.com/x`,
  `https://example.com/${github}/mcp`,
])("a token is found in %s, and nothing but it", (text) => {
  expect(findTokens(text).map(({ start, end, label }) => [text.slice(start, end), label])).toEqual([[github, "a GitHub token"]]);
});

test("each is found at its own place", () => {
  const text = `${github}\n${fakeTokens["slack"] ?? ""} ${github}`;
  expect(findTokens(text).map(({ label }) => label)).toEqual(["a GitHub token", "a Slack token", "a GitHub token"]);
});

test("what only looks long is none, and a megabyte is quick", () => {
  expect(
    findTokens('"@modelcontextprotocol/server-filesystem" /home/ann/projects/sk-something/else ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
  ).toEqual([]);
  const started = processorTime();
  expect(findTokens("a:b/-".repeat(200_000))).toEqual([]);
  expect(findTokens("-".repeat(1_000_000))).toEqual([]);
  expect(processorTime() - started).toBeLessThan(1500);
});
