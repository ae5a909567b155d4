import { describe, expect, it } from "vitest";
import { messages } from "../../../electron/desktop/messages.ts";
import type { ServerView } from "../../../shared/model/server.ts";

const server: ServerView = {
  name: "files",
  command: "node",
  args: ["index.js"],
  env: [],
  cwd: null,
  warnings: [],
  fingerprint: "f",
  state: { kind: "new" },
  sandbox: { kind: "boxed", reason: null, read: [], write: ["/home/ann/site"], hosts: [] },
  secrets: [],
  instances: [],
  tools: null,
  package: null,
  callsToday: 0,
};
const { detail } = messages.confirmServer;

describe("the dialog that lets a server run (threats 1 and 9)", () => {
  it("says what is run, and what it may touch", () => {
    expect(detail(server).split("\n")).toEqual([
      "node index.js",
      "",
      "May read: nothing",
      "May write: /home/ann/site",
      "May reach: nothing",
    ]);
  });

  it("says in which folder, which decides what index.js is, and with which variables: no page could be asked", () => {
    const env = [
      { name: "API_URL", references: [] },
      { name: "TOKEN", references: ["files/TOKEN"] },
    ];
    expect(
      detail({ ...server, cwd: "/tmp/else\u202Ewhere", env })
        .split("\n")
        .slice(0, 3),
    ).toEqual(["node index.js", "In the folder: /tmp/else⟨U+202E⟩where", "With variables: API_URL, TOKEN"]);
  });
});

it("a notification has nothing that a notification service could take for markup", () => {
  const { body } = messages.notification;
  expect(body("cursor", "files", "read_file")).toBe("cursor → files → read_file");
  expect(body("cursor", "files", "<b>x</b>&lt;")).toBe("cursor → files → ‹b›x‹/b›＆lt;");
});
