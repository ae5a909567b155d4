import { describe, expect, test } from "vitest";
import { sandboxView, sandboxWords, serverState, serverView } from "../../../electron/servers/server-view.ts";
import type { ServerActivity } from "../../../electron/servers/server-view.ts";
import type { Standing } from "../../../electron/servers/standing.ts";
import { fail, ok } from "../../../shared/errors.ts";
import { serverViewSchema } from "../../../shared/model/server.ts";
import type { ServerSettings } from "../../../shared/model/server.ts";
import { createRedactor } from "../../../shared/text/redact.ts";

const settings: ServerSettings = {
  command: "node",
  args: ["s.js", "--key=hunter2hunter2", `${"x".repeat(6000)}; rm -rf ~`],
  env: { TOKEN: "${keychain:a/TOKEN}", PLAIN: "plain-secret" },
};
const quiet: ServerActivity = { installing: null, starting: 0, instances: [], failed: null, tools: null };
const standing = (changes: Standing["changes"]): Standing => ({
  settings,
  recognised: { kind: "plain" },
  command: null,
  subject: { program: null, command: "node", args: [], env: {}, cwd: null, read: [], write: [], hosts: [], waived: false, limits: {} },
  accepted: undefined,
  installed: null,
  fingerprint: "f",
  changes,
});

test("the view shows the whole command (threat 1), masks known secrets, and has no value of the environment", () => {
  const view = serverView({
    name: "s",
    settings,
    standing: standing("new"),
    activity: quiet,
    warnings: ["w"],
    capability: null,
    callsToday: 3,
    redactor: createRedactor(["hunter2hunter2"]),
  });
  expect(serverViewSchema.parse(view)).toEqual(view);
  expect(view.args[2]).toHaveLength(6010);
  expect(view.args[2]?.endsWith("; rm -rf ~")).toBe(true);
  expect(view.args[1]).toBe("--key=[redacted]");
  expect(view.env).toEqual([
    { name: "TOKEN", references: ["a/TOKEN"] },
    { name: "PLAIN", references: [] },
  ]);
  expect(view.secrets).toEqual(["a/TOKEN"]);
  expect(JSON.stringify(view)).not.toMatch(/hunter2|plain-secret/u);
});

test("what a server says of its tools is counted only: the lists of all servers would be pushed with every call", () => {
  const tools = { list: [{ name: "t", description: "x".repeat(1_000_000) }], listing: 4 };
  const view = serverView({
    name: "s",
    settings,
    standing: standing([]),
    activity: { ...quiet, tools },
    warnings: [],
    capability: null,
    callsToday: 0,
    redactor: createRedactor([]),
  });
  expect(view.tools).toEqual({ count: 1, listing: 4 });
  expect(JSON.stringify(view).length).toBeLessThan(10_000);
});

test("of several truths the one that the person must deal with is shown", () => {
  const instance = { id: "i", client: "c", pid: 1, startedAt: 0, memoryBytes: null };
  const busy: ServerActivity = {
    ...quiet,
    installing: "x",
    starting: 1,
    instances: [instance],
    failed: { error: fail("internal", "m").error, at: 1 },
  };
  const change = { field: "args", before: null, after: "x" };
  expect(serverState({ ...settings, disabled: true }, standing("new"), busy).kind).toBe("disabled");
  expect(serverState(settings, standing("new"), busy).kind).toBe("new");
  expect(serverState(settings, standing([change]), busy)).toEqual({ kind: "changed", changes: [change] });
  expect(serverState(settings, standing([]), busy).kind).toBe("installing");
  expect(serverState(settings, standing([]), { ...busy, installing: null })).toEqual({ kind: "running", instances: 1 });
  expect(serverState(settings, standing([]), { ...busy, installing: null, instances: [] }).kind).toBe("starting");
  expect(serverState(settings, standing([]), { ...busy, installing: null, instances: [], starting: 0 }).kind).toBe("failed");
  expect(serverState(settings, standing([]), quiet).kind).toBe("idle");
});

describe("the sandbox", () => {
  const ready = { kind: "ready", platform: "linux", hosts: ok(undefined) } as const;
  const cannot = { kind: "cannot-box", reason: "bubblewrap is missing.", fix: "apt install bubblewrap" } as const;
  const noHosts = { kind: "ready", platform: "linux", hosts: fail("cannot-box", "socat is missing.") } as const;

  test("is boxed, waived, or cannot be and why", () => {
    expect(sandboxView({ command: "x" }, ready)).toMatchObject({ kind: "boxed", reason: null });
    expect(sandboxView({ command: "x" }, cannot)).toMatchObject({
      kind: "cannot-box",
      reason: "bubblewrap is missing. apt install bubblewrap",
    });
    expect(sandboxView({ command: "x" }, noHosts)).toMatchObject({ kind: "boxed" });
    expect(sandboxView({ command: "x", sandbox: { hosts: ["a"] } }, noHosts)).toMatchObject({
      kind: "cannot-box",
      reason: "socat is missing.",
    });
    expect(sandboxView({ command: "x", sandbox: { waived: true } }, cannot)).toMatchObject({ kind: "waived" });
  });

  test("in words", () => {
    const words = (over: ServerSettings): string => sandboxWords(over, sandboxView(over, ready), "/home/ann").join("\n");
    expect(words({ command: "x" })).toContain("It has no network.");
    expect(words({ command: "x" })).toContain("nothing else of your home folder");
    expect(words({ command: "x", sandbox: { read: ["~/a"], write: ["~/b"], hosts: ["c"] } })).toMatch(/~\/a[^]*~\/b[^]*reach c,/u);
    for (const all of ["~", "/home/ann/", "/home", "/"])
      expect(words({ command: "x", sandbox: { read: [all] } })).toContain("which is all of your home folder but for keys");
    expect(words({ command: "x", sandbox: { read: ["/home/ann/x", "/home/anna"] } })).toContain("nothing else of your home folder");
    // As the system counts them: memory and files of each process, processes of all the server.
    expect(words({ command: "x", sandbox: { limits: { memoryMb: 64 } } })).toContain(
      "512 processes, each with 64 MB of memory and 4096 open files.",
    );
    expect(words({ command: "x", sandbox: { waived: true } })).toContain("without a sandbox, because you waived it");
  });
});
