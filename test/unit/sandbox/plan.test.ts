import { describe, expect, it } from "vitest";
import { diskOf } from "../../fixtures/sandbox/disk-of.ts";
import { tools } from "../../fixtures/sandbox/linux-tools.ts";
import type { Handed } from "../../../electron/sandbox/hand-over.ts";
import { bwrapArguments, boxEnvironment, waivedArguments } from "../../../electron/sandbox/linux.ts";
import type { LinuxSystem } from "../../../electron/sandbox/linux.ts";
import { explainPlan } from "../../../electron/sandbox/explain.ts";
import { quoteWord, seatbeltCommand, seatbeltConfig, seatbeltEnvironment } from "../../../electron/sandbox/macos.ts";
import { isWithin } from "../../../electron/sandbox/places.ts";
import { planBox } from "../../../electron/sandbox/plan.ts";
import type { BoxPlan } from "../../../electron/sandbox/plan.ts";
import type { BoxRequest } from "../../../electron/sandbox/sandbox.ts";
import { accountCommand, accountConfig } from "../../../electron/sandbox/windows.ts";

const disk = diskOf({
  "/usr/bin/node": "file",
  "/home/ann": "folder",
  "/home/ann/.ssh/id_rsa": "file",
  "/home/ann/.npmrc": "file",
  "/home/ann/.bashrc": "file",
  "/home/ann/site/.git/hooks": "folder",
  "/home/ann/site/src": "folder",
  "/home/ann/link": "->/srv/data",
  "/home/ann/keys": "->/home/ann/.ssh",
  "/home/ann/everything": "->/",
  "/srv/data": "folder",
  "/home/ann/.local/share/portcullis/packages/server": "folder",
  "/home/ann/.local/share/portcullis/packages/.installing-1": "folder",
  "/proc/self": "folder",
  "/home/ann/.local/share/portcullis/state/a": "folder",
  "/home/ann/.local/share/portcullis/state/b": "folder",
  "/opt/tool": "file",
  "/opt/called": "->/opt/tool",
  "/opt/version": "->/opt/called",
  "/usr/bin/called": "->/opt/tool",
  "/srv/data/called": "->/opt/tool",
  "/tmp/called": "->/opt/tool",
  "/dev/called": "->/opt/tool",
  "/home/ann/.ssh/called": "->/opt/tool",
  "/tmp/build/tool": "file",
});
const context = {
  home: "/home/ann",
  protectedPaths: ["/home/ann/.local/share/portcullis"],
  packagesDir: "/home/ann/.local/share/portcullis/packages",
  system: ["/usr"],
  disk,
  makesLinks: true,
};
const base: BoxRequest = {
  name: "a",
  argv: ["/usr/bin/node", "server.js"],
  env: { PATH: "/usr/bin", TOKEN: "secret" },
  cwd: "/home/ann/site",
  programs: ["/home/ann/.local/share/portcullis/packages/server"],
  read: [],
  write: [],
  hosts: [],
  stateDir: "/home/ann/.local/share/portcullis/state/a",
  limits: {},
  waived: false,
};

function plan(over: Partial<BoxRequest> = {}): BoxPlan {
  const result = planBox({ ...base, ...over }, context);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

function refusal(over: Partial<BoxRequest>): string {
  const result = planBox({ ...base, ...over }, context);
  return result.ok ? "planned" : result.error.code;
}

function layers(of: BoxPlan): readonly string[] {
  return of.layers.map((layer) => `${layer.kind} ${layer.path}`);
}

describe("a plan", () => {
  it("opens the program and the server's own folder, nothing else", () => {
    const made = plan();
    expect(layers(made)).toEqual([
      "read /home/ann/.local/share/portcullis/packages/server",
      "write /home/ann/.local/share/portcullis/state/a",
    ]);
    expect(made.network).toEqual({ kind: "none" });
    expect(made.env["HOME"]).toBe("/home/ann/.local/share/portcullis/state/a");
    expect(made.cwd).toBe(made.stateDir);
    expect(made.warnings).toHaveLength(1);
  });

  it("closes keys and our own folders inside what is opened, and opens the server's own again", () => {
    expect(layers(plan({ read: ["~"] }))).toEqual([
      "read /home/ann",
      "closed /home/ann/.npmrc",
      "closed /home/ann/.ssh",
      "closed /home/ann/.local/share/portcullis",
      "read /home/ann/.local/share/portcullis/packages/server",
      "write /home/ann/.local/share/portcullis/state/a",
    ]);
  });

  it("keeps what other programs obey unwritable", () => {
    expect(layers(plan({ write: ["~/site"] }))).toContain("frozen /home/ann/site/.git/hooks");
    expect(layers(plan({ write: ["~"] }))).toContain("frozen /home/ann/.bashrc");
    expect(layers(plan({ read: ["~"] }))).not.toContain("frozen /home/ann/.bashrc");
  });

  it("holds every folder between such a place and the writable one around it, and says nothing more is opened", () => {
    const made = plan({ write: ["~"] });
    expect(layers(made).filter((layer) => layer.startsWith("held"))).toEqual(["held /home/ann/.local", "held /home/ann/.local/share"]);
    expect(layers(plan({ write: ["~/site"] }))).toEqual(expect.arrayContaining(["write /home/ann/site", "held /home/ann/site/.git"]));
    expect(layers(plan({ read: ["~"] })).filter((layer) => layer.startsWith("held"))).toEqual([]);
    // Inside what is only read, or closed, nothing can be moved anyway.
    expect(layers(plan({ write: ["~"], read: ["~/site"] }))).not.toContain("held /home/ann/site/.git");
    const lines = explainPlan(made, [], { platform: "linux", root: false, sizes: true });
    expect(lines.filter((line) => line.startsWith("May read and write")).length).toBe(2);
    expect(lines).toContain("Stays where it is: /home/ann/.local/share (a place in it is opened or closed on its own)");
  });

  it("opens a credential place that is named itself, with a warning", () => {
    const made = plan({ read: ["~/.ssh"] });
    expect(layers(made)).toContain("read /home/ann/.ssh");
    expect(made.warnings.join(" ")).toContain("keys or tokens");
  });

  it.each([
    ["keys", "/home/ann/.ssh"],
    ["a key", "/home/ann/.ssh/id_rsa"],
    ["our own folder", "/home/ann/.local/share/portcullis"],
    ["all packages", "/home/ann/.local/share/portcullis/packages"],
    ["a package that is being installed", "/home/ann/.local/share/portcullis/packages/.installing-1"],
    ["another server's state", "/home/ann/.local/share/portcullis/state/b"],
    ["the home folder", "/home/ann"],
    ["what is above it", "/home"],
    ["the whole disk", "/"],
    ["the whole disk, by a link", "/home/ann/everything"],
    ["keys, by a link", "/home/ann/keys"],
    ["another /proc", "/proc/self"],
  ])("does not open %s because a program lies among them", (_name, place) => {
    expect(refusal({ programs: [place] })).toBe("not-allowed");
    expect(refusal({ programs: [], argv: [place] })).toBe("not-allowed");
  });

  it("opens a program among keys where the person opened that place", () => {
    expect(layers(plan({ programs: ["/home/ann/.ssh/id_rsa"], read: ["~/.ssh"] }))).toContain("read /home/ann/.ssh");
    expect(refusal({ programs: ["/home/ann/.ssh/id_rsa"], read: ["~"] })).toBe("not-allowed");
  });

  it("opens the server's own state as a program, and its own installation", () => {
    const own = "/home/ann/.local/share/portcullis";
    expect(layers(plan({ programs: [`${own}/state/a`, `${own}/packages/server`] }))).toEqual([
      `read ${own}/packages/server`,
      `write ${own}/state/a`,
    ]);
  });

  it("writes where both reading and writing are asked, and shows where a link leads", () => {
    const made = plan({ read: ["~/link"], write: ["/srv/data/"] });
    expect(layers(made)).toContain("write /srv/data");
    expect(plan({ read: ["~/link"] }).layers.find((layer) => layer.path === "/srv/data")?.why).toContain("~/link");
  });

  it("shows the program itself when no opening covers it", () => {
    expect(layers(plan({ argv: ["/opt/tool"] }))).toContain("read /opt/tool");
  });

  it.each<[string, Partial<BoxRequest>, string]>([
    ["our own folder", { read: ["/home/ann/.local/share/portcullis"] }, "not-allowed"],
    ["another server's state", { write: ["~/.local/share/portcullis/state/b"] }, "not-allowed"],
    ["a link to keys", { read: ["~/keys"] }, "not-allowed"],
    ["a link to the root", { read: ["~/everything"] }, "not-allowed"],
    ["the root for writing", { write: ["/"] }, "bad-input"],
    ["/proc", { read: ["/proc"] }, "bad-input"],
    ["a missing folder", { read: ["~/missing"] }, "bad-input"],
    ["another user's ~", { read: ["~bob/x"] }, "bad-input"],
    ["a relative folder", { read: ["site"] }, "bad-input"],
    ["a NUL", { read: ["/srv/da\0ta"] }, "bad-input"],
    ["a NUL in an argument", { argv: ["/usr/bin/node", "a\0b"] }, "bad-input"],
    ["a variable's name with =", { env: { "A=B": "c" } }, "bad-input"],
    ["a wrong host", { hosts: ["*"] }, "bad-input"],
    ["a missing program", { argv: ["/usr/bin/none"] }, "cannot-start"],
    ["a command without a path", { argv: ["node"] }, "cannot-start"],
    ["no command", { argv: [] }, "bad-input"],
  ])("refuses %s", (_name, over, code) => {
    expect(refusal(over)).toBe(code);
  });

  it("says what helps with a place that every box has of its own: in /tmp a folder can be named, in /proc none", () => {
    const refused = (read: string): unknown => planBox({ ...base, read: [read] }, context);
    expect(refused("/tmp")).toMatchObject({ error: { hint: "Name the folder inside it that the server needs." } });
    expect(refused("/proc/self")).toMatchObject({ error: { hint: "Take it out of the server's sandbox settings." } });
  });

  it("compares places by whole components", () => {
    expect(isWithin("/a/b", "/a/b")).toBe(true);
    expect(isWithin("/a/b/c", "/a/b")).toBe(true);
    expect(isWithin("/a/bc", "/a/b")).toBe(false);
    expect(isWithin("/a/..b", "/a")).toBe(true);
    expect(isWithin("/a", "/a/b")).toBe(false);
    expect(isWithin("/x", "/")).toBe(true);
  });
});

describe("links in a box", () => {
  const links = (over: Partial<BoxRequest>, to = context): readonly string[] => {
    const result = planBox({ ...base, ...over }, to);
    return result.ok ? [result.value.argv[0] ?? "", ...result.value.links.map((link) => `${link.at} -> ${link.to}`)] : [result.error.code];
  };
  const tool = (name: string, over: Partial<BoxRequest> = {}): readonly string[] => links({ argv: [name], ...over });

  it("are made on the way of everything that is opened, also where one leads through another", () => {
    expect(tool("/opt/version")).toEqual(["/opt/version", "/opt/version -> /opt/tool", "/opt/called -> /opt/tool"]);
    expect(links({ read: ["~/link"], write: ["/srv/data"] })).toEqual(["/usr/bin/node", "/home/ann/link -> /srv/data"]);
    expect(links({ programs: ["/tmp/called"] })).toEqual(["/usr/bin/node", "/tmp/called -> /opt/tool"]);
  });

  it("are not made where they are shown, or where something else is", () => {
    expect(tool("/usr/bin/called")).toEqual(["/usr/bin/called"]);
    expect(tool("/srv/data/called", { read: ["/srv/data"] })).toEqual(["/srv/data/called"]);
    expect(tool("/opt/called", { read: ["/"] })).toEqual(["/opt/called"]);
    expect(tool("/tmp/called", { read: ["/"] })).toEqual(["/tmp/called", "/tmp/called -> /opt/tool"]);
    expect(tool("/dev/called")).toEqual(["/opt/tool"]);
    expect(tool("/home/ann/.ssh/called", { read: ["~"] })).toEqual(["/opt/tool"]);
  });

  it("are never made over something that is mounted, or below another", () => {
    const moving = { ...disk, link: (place: string) => (place === "/srv" || place === "/opt" ? "/opt/tool" : disk.link(place)) };
    expect(links({ read: ["/srv/data"], argv: ["/opt/called"] }, { ...context, disk: moving })).toEqual(["/opt/tool"]);
  });

  it("are not made where a box has no root of its own", () => {
    expect(links({ argv: ["/opt/called"] }, { ...context, makesLinks: false })).toEqual(["/opt/tool"]);
  });

  it("come after what is mounted, and before the root is closed", () => {
    expect(bwrapArguments(plan({ argv: ["/opt/called"] }), tools, system, undefined, handed).join(" ")).toMatch(
      /--ro-bind \/opt\/tool \/opt\/tool .*--symlink \/opt\/tool \/opt\/called .*--remount-ro \/ /,
    );
  });
});

const handed: Handed = { filter: 3, places: new Map(), taken: 0, mostFiles: Infinity, sizes: true };
const system: LinuxSystem = { shown: ["/usr"], links: [{ at: "/bin", to: "usr/bin" }], closed: [], root: false };

describe("on Linux", () => {
  it("becomes exactly this command line", () => {
    expect(bwrapArguments(plan(), tools, system, undefined, handed).join(" ")).toBe(
      [
        "/usr/bin/bwrap --unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try --hostname portcullis",
        "--die-with-parent --new-session --cap-drop ALL --unsetenv PORTCULLIS_RUN --unsetenv PORTCULLIS_INSTANCE --seccomp 3 --ro-bind /usr /usr --symlink usr/bin /bin",
        "--dev /dev --size 2147483648 --tmpfs /dev/shm --remount-ro /dev --proc /proc --size 2147483648 --tmpfs /tmp --size 2147483648 --tmpfs /var/tmp --tmpfs /run",
        "--ro-bind /home/ann/.local/share/portcullis/packages/server /home/ann/.local/share/portcullis/packages/server",
        "--bind /home/ann/.local/share/portcullis/state/a /home/ann/.local/share/portcullis/state/a",
        "--ro-bind /app/seccomp /run/portcullis/seccomp --remount-ro /run --remount-ro /",
        "--chdir /home/ann/.local/share/portcullis/state/a --",
        "/usr/bin/prlimit --nproc=512 --nofile=4096 --data=2147483648 --core=0 -- /run/portcullis/seccomp /usr/bin/node server.js",
      ].join(" "),
    );
  });

  it.each([
    [0, Infinity, 4096],
    [150, Infinity, 4246],
    [150, 4200, 4200],
    [150, 4096, 4096],
    [150, 1024, 4096],
  ])("leaves %i numbers that are taken out of the limit of open files, as far as %d allows", (taken, mostFiles, limit) => {
    const argv = bwrapArguments(plan(), tools, system, undefined, { ...handed, taken, mostFiles });
    expect(argv.filter((word) => word.startsWith("--nofile="))).toEqual([`--nofile=${String(limit)}`]);
  });

  it("limits what is kept in memory where bubblewrap can, and closes what nobody has to write", () => {
    const closed = { ...system, closed: ["/etc/ssl/private"] };
    const words = (over: Partial<BoxRequest>, sizes: boolean): string =>
      bwrapArguments(plan(over), tools, closed, undefined, { ...handed, sizes }).join(" ");
    expect(words({ limits: { memoryMb: 64 } }, true)).toContain(
      "--size 67108864 --tmpfs /tmp --size 67108864 --tmpfs /var/tmp --tmpfs /run ",
    );
    const old = words({}, false);
    expect(old).not.toContain("--size");
    expect(old).toContain("--dev /dev --tmpfs /dev/shm --remount-ro /dev --proc /proc --tmpfs /tmp --tmpfs /var/tmp --tmpfs /run ");
    expect(old).toMatch(/--tmpfs \/etc\/ssl\/private .*--remount-ro \/etc\/ssl\/private /);
  });

  it("makes root somebody else in the box, and gives no capability back", () => {
    const argv = bwrapArguments(plan(), tools, { ...system, root: true }, undefined, handed).join(" ");
    expect(argv).toContain("--uid 65534 --gid 65534");
    expect(argv).not.toContain("--cap-add");
    expect(argv).toContain("--proc /proc --ro-bind /proc/sys /proc/sys --size 2147483648 --tmpfs /tmp");
  });

  it("mounts nothing again that the folder around it shows the same way", () => {
    const mounts = (over: Partial<BoxRequest>): string =>
      bwrapArguments(plan(over), tools, system, undefined, handed)
        .join(" ")
        .replace(/^.*--tmpfs \/run /, "")
        .replace(/ --ro-bind \/app\/seccomp.*$/, "");
    const own = "/home/ann/.local/share/portcullis";
    const state = `--bind ${own}/state/a ${own}/state/a`;
    const program = `--ro-bind ${own}/packages/server ${own}/packages/server`;
    expect(mounts({ read: ["~/site", "~/site/src"] })).toBe(`--ro-bind /home/ann/site /home/ann/site ${program} ${state}`);
    // Read-only inside what may be written, and open inside what is closed, each need their own.
    expect(mounts({ write: ["~/site"], read: ["~/site/src"] })).toContain("--ro-bind /home/ann/site/src /home/ann/site/src");
    expect(mounts({ read: ["~"] })).toContain(`--tmpfs ${own} ${program}`);
    // What is held may be written to: a folder in it that may only be read is a mount of its own still.
    expect(mounts({ write: ["~"], read: ["~/site/src"] })).toContain(
      "--bind /home/ann/site /home/ann/site --bind /home/ann/.local/share /home/ann/.local/share --ro-bind /home/ann/site/src /home/ann/site/src",
    );
  });

  it("keeps values of the environment out of the arguments, but for what the linker obeys", () => {
    const made = plan({
      env: { TOKEN: "secret", LD_PRELOAD: "/x.so", SRT_OBSERVE_SOCK: "/x", HTTP_PROXY: "http://own" },
      hosts: ["localhost:5432"],
    });
    const argv = bwrapArguments(made, tools, system, { folder: "/run/user/1/pc-1" }, handed);
    const env = boxEnvironment(made, "token");
    expect(argv.join(" ")).not.toContain("secret");
    expect(argv.join(" ")).not.toContain("token");
    expect(argv.join(" ")).toContain("/run/portcullis/seccomp /usr/bin/env LD_PRELOAD=/x.so /usr/bin/node server.js");
    expect(env).toMatchObject({ TOKEN: "secret", HTTP_PROXY: "http://srt:token@127.0.0.1:3128" });
    expect(Object.keys(env)).not.toContain("LD_PRELOAD");
    expect(Object.keys(env)).not.toContain("SRT_OBSERVE_SOCK");
    expect(argv).toContain("UNIX-CONNECT:/run/portcullis/net/0.sock");
  });

  it("asks the proxy for localhost only when a named port cannot be forwarded", () => {
    expect(boxEnvironment(plan({ hosts: ["localhost:5432"] }), "t")["NO_PROXY"]).toContain("localhost");
    expect(boxEnvironment(plan({ hosts: ["localhost:80"] }), "t")["NO_PROXY"]).not.toContain("localhost");
  });

  it("gives a waived server its own pid namespace and nothing less", () => {
    expect(waivedArguments("/usr/bin/bwrap", ["/opt/tool", "x"], "/srv").join(" ")).toBe(
      "/usr/bin/bwrap --dev-bind / / --unshare-pid --proc /proc --die-with-parent --unsetenv PORTCULLIS_RUN --unsetenv PORTCULLIS_INSTANCE --chdir /srv -- /opt/tool x",
    );
  });
});

describe("on macOS", () => {
  it("closes where people keep things and opens what the plan names", () => {
    const config = seatbeltConfig(plan({ read: ["~"], hosts: ["api.example.org"] }));
    expect(config.network).toMatchObject({
      allowedDomains: ["api.example.org:80", "api.example.org:443"],
      strictAllowlist: true,
      allowAllUnixSockets: false,
    });
    expect(config.filesystem.denyRead).toEqual(expect.arrayContaining(["/Users", "/home/ann/.ssh", "/home/ann/.local/share/portcullis"]));
    expect(config.filesystem.allowRead).toContain("/home/ann");
    expect(config.filesystem.allowWrite).toEqual(["/home/ann/.local/share/portcullis/state/a"]);
  });

  it("quotes every word for the shell", () => {
    expect(quoteWord("plain-1.js")).toBe("plain-1.js");
    expect(quoteWord("it's; rm -rf $HOME")).toBe(`'it'\\''s; rm -rf $HOME'`);
    expect(seatbeltCommand(plan({ argv: ["/opt/tool", "$(id)", ""] }))).toMatch(/exec \/opt\/tool '\$\(id\)' ''$/);
  });

  it("drops what would take effect before the box exists", () => {
    const env = seatbeltEnvironment(plan({ env: { DYLD_INSERT_LIBRARIES: "/x", BASH_ENV: "/x", TOKEN: "s" } }));
    expect(Object.keys(env).sort()).toEqual(["HOME", "NODE_USE_ENV_PROXY", "TMPDIR", "TOKEN"]);
  });
});

describe("on Windows", () => {
  it("refuses a server whose variables would have to go through the command line", () => {
    const refused = accountConfig(plan());
    expect(refused.ok ? "planned" : refused.error.code).toBe("cannot-box");
    expect(refused.ok ? "" : refused.error.message).toContain("TOKEN");
    expect(refused.ok ? "" : refused.error.message).not.toContain("secret");
  });

  it("opens what the plan names", () => {
    const config = accountConfig(plan({ env: { Path: "x" }, write: ["/srv/data"], hosts: ["localhost:5432"] }));
    expect(config.ok && config.value.filesystem.allowWrite).toContain("/srv/data");
    expect(config.ok && config.value.network.allowedDomains).toEqual(["localhost:5432"]);
  });

  it("quotes words for cmd.exe and refuses what cannot be quoted", () => {
    const command = accountCommand(plan({ argv: ["/opt/tool", "a b&c", "dir\\"] }));
    expect(command.ok && command.value).toBe('"/opt/tool" "a b&c" "dir\\\\"');
    for (const word of ["%PATH%", 'a"b', "a\nb", "wow!"]) expect(accountCommand(plan({ argv: ["/opt/tool", word] })).ok).toBe(false);
  });
});

describe("a program in /tmp", () => {
  it("is opened on its own, also where the whole disk is readable: the box's own /tmp lies over that", () => {
    const result = planBox({ ...base, argv: ["/tmp/build/tool"], read: ["/"] }, context);
    expect(result).toMatchObject({ ok: true });
    expect(result.ok && result.value.layers.some((layer) => layer.path === "/tmp/build/tool" && layer.kind === "read")).toBe(true);
  });
});
