import { describe, expect, it } from "vitest";
import {
  firstChoice,
  namedSandboxes,
  openInstead,
  secretLines,
  selectionOf,
  sharesThroughGit,
  takeAlong,
  tick,
} from "../../../renderer/welcome/choice.ts";
import { mustRead, readingKey, reviewRows } from "../../../renderer/welcome/review.ts";
import type { PlannedServer } from "../../../shared/model/migration.ts";
import { migrationPlan, migrationScan } from "../../fixtures/renderer/migration.ts";

const scan = migrationScan(1_800_000_000_000);
const plan = migrationPlan();
const all = { client: null, folders: [] };

function server(name: string): PlannedServer {
  const found = plan.servers.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

describe("the choice", () => {
  it("begins with secrets and probable ones ticked, everything moving", () => {
    const choice = firstChoice(scan);
    expect(choice.ticked.has("s5")).toBe(true);
    expect(choice.ticked.has("u1")).toBe(false);
    const selection = selectionOf(choice, scan, all, {});
    expect(selection?.secrets).toHaveLength(9);
    expect(selection).not.toHaveProperty("servers");
    expect(selection).not.toHaveProperty("clients");
    expect(selection).not.toHaveProperty("sandbox");
  });

  it("takes the same value elsewhere along", () => {
    const off = tick(firstChoice(scan), scan, ["s1"], false);
    expect(off.ticked.has("s6")).toBe(false);
    expect(tick(off, scan, ["s6"], true).ticked.has("s1")).toBe(true);
  });

  it("ticks what is unlikely only where the person did", () => {
    const same = scan.secrets.filter(({ id }) => id === "u1").map((one) => ({ ...one, id: "u2", server: "github" }));
    const twin = { ...scan, secrets: [...scan.secrets, ...same] };
    const on = tick(firstChoice(twin), twin, ["u1"], true);
    expect(on.ticked.has("u1")).toBe(true);
    expect(on.ticked.has("u2")).toBe(false);
  });

  it("leaves entries by name, and comes to nothing when all are left", () => {
    const some = takeAlong(firstChoice(scan), ["github"], false);
    expect(selectionOf(some, scan, all, {})?.servers).not.toContain("github");
    expect(selectionOf(takeAlong(some, ["github"], true), scan, all, {})).not.toHaveProperty("servers");
    const names = scan.files.flatMap(({ entries }) => entries.map((entry) => entry.server));
    expect(selectionOf(takeAlong(some, names, false), scan, all, {})).toBeNull();
  });

  it("is limited to a client, and names the person's folders", () => {
    const selection = selectionOf(takeAlong(firstChoice(scan), ["github"], false), scan, { client: "cursor", folders: ["/x"] }, {});
    expect(selection).toMatchObject({ clients: ["cursor"], servers: ["linear", "stripe"], folders: ["/x"] });
  });

  it("leaves what git shares with others unless it is asked for", () => {
    expect(sharesThroughGit(scan, null)).toBe(false);
    const files = scan.files.map((file) =>
      file.id === "cursor-project"
        ? { ...file, exposures: [{ kind: "git-tracked" as const, text: "Git tracks it.", severe: true }] }
        : file,
    );
    expect(sharesThroughGit({ ...scan, files }, null)).toBe(true);
    expect(sharesThroughGit({ ...scan, files }, "claude-code")).toBe(false);
    expect(selectionOf(firstChoice(scan), scan, all, {})).not.toHaveProperty("shared");
    expect(selectionOf({ ...firstChoice(scan), shared: true }, scan, all, {})).toMatchObject({ shared: true });
  });

  it("keeps a changed sandbox with its entries, whatever the plan calls their server", () => {
    const choice = openInstead(firstChoice(scan), server("github"), { hosts: ["example.org"] });
    expect(namedSandboxes(choice, plan)).toEqual({ github: { hosts: ["example.org"] } });
    const renamed = {
      servers: [
        { ...server("github"), name: "github-2" },
        { ...server("slack"), name: "github" },
      ],
    };
    expect(namedSandboxes(choice, renamed)).toEqual({ "github-2": { hosts: ["example.org"] } });
    expect(namedSandboxes(openInstead(choice, server("github"), null), plan)).toEqual({});
    expect(namedSandboxes(choice, null)).toEqual({});
  });
});

describe("the lines of a server", () => {
  it("are one for a value at a place, in however many clients", () => {
    const { likely } = secretLines(scan, server("github").from);
    expect(likely.map(({ ids, elsewhere }) => [ids, elsewhere])).toEqual([[["s1", "s6"], 0]]);
    expect(secretLines(scan, [{ file: "claude", server: "github" }]).likely[0]?.elsewhere).toBe(1);
  });
  it("keep what is unlikely apart", () => {
    const { likely, unlikely } = secretLines(scan, server("slack").from);
    expect(likely.map(({ secret }) => secret.id)).toEqual(["s2"]);
    expect(unlikely.map(({ secret }) => secret.id)).toEqual(["u1"]);
  });
});

describe("the rows of the review", () => {
  it("have the worst file's servers first, and keep key and place when they are left alone", () => {
    const rows = reviewRows(plan, scan, null);
    expect(rows.slice(0, 2).map(({ names }) => names)).toEqual([["brave"], ["deploy"]]);
    expect(rows.every(({ planned }) => planned !== null)).toBe(true);
    const less = { ...plan, servers: plan.servers.filter(({ name }) => name !== "deploy") };
    const after = reviewRows(less, scan, null);
    expect(after.map(({ key }) => key)).toEqual(rows.map(({ key }) => key));
    expect(after.find(({ names }) => names.includes("deploy"))?.planned).toBeNull();
  });
  it("show what could move before there is a plan, and never what stays", () => {
    const names = reviewRows(null, scan, null).flatMap((row) => row.names);
    expect(names).toContain("github");
    expect(names).not.toContain("linear");
    expect(names).not.toContain("asks");
    expect(reviewRows(null, scan, "cursor").flatMap((row) => row.names)).toEqual(["stripe", "github"]);
    const refused = { ...plan, servers: [], stays: [{ file: "gemini", server: "memory", reason: "It cannot." }] };
    expect(reviewRows(refused, scan, null).flatMap((row) => row.names)).not.toContain("memory");
  });
});

describe("what has to be read first", () => {
  it("is what is long, dangerous or warned of", () => {
    expect(mustRead(server("github"))).toBe(false);
    expect(mustRead(server("deploy"))).toBe(true);
    expect(mustRead({ command: "node", args: ["x".repeat(300)], warnings: [] })).toBe(true);
    expect(mustRead({ command: "node", args: ["a.js"], warnings: ["Look."] })).toBe(true);
    expect(mustRead({ command: "node", args: ["-e", "a && b"], warnings: [] })).toBe(true);
  });
  it("has to be read again when there is something else to read", () => {
    const one = server("deploy");
    expect(readingKey(one)).toBe(readingKey({ ...one, sandbox: { hosts: [] } }));
    expect(readingKey({ ...one, args: ["-c", "other"] })).not.toBe(readingKey(one));
    expect(readingKey({ ...one, env: [{ name: "LD_PRELOAD", references: [] }] })).not.toBe(readingKey(one));
  });
});
