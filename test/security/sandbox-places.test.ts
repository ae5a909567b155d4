// Threats 3, 28 and 29 against the real box: what stays closed or unwritable inside an opened folder stays so when the server moves, replaces
// or swaps the folders around it.
import fs from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createHandOvers } from "../../electron/sandbox/hand-over.ts";
import { bwrapArguments, placesToPin } from "../../electron/sandbox/linux.ts";
import { findTools, readSystem } from "../../electron/sandbox/linux-machine.ts";
import { createDisk } from "../../electron/sandbox/places.ts";
import { planBox } from "../../electron/sandbox/plan.ts";
import { findRuntimeFolder, seccompHelper } from "../../electron/sandbox/runtime-folder.ts";
import { seccompFilter } from "../../electron/sandbox/seccomp-filter.ts";
import { spawnBoxed } from "../../electron/sandbox/spawn-boxed.ts";
import { spawnServer } from "../../electron/servers/spawn-server.ts";
import { createTestBox, node } from "../fixtures/sandbox/test-box.ts";
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

/** A folder that was named, a file in it, and the same folder swapped for a link to the keys. */
function swappable(name: string): { readonly folder: string; readonly swap: () => void; readonly swapBack: () => void } {
  const folder = path.join(box.home, name, "sub");
  put(path.join(folder, "in"), "inside");
  return {
    folder,
    swap() {
      fs.renameSync(folder, `${folder}-away`);
      fs.symlinkSync(path.join(box.home, ".ssh"), folder);
    },
    swapBack() {
      fs.unlinkSync(folder);
      fs.renameSync(`${folder}-away`, folder);
    },
  };
}

const open = (): readonly string[] =>
  fs.readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${name}`)].filter((to) => to.startsWith(box.home));
    } catch {
      return [];
    }
  });

describe.skipIf(box.cannot !== undefined || process.platform !== "linux")(
  "a folder that is swapped for a link while the server starts",
  () => {
    it.each(["read", "write"] as const)("is not followed after it was looked at (%s)", async (access) => {
      const { folder, swap, swapBack } = swappable(`late-${access}`);
      const code = `process.stdout.write(require("fs").readdirSync(${JSON.stringify(folder)}).join())`;
      const boxed = await box.sandbox.prepare(box.request([node, "-e", code], { [access]: [folder] }));
      if (!boxed.ok) throw new Error(boxed.error.message);
      expect(open()).toContain(folder);
      swap();
      let said = "";
      let complaint = "";
      const started = await spawnServer(boxed.value, {
        platform: process.platform,
        now: Date.now,
        onStderr: (chunk) => {
          complaint += chunk.toString();
        },
      });
      if (!started.ok) throw new Error(started.error.message);
      started.value.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
      const closed = new Promise<void>((resolve) => started.value.stdout.once("close", () => resolve()));
      const exit = await started.value.exited;
      await closed;
      swapBack();
      expect(said).not.toContain("id_rsa");
      // Either it is mounted as it was when it was looked at, or nothing is started.
      expect(exit.code === 0 ? said : complaint.slice(0, 7)).toBe(exit.code === 0 ? "in" : "bwrap: ");
      expect(open()).toEqual([]);
    });

    it("is noticed in the box where bubblewrap does not compare itself", async () => {
      const { folder, swap, swapBack } = swappable("compared");
      const runtime = findRuntimeFolder(import.meta.url);
      const { tools } = findTools(process.env["PATH"] ?? "", runtime === undefined ? undefined : seccompHelper(runtime, process.arch));
      const filter = seccompFilter(process.arch);
      const code = `process.stdout.write(require("fs").readdirSync(${JSON.stringify(folder)}).join())`;
      const disk = createDisk();
      const request = box.request([node, "-e", code], { read: [folder] });
      const system = readSystem();
      const planned = planBox(request, {
        home: box.home,
        protectedPaths: [],
        packagesDir: undefined,
        system: system.shown,
        disk,
        makesLinks: true,
      });
      if (tools === undefined || filter === undefined || !planned.ok) throw new Error("no plan");
      const handOvers = createHandOvers(filter);
      const outcome = async (before: () => void): Promise<readonly [string, string]> => {
        const handed = handOvers.open(placesToPin(planned.value), { descriptors: false, sizes: true });
        if (!handed.ok) return ["", handed.error.code];
        const argv = bwrapArguments(planned.value, tools, system, undefined, handed.value.told);
        before();
        const child = spawnBoxed({ ...handed.value, argv, cwd: "/" }, { env: {}, stdin: "ignore", detached: false });
        const texts = ["", ""];
        for (const [at, stream] of [child.stdout, child.stderr].entries())
          stream.on("data", (chunk: Buffer) => {
            texts[at] += chunk.toString();
          });
        await new Promise((resolve) => child.once("close", resolve));
        return [texts[0] ?? "", texts[1] ?? ""];
      };
      expect(await outcome(() => {})).toEqual(["in", ""]);
      expect(await outcome(swap)).toEqual(["", `${folder} was replaced while the sandbox was made\n`]);
      // Already swapped when it is to be opened.
      expect(await outcome(() => {})).toEqual(["", "cannot-start"]);
      swapBack();
      handOvers.close();
      expect(open()).toEqual([]);
    });

    it("leaves nothing open, here or in the box", async () => {
      const project = path.join(box.home, "closing");
      fs.mkdirSync(path.join(project, ".git", "hooks"), { recursive: true });
      const ran = await box.run(["/bin/ls", "-l", "/proc/self/fd"], { write: [project], read: [path.join(box.home, "notes.txt")] });
      const listed = ran.ok
        ? [...ran.value.stdout.matchAll(/ (\d+) -> (.*)$/gm)].map(([, number, to]) => ({ number: Number(number), to }))
        : [];
      const held = listed.filter(({ number, to }) => number > 2 && to !== "/dev/null");
      // The listed folder itself.
      expect(held).toEqual([{ number: 3, to: expect.stringMatching(/^\/proc\/\d+\/fd$/) as unknown }]);
      expect(open()).toEqual([]);
      const boxed = await box.sandbox.prepare(box.request([node, "-v"], { write: [project] }));
      expect(open()).toContain(project);
      if (boxed.ok) await boxed.value.close();
      expect(open()).toEqual([]);
    });
  },
);
