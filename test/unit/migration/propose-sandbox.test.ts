import { describe, expect, it } from "vitest";
import { proposeSandbox, type ProposalInput } from "../../../electron/migration/propose-sandbox.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

const input = (more: Partial<ProposalInput>): ProposalInput => ({
  command: "npx",
  args: [],
  env: {},
  package: null,
  project: null,
  home: "/home/ann",
  ...more,
});
const npm = (name: string, args: readonly string[] = [], more: Partial<ProposalInput> = {}): ProposalInput =>
  input({ args: ["-y", name, ...args], package: { name, args }, ...more });

describe("the proposed sandbox", () => {
  it("gives a filesystem server exactly its argument folders", () => {
    const proposal = proposeSandbox(npm("@modelcontextprotocol/server-filesystem", ["/home/ann/notes", "~/projects/site", "--flag"]));
    expect(proposal.sandbox).toEqual({ write: ["/home/ann/notes", "/home/ann/projects/site"] });
    expect(proposal.warnings).toEqual([]);
  });

  it("says so when such a folder is the whole home", () => {
    for (const folder of ["/home/ann", "~", "/home", "/"]) {
      expect(proposeSandbox(npm("@modelcontextprotocol/server-filesystem", [folder])).warnings).toHaveLength(1);
    }
  });

  it("counts a project's relative folders from the project", () => {
    const proposal = proposeSandbox(npm("@modelcontextprotocol/server-filesystem", ["./docs", ".."], { project: "/home/ann/site" }));
    expect(proposal.sandbox.write).toEqual(["/home/ann/site/docs", "/home/ann"]);
  });

  it("opens a git server's repository and a database's folder", () => {
    expect(proposeSandbox(npm("mcp-server-git", ["--repository", "/srv/repo"])).sandbox).toEqual({ write: ["/srv/repo"] });
    expect(proposeSandbox(npm("mcp-server-sqlite", ["--db-path", "/home/ann/data/x.db"])).sandbox).toEqual({ write: ["/home/ann/data"] });
  });

  it("opens the hosts of a well-known service and those that the settings name, secrets in them or not", () => {
    expect(proposeSandbox(npm("@modelcontextprotocol/server-github")).sandbox.hosts).toContain("api.github.com");
    expect(
      proposeSandbox(npm("@modelcontextprotocol/server-postgres", ["postgresql://app:${keychain:db/PASSWORD}@db.example.com/app"])).sandbox,
    ).toEqual({ hosts: ["db.example.com:5432"] });
    expect(
      proposeSandbox(input({ command: "acme", env: { ACME_URL: "https://acme.example.com/v1", OLD: "http://10.0.0.7:8080" } })).sandbox,
    ).toEqual({
      hosts: ["acme.example.com", "10.0.0.7:8080"],
    });
  });

  it("gives what is not known nothing, and says that it will have to be opened", () => {
    const proposal = proposeSandbox(npm("@acme/mcp"));
    expect(proposal.sandbox).toEqual({});
    expect(proposal.why).toEqual([expect.stringContaining("no network")]);
  });

  it("says what a browser and a container need, instead of opening it", () => {
    expect(proposeSandbox(npm("@playwright/mcp"))).toMatchObject({ sandbox: {}, warnings: [expect.stringContaining("browser")] });
    expect(proposeSandbox(input({ command: "docker", args: ["run", "-i", "image"] }))).toMatchObject({
      sandbox: {},
      warnings: [expect.stringContaining("waive")],
    });
  });

  it("opens a file that a variable points to, and never the home folder", () => {
    const proposal = proposeSandbox(
      npm("@acme/gcp", [], { env: { GOOGLE_APPLICATION_CREDENTIALS: "/home/ann/key.json", DATA_PATH: "/home/ann" } }),
    );
    expect(proposal.sandbox).toEqual({ read: ["/home/ann/key.json"] });
  });

  it("takes no made-up host out of hostile text, and is quick about it", () => {
    const started = processorTime();
    const proposal = proposeSandbox(
      input({ command: "x", args: ["a".repeat(500_000) + "://", `https://${"a.".repeat(200_000)}`, "https://*.com", "x://\n"] }),
    );
    expect(processorTime() - started).toBeLessThan(500);
    expect(proposal.sandbox).toEqual({});
  });
});
