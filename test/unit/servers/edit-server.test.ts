import { describe, expect, it } from "vitest";
import { editServer } from "../../../electron/servers/edit-server.ts";
import type { ServerEdit, ServerSettings } from "../../../shared/model/server.ts";
import { createRedactor } from "../../../shared/text/redact.ts";

const secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
const redactor = createRedactor([secret]);
const shown = (text: string): string => redactor.text(text);
const before: ServerSettings = {
  command: "npx",
  args: ["-y", "tool", `--token=${secret}`],
  env: { PLAIN: "kept", TOKEN: "${keychain:a/b}" },
  cwd: "/w",
  sandbox: { waived: true },
  comment: "the person's own",
};
const edit = (change: ServerEdit) => editServer(before, change, shown);

describe("a server's settings after an edit", () => {
  it("are what they were but for what is named, keys that are not known included", () => {
    expect(edit({ env: { PLAIN: null, NEW: "1" }, cwd: null })).toEqual({
      ok: true,
      value: {
        settings: {
          command: "npx",
          args: before.args,
          env: { TOKEN: "${keychain:a/b}", NEW: "1" },
          sandbox: { waived: true },
          comment: "the person's own",
        },
        fields: ["cwd", "env.PLAIN", "env.NEW"],
      },
    });
    expect(edit({ command: ["node"] })).toMatchObject({ ok: true, value: { fields: ["command"] } });
    expect(edit({ command: ["node"] })).not.toHaveProperty("value.settings.args");
    expect(edit({ env: { PLAIN: null, TOKEN: null } })).not.toHaveProperty("value.settings.env");
  });

  it("differ in nothing where all is as it was, hidden parts included", () => {
    const command = [before.command, ...(before.args ?? [])].map(shown);
    expect(command.at(-1)).toBe("--token=[redacted]");
    const same = edit({ command, env: { PLAIN: "kept" }, cwd: "/w" });
    expect(same).toEqual({ ok: true, value: { settings: before, fields: [] } });
  });

  it("keep what is hidden in a word that only moved", () => {
    expect(edit({ command: ["npx", "--token=[redacted]", "-y", "tool"] })).toMatchObject({
      ok: true,
      value: { settings: { args: [`--token=${secret}`, "-y", "tool"] } },
    });
  });

  it("never get the mark of what is hidden for a value", () => {
    expect(edit({ command: ["npx", "-y", "tool", "--key=[redacted]"] })).toMatchObject({ ok: false, error: { code: "bad-input" } });
    // What was hidden when it was shown may not be known as a secret any more.
    const unknown = editServer(before, { command: ["npx", "-y", "other", "--token=[redacted]"] }, (text) => text);
    expect(unknown).toMatchObject({ ok: false, error: { code: "bad-input" } });
    // A word of the person's own that is just this stays.
    const own: ServerSettings = { command: "x", args: ["[redacted]"] };
    const plain = editServer(own, { command: ["y", "[redacted]"] }, shown);
    expect(plain).toMatchObject({ ok: true, value: { settings: { args: ["[redacted]"] } } });
  });

  it("of two words that are shown alike keep each in its place", () => {
    const other = "xoxb-171234567890-abcdefGHIJKL";
    const both = createRedactor([secret, other]);
    const two: ServerSettings = { command: "x", args: [secret, other] };
    const edited = editServer(two, { command: ["y", "[redacted]", "[redacted]"] }, (text) => both.text(text));
    expect(edited).toMatchObject({ ok: true, value: { settings: { command: "y", args: [secret, other] } } });
  });

  it("of two words that are shown alike take the one behind the same option, or none", () => {
    const other = "xoxb-171234567890-abcdefGHIJKL";
    const both = createRedactor([secret, other]);
    const two: ServerSettings = { command: "x", args: ["--git", secret, "--chat", other] };
    const editTwo = (from: ServerSettings, ...command: string[]) => editServer(from, { command }, (text) => both.text(text));
    const hidden = "[redacted]";
    const cases: readonly (readonly [typed: readonly string[], args: readonly string[]])[] = [
      [
        ["--chat", hidden],
        ["--chat", other],
      ],
      [
        ["--git", hidden],
        ["--git", secret],
      ],
      [
        ["--chat", hidden, "--git", hidden],
        ["--chat", other, "--git", secret],
      ],
      [
        ["-v", "--git", hidden, "--chat", hidden],
        ["-v", "--git", secret, "--chat", other],
      ],
    ];
    for (const [typed, args] of cases) expect(editTwo(two, "x", ...typed)).toMatchObject({ ok: true, value: { settings: { args } } });
    for (const typed of [["--other", hidden], [hidden], ["--git", hidden, "--other", hidden]]) {
      expect(editTwo(two, "x", ...typed)).toMatchObject({ ok: false, error: { code: "bad-input" } });
    }
    expect(editTwo({ command: "x", args: [secret, other] }, "x", hidden)).toMatchObject({ ok: false, error: { code: "bad-input" } });
  });

  it("tell nothing of a word that is refused", () => {
    const refused = edit({ command: ["npx", "--dsn=postgres://me:n3w-passw0rd@[redacted]"] });
    expect(JSON.stringify(refused)).toContain("Word 2");
    expect(JSON.stringify(refused)).not.toContain("n3w");
  });

  it("have a command, and variables with a name", () => {
    expect(edit({ command: [""] })).toMatchObject({ ok: false, error: { code: "bad-input" } });
    for (const name of ["", "1A", "A-B", "A=B"]) expect(edit({ env: { [name]: "x" } })).toMatchObject({ ok: false });
    // One that is there under a name that could not be given now can be taken away.
    const odd = editServer({ command: "x", env: { "A-B": "1" } }, { env: { "A-B": null } }, shown);
    expect(odd).toEqual({ ok: true, value: { settings: { command: "x" }, fields: ["env.A-B"] } });
  });
});
