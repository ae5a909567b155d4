import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemoryRig } from "../fixtures/migrate/memory-rig.ts";
import { fakeTokens } from "../fixtures/migration/fake-tokens.ts";

// A secret that stands in no server of a config (commented out, say) is never shown, and the plan says that it is left there.
let home: string;
beforeEach(() => {
  home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "migration-comments-")));
});
afterEach(() => {
  fs.rmSync(home, { recursive: true, force: true });
});

const { github = "", slack = "", gitlab = "", tavily = "" } = fakeTokens;

function put(file: string, text: string): string {
  const full = path.join(home, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
  return full;
}

test("a commented-out secret is masked in the plan, and named as left in the file", async () => {
  const vscode = put(
    ".config/Code/User/mcp.json",
    `{
  // "env": { "GITHUB_TOKEN": "${github}" },
  "servers": {
    "a": {
      "command": "node",
      // "args": ["--token=${gitlab}"],
      "args": ["server.js"],
      "env": { "TAVILY_API_KEY": "${tavily}" }
    } //${slack}
  }
}
`,
  );
  const codex = put(
    ".codex/config.toml",
    `#${slack}\n[mcp_servers.b]\ncommand = "node"\nargs = ["b.js"]\n# GITHUB_TOKEN = "${github}"\n# url = "https://ann:${gitlab}@example.com"\n`,
  );
  const { migrations } = await createMemoryRig(home, { platform: "linux" });
  expect(await migrations.scan([], () => undefined)).toMatchObject({ ok: true });
  const plan = await migrations.plan({});
  if (!plan.ok) throw new Error(plan.error.message);
  const shown = JSON.stringify(plan.value);
  for (const token of [github, slack, gitlab, tavily]) expect(shown).not.toContain(token.slice(0, 12));
  const reasons = plan.value.stays.filter(({ server }) => server === "").map(({ reason }) => reason);
  const [ofCodex = "", ofVscode = ""] = reasons.toSorted();
  expect(reasons).toHaveLength(2);
  expect(ofVscode).toContain(vscode);
  expect(ofVscode).toContain("a GitHub token in line 2");
  // What moves into the keychain is not left.
  expect(ofVscode).not.toContain("Tavily");
  expect(ofCodex).toContain(codex);
  expect(ofCodex).toContain("a Slack token in line 1");
  await migrations.close();
});
