// Threats 3, 28 and 29 against the real box: what stays closed or unwritable inside an opened folder stays so when the server moves, replaces
// or swaps the folders around it.
import fs from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createTestBox } from "../fixtures/sandbox/test-box.ts";
import type { TestBox } from "../fixtures/sandbox/test-box.ts";

const box: TestBox = await createTestBox();
afterAll(() => box.close());

/** Runs each step in the box and gives `done` or the error's code for each. */
async function attempt(steps: Readonly<Record<string, string>>, over: Parameters<TestBox["script"]>[1]): Promise<Record<string, string>> {
  const lines = Object.entries(steps).map(
    ([name, code]) => `try { ${code}; out[${JSON.stringify(name)}] = "done" } catch (error) { out[${JSON.stringify(name)}] = error.code }`,
  );
  const ran = await box.script(`const fs = require("fs"); const out = {}; ${lines.join("\n")} console.log(JSON.stringify(out))`, over);
  if (ran.stdout === "") throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as Record<string, string>;
}

function put(file: string, text: string): string {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

/** Moves the folder away and makes the file anew where it was. */
function replace(folder: string, file: string): string {
  const [from, to, at] = [folder, `${folder}-away`, file].map((place) => JSON.stringify(place)) as [string, string, string];
  return `fs.renameSync(${from}, ${to}); fs.mkdirSync(require("path").dirname(${at}), { recursive: true }); fs.writeFileSync(${at}, "EVIL")`;
}

describe.skipIf(box.cannot !== undefined)("folders around what is closed or unwritable", () => {
  it("cannot be moved away in a project, and what is in them can still be worked with", async () => {
    const project = path.join(box.home, "project");
    fs.mkdirSync(path.join(project, ".git", "hooks"), { recursive: true });
    const servers = put(path.join(project, ".cursor", "mcp.json"), "{}");
    const hook = path.join(project, ".git", "hooks", "pre-commit");
    const ref = path.join(project, ".git", "HEAD");
    const seen = await attempt(
      {
        direct: `fs.writeFileSync(${JSON.stringify(hook)}, "EVIL")`,
        git: replace(path.join(project, ".git"), hook),
        cursor: replace(path.dirname(servers), servers),
        remove: `fs.rmdirSync(${JSON.stringify(path.dirname(hook))})`,
        commit: `fs.writeFileSync(${JSON.stringify(`${ref}.lock`)}, "ref"); fs.renameSync(${JSON.stringify(`${ref}.lock`)}, ${JSON.stringify(ref)})`,
        source: `fs.writeFileSync(${JSON.stringify(path.join(project, "new.txt"))}, "x"); fs.mkdirSync(${JSON.stringify(path.join(project, "src"))})`,
      },
      { write: [project] },
    );
    expect(seen).toEqual({ direct: "EROFS", git: "EBUSY", cursor: "EBUSY", remove: "EBUSY", commit: "done", source: "done" });
    expect(fs.readdirSync(path.join(project, ".git", "hooks"))).toEqual([]);
    expect(fs.readFileSync(servers, "utf8")).toBe("{}");
    expect(fs.readFileSync(ref, "utf8")).toBe("ref");
  });

  it("cannot be moved away in the home folder: our own settings and folders, keys and what starts with the desktop", async () => {
    const config = path.join(box.home, ".config", "portcullis", "config.json");
    const autostart = path.join(box.home, ".config", "autostart");
    fs.mkdirSync(autostart, { recursive: true });
    put(path.join(box.home, ".cargo", "credentials.toml"), "TOKEN");
    const seen = await attempt(
      {
        config: replace(path.join(box.home, ".config"), config),
        share: replace(path.join(box.home, ".local"), path.join(box.data, "journal.db")),
        data: replace(path.join(box.home, ".local", "share"), path.join(box.data, "journal.db")),
        cargo: replace(path.join(box.home, ".cargo"), path.join(box.home, ".cargo", "credentials.toml")),
        beside: `fs.mkdirSync(${JSON.stringify(path.join(box.home, ".config", "other"))})`,
      },
      { write: ["~"] },
    );
    expect(seen).toEqual({ config: "EBUSY", share: "EBUSY", data: "EBUSY", cargo: "EBUSY", beside: "done" });
    expect(fs.readFileSync(config, "utf8")).toBe("{}");
    expect(fs.readdirSync(autostart)).toEqual([]);
  });
});

describe.skipIf(box.cannot !== undefined)("logins of other programs in the home folder", () => {
  it("are closed where the home folder is opened, for reading or for writing", async () => {
    const files = [
      ".codex/auth.json",
      ".claude/.credentials.json",
      ".claude.json",
      ".gemini/oauth_creds.json",
      ".cursor/mcp.json",
      ".config/Code/User/mcp.json",
      ".config/Claude/claude_desktop_config.json",
      ".config/github-copilot/hosts.json",
      ".local/share/opencode/auth.json",
      ".config/goose/secrets.yaml",
      ".cache/huggingface/token",
      ".config/sops/age/keys.txt",
      ".config/containers/auth.json",
      ".mozilla/firefox/p/logins.json",
      ".config/vivaldi/Default/Cookies",
      ".var/app/org.mozilla.firefox/.mozilla/firefox/p/logins.json",
      "snap/firefox/common/.mozilla/firefox/p/logins.json",
    ].map((file) => put(path.join(box.home, file), "TOKEN"));
    // Beside them, and no secret: still readable, and not writable for a server.
    const memory = put(path.join(box.home, ".claude", "CLAUDE.md"), "notes");
    for (const over of [{ read: ["~"] }, { write: ["~"] }]) {
      const reads = Object.fromEntries(files.map((file) => [file, `fs.readFileSync(${JSON.stringify(file)})`]));
      const seen = await attempt(
        { ...reads, memory: `fs.readFileSync(${JSON.stringify(memory)})`, plant: `fs.writeFileSync(${JSON.stringify(memory)}, "EVIL")` },
        over,
      );
      for (const file of files) expect(seen[file], file).toMatch(/^(ENOENT|EACCES)$/);
      expect(seen).toMatchObject({ memory: "done", plant: "EROFS" });
    }
  });

  it("are open to a server that is given them by name", async () => {
    const file = put(path.join(box.home, ".cache", "huggingface", "token"), "TOKEN");
    expect(await attempt({ token: `fs.readFileSync(${JSON.stringify(file)})` }, { read: [file] })).toEqual({ token: "done" });
  });
});
