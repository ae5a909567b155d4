import { describe, expect, it } from "vitest";
import { diskOf } from "../../fixtures/sandbox/disk-of.ts";
import { plainRequest } from "../../fixtures/sandbox/plain-request.ts";
import { tools } from "../../fixtures/sandbox/linux-tools.ts";
import { bwrapArguments, boxEnvironment } from "../../../electron/sandbox/linux.ts";
import type { LinuxSystem } from "../../../electron/sandbox/linux.ts";
import { planBox } from "../../../electron/sandbox/plan.ts";
import type { BoxPlan, PlanContext } from "../../../electron/sandbox/plan.ts";
import type { BoxRequest } from "../../../electron/sandbox/sandbox.ts";

const stateDir = "/home/ann/.pc/state/a";
const disk = diskOf({
  "/usr/bin/node": "file",
  "/tmp/build": "folder",
  "/dev/shm": "folder",
  "/home/ann/.bashrc": "file",
  "/home/ann/.npmrc": "file",
  "/home/ann/.ssh/id_rsa": "file",
  "/home/ann/.ssh/tools": "folder",
  "/home/ann/.gnupg": "->/srv/keys",
  "/srv/keys/ring": "file",
  "/home/ann/site/.envrc": "file",
  "/home/ann/site/src": "folder",
  [`${stateDir}/.vscode`]: "folder",
  [`${stateDir}/work`]: "folder",
  "/links/ann": "->/home/ann",
  "/links/above": "->/home",
  "/links/own": "->/srv/own",
  "/srv/own": "folder",
  "/etc/ssl/private/a.key": "file",
});
const context: PlanContext = {
  home: "/home/ann",
  protectedPaths: ["/home/ann/.pc", "/links/own", "/home/ann/.pc-of-tomorrow"],
  packagesDir: undefined,
  system: ["/usr"],
  disk,
  makesLinks: true,
};
const base: BoxRequest = { ...plainRequest, stateDir };

function plan(over: Partial<BoxRequest> = {}, to: PlanContext = context): BoxPlan {
  const made = planBox({ ...base, ...over }, to);
  if (!made.ok) throw new Error(`${made.error.code}: ${made.error.message}`);
  return made.value;
}

function outcome(over: Partial<BoxRequest>, to: PlanContext = context): string {
  const made = planBox({ ...base, ...over }, to);
  return made.ok ? "planned" : made.error.code;
}

const layers = (over: Partial<BoxRequest>, to?: PlanContext): readonly string[] =>
  plan(over, to).layers.map((layer) => `${layer.kind} ${layer.path}`);

describe("what cannot be planned", () => {
  it.each<[string, Partial<BoxRequest>, string]>([
    ["a NUL in a value of the environment", { env: { A: "a\0b" } }, "bad-input"],
    ["a NUL in the working folder", { cwd: "/home\0" }, "bad-input"],
    ["a NUL in its own folder", { stateDir: `${stateDir}\0` }, "bad-input"],
    ["a variable without a name", { env: { "": "x" } }, "bad-input"],
    ["the machine's devices", { read: ["/dev/shm"] }, "bad-input"],
    ["all of /tmp", { write: ["/tmp"] }, "bad-input"],
    ["a link to the home folder", { read: ["/links/ann"] }, "not-allowed"],
    ["a link to what is above it", { read: ["/links/above"] }, "not-allowed"],
    ["a program's folder that is all of /tmp", { programs: ["/tmp"] }, "not-allowed"],
    ["our own folder, by where it really is", { read: ["/srv/own"] }, "not-allowed"],
    [
      "a program beside the one place of keys that was named",
      { read: ["~/.ssh/tools"], programs: ["/home/ann/.ssh/id_rsa"] },
      "not-allowed",
    ],
  ])("%s", (_name, over, code) => {
    expect(outcome(over)).toBe(code);
  });

  it("but for a folder in /tmp, and keys that are named by where they really are", () => {
    expect(layers({ write: ["/tmp/build"] })).toContain("write /tmp/build");
    expect(layers({ read: ["/srv/keys"] })).toContain("read /srv/keys");
    expect(layers({ read: ["~/.gnupg"] })).toContain("read /srv/keys");
    // Its own folder lies in ours, and is its own.
    expect(layers({ read: [`${stateDir}/work`] })).toContain(`read ${stateDir}/work`);
    expect(layers({ read: ["~/.ssh/tools"], programs: ["/home/ann/.ssh/tools"] })).toContain("read /home/ann/.ssh/tools");
  });
});

describe("a home folder that is a link", () => {
  const linked = { ...context, home: "/links/ann" };

  it("is opened and closed as what it leads to, and stays home for a program", () => {
    expect(layers({ read: ["~"] }, linked)).toEqual(expect.arrayContaining(["read /home/ann", "closed /home/ann/.ssh"]));
    expect(plan({ read: ["~"] }, linked).warnings.join(" ")).toContain("all of /home/ann");
    expect(outcome({ programs: ["/home/ann"] }, linked)).toBe("not-allowed");
    expect(outcome({ read: ["/links/above"] }, linked)).toBe("not-allowed");
  });
});

describe("what lies in an opened folder", () => {
  it("is closed where it is ours, by its real place, and only if it is there", () => {
    expect(layers({ read: ["/srv"] })).toEqual(expect.arrayContaining(["closed /srv/own", "closed /srv/keys"]));
    expect(layers({ read: ["~"] }).filter((layer) => layer.includes("of-tomorrow"))).toEqual([]);
  });

  it("is writable where it was named, though other programs obey it, and is not opened because of that", () => {
    expect(layers({ write: ["~"] })).toContain("frozen /home/ann/.bashrc");
    expect(layers({ write: ["~", "~/.bashrc"] })).toContain("write /home/ann/.bashrc");
    expect(layers({ write: ["~/site"] })).toEqual(["write /home/ann/site", "frozen /home/ann/site/.envrc", `write ${stateDir}`]);
    expect(layers({ read: ["~/site"] })).toEqual(["read /home/ann/site", `write ${stateDir}`]);
  });

  it("is the server's own in its own folder", () => {
    expect(layers({ write: ["~"] }).filter((layer) => layer.startsWith("frozen /home/ann/.pc"))).toEqual([]);
  });

  it("is written where a program lies that may only be read", () => {
    expect(layers({ write: ["~/site"], programs: ["/home/ann/site"] })).toContain("write /home/ann/site");
  });
});

describe("where a server starts", () => {
  it("is the folder of its settings where that is open, otherwise its own", () => {
    expect(plan({ read: ["~/site"] }).cwd).toBe("/home/ann/site");
    for (const over of [{}, { read: ["~"], cwd: "/home/ann/.ssh" }, { read: ["~/site"], cwd: "/home/ann/site/.envrc" }, { cwd: "/none" }]) {
      const made = plan(over);
      expect([made.cwd, made.warnings.join(" ")]).toEqual([stateDir, expect.stringContaining("starts in its own folder")]);
    }
    // Its own folder lies in ours, which is closed around it.
    expect(plan({ read: ["~"], cwd: `${stateDir}/work` }).cwd).toBe(`${stateDir}/work`);
  });

  it("is not the person's home, whatever its settings say, and its limits are what they say", () => {
    const made = plan({ env: { HOME: "/home/ann", A: "b" }, limits: { memoryMb: 1, processes: 2, openFiles: 3 } });
    expect(made.env).toEqual({ HOME: stateDir, A: "b" });
    expect(made.limits).toEqual({ memoryMb: 1, processes: 2, openFiles: 3 });
  });
});

describe("the box on Linux", () => {
  const system: LinuxSystem = { shown: ["/usr"], links: [], closed: ["/etc/ssl/private"], root: false };
  const command = (over: Partial<BoxRequest>, network?: { folder: string }): string =>
    bwrapArguments(plan(over), tools, system, network, { filter: 3, places: new Map(), taken: 0, mostFiles: Infinity, sizes: true }).join(
      " ",
    );

  it("hides a file behind a device, a folder behind an empty one that cannot be written to, and what is frozen behind itself", () => {
    const argv = command({ write: ["~"] });
    expect(argv).toContain("--ro-bind /dev/null /home/ann/.npmrc");
    expect(argv).toContain("--tmpfs /home/ann/.ssh");
    expect(argv).toContain("--remount-ro /home/ann/.ssh");
    expect(argv).toContain("--ro-bind /home/ann/.bashrc /home/ann/.bashrc");
    expect(argv).toContain("--tmpfs /etc/ssl/private");
  });

  it("closes the machine's keys' folder once what is opened in it stands there, and not what is opened in its stead", () => {
    const key = "/etc/ssl/private/a.key";
    expect(command({ read: [key] })).toMatch(
      /--tmpfs \/etc\/ssl\/private .*--ro-bind (\/etc\/ssl\/private\/a\.key) \1 .*--remount-ro \/etc\/ssl\/private /,
    );
    const itself = command({ write: ["/etc/ssl/private"] });
    expect(itself).toContain("--bind /etc/ssl/private /etc/ssl/private");
    expect(itself).not.toContain("--remount-ro /etc/ssl/private");
    // With what is around it, it is hidden as any place with keys is.
    expect(command({ write: ["/etc/ssl"] }).split("--remount-ro /etc/ssl/private ")).toHaveLength(2);
  });

  it("shows the whole disk for reading only", () => {
    const argv = command({ read: ["/"] });
    expect(argv).toMatch(
      / --ro-bind \/ \/ --dev \/dev .*--tmpfs \/dev\/shm --remount-ro \/dev --proc \/proc .*--tmpfs \/tmp .*--tmpfs \/run /,
    );
    expect(argv).not.toContain("--bind / /");
    // A folder in it that may only be read is no mount of its own, unless the box has one of its own there.
    expect(command({ read: ["/", "~/site"] })).toContain("--ro-bind /home/ann/site /home/ann/site");
  });

  it("waits for each of its ends of the network, and has the names of hosts from the supervisor", () => {
    const argv = command({ hosts: ["localhost:5432", "db.example:6000"] }, { folder: "/net" });
    expect(argv).toContain("--ro-bind /net /run/portcullis/net --ro-bind /net/hosts /etc/hosts");
    // Four pairs: the proxy, localhost in both families, the database. Three of them in the list of IPv4 sockets.
    expect(argv).toContain("/usr/bin/socat /bin/sleep 4 3 TCP4-LISTEN:3128,bind=127.0.0.1");
    expect(argv).toContain("TCP6-LISTEN:5432,bind=[::1]");
  });

  it("tells every program of its proxy, in both spellings, and keeps temporary files in the box", () => {
    const env = boxEnvironment(plan({ env: { TMPDIR: "/home/ann" }, hosts: ["api.example"] }), "t");
    for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]) {
      expect(env[name]).toBe("http://srt:t@127.0.0.1:3128");
    }
    expect(env["TMPDIR"]).toBe("/tmp");
    expect(boxEnvironment(plan({ hosts: ["api.example:80"] }), "t")["NO_PROXY"]).toContain("localhost");
  });

  it("sets what loaders and shells obey behind the filter only", () => {
    const names = [
      "LD_LIBRARY_PATH",
      "BASH_ENV",
      "IFS",
      "GLIBC_TUNABLES",
      "NIX_LD",
      "NIX_LD_LIBRARY_PATH_x86_64_linux",
      "BASH_FUNC_a%%",
      "SOCAT_FORK_WAIT",
    ];
    const over = { env: Object.fromEntries(names.map((name) => [name, "x"])) };
    expect(Object.keys(boxEnvironment(plan(over), undefined)).toSorted()).toEqual(["HOME", "TMPDIR"]);
    const argv = command(over);
    for (const name of names) expect(argv.indexOf(` ${name}=x`)).toBeGreaterThan(argv.indexOf("/run/portcullis/seccomp /usr/bin/env"));
    expect(command({ env: { LD_ACCESS_TOKEN: "x" } })).not.toContain("LD_ACCESS_TOKEN");
  });
});
