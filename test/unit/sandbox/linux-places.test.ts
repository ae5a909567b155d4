import { describe, expect, it } from "vitest";
import { tools } from "../../fixtures/sandbox/linux-tools.ts";
import type { Pin } from "../../../electron/sandbox/hand-over.ts";
import { bwrapArguments, placesToPin } from "../../../electron/sandbox/linux.ts";
import type { BoxPlan, Layer } from "../../../electron/sandbox/plan.ts";

const layer = (kind: Layer["kind"], path: string): Layer => ({ kind, path, directory: true, why: "" });
const plan: BoxPlan = {
  name: "a",
  argv: ["/usr/bin/node"],
  cwd: "/srv",
  stateDir: "/state",
  env: {},
  layers: [
    layer("read", "/"),
    layer("write", "/srv"),
    layer("read", "/opt"),
    layer("read", "/opt/a"),
    layer("held", "/srv/.git"),
    layer("closed", "/srv/keys"),
    layer("frozen", "/srv/.git/hooks"),
  ],
  links: [],
  network: { kind: "hosts", rules: [], allowed: [], forwards: [] },
  limits: { memoryMb: 1, processes: 1, openFiles: 1 },
  warnings: [],
};

describe("the places of a box on Linux", () => {
  it("are opened for it where they are mounted: not what is closed, nor what comes with the folder around it", () => {
    expect(placesToPin(plan)).toEqual(["/srv", "/opt", "/srv/.git", "/srv/.git/hooks"]);
  });

  it("are mounted as they were opened, and those that were not are compared in the box before anything else runs", () => {
    const places = new Map<string, Pin>([
      ["/srv", { kind: "descriptor", number: 4 }],
      ["/opt", { kind: "descriptor", number: 5 }],
      ["/srv/.git", { kind: "identity", text: "1:2" }],
    ]);
    const argv = bwrapArguments(
      plan,
      tools,
      { shown: [], links: [], closed: [], root: false },
      { folder: "/net" },
      { filter: 3, places, taken: 0, mostFiles: Infinity, sizes: true },
    );
    expect(argv.join(" ")).toContain("--seccomp 3 ");
    expect(argv.join(" ")).toContain("--bind-fd 4 /srv --ro-bind-fd 5 /opt --bind /srv/.git /srv/.git --tmpfs /srv/keys");
    const command = argv.slice(argv.indexOf("--") + 1);
    expect(command.slice(0, 2)).toEqual(["/bin/sh", "-c"]);
    expect(command.slice(3, 9)).toEqual(["portcullis", "/usr/bin/stat", "1", "/srv/.git", "1:2", "/bin/sh"]);
  });
});
