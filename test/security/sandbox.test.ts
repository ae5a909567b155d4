// Threats 28 and 29 against the real box: what is not named cannot be read, written, reached or signalled.
import { spawn } from "node:child_process";
import dgram from "node:dgram";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestBox, node } from "../fixtures/sandbox/test-box.ts";
import type { TestBox } from "../fixtures/sandbox/test-box.ts";

const box: TestBox = await createTestBox();
const closers: (() => void)[] = [];

/** A script that tries each expression and prints, for each, `ok` or the error's code. */
function attempts(tries: Readonly<Record<string, string>>): string {
  const lines = Object.entries(tries).map(
    ([name, code]) =>
      `try { const value = await (async () => { ${code} })(); out[${JSON.stringify(name)}] = "ok:" + String(value).slice(0, 80); } catch (error) { out[${JSON.stringify(name)}] = error.code ?? error.message; }`,
  );
  return `const fs = require("fs"); const net = require("net"); const out = {};
    const connect = (to) => new Promise((resolve, reject) => { const s = net.connect(to); s.setTimeout(3000, () => { s.destroy(); reject(new Error("timed out")); }); s.once("connect", () => { s.destroy(); resolve("connected"); }); s.once("error", reject); });
    (async () => { ${lines.join("\n")} console.log(JSON.stringify(out)); })();`;
}

async function outcomes(tries: Readonly<Record<string, string>>, over?: Parameters<TestBox["script"]>[1]): Promise<Record<string, string>> {
  const ran = await box.script(attempts(tries), over);
  if (ran.stdout === "") throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as Record<string, string>;
}

const read = (file: string): string => `return fs.readFileSync(${JSON.stringify(file)}, "utf8")`;
const write = (file: string): string => `return fs.writeFileSync(${JSON.stringify(file)}, "x")`;

afterAll(async () => {
  for (const close of closers) close();
  await box.close();
});

describe.skipIf(box.cannot !== undefined)("files", () => {
  it("shows nothing of the home folder", async () => {
    const seen = await outcomes({
      key: read(path.join(box.home, ".ssh", "id_rsa")),
      note: read(path.join(box.home, "notes.txt")),
      list: `return fs.readdirSync(${JSON.stringify(box.home)}).join()`,
      journal: read(path.join(box.data, "journal.db")),
      other: read(path.join(box.data, "state", "other", "file")),
      shadow: read("/etc/shadow"),
      machine: read("/etc/machine-id"),
    });
    expect(seen).toEqual({
      key: "ENOENT",
      note: "ENOENT",
      list: "ok:.local",
      journal: "ENOENT",
      other: "ENOENT",
      shadow: "ENOENT",
      machine: "ENOENT",
    });
  });

  it("lets it write to its own folder and its private tmp, and nowhere else", async () => {
    const outside = path.join(os.tmpdir(), `portcullis-outside-${process.pid}`);
    const seen = await outcomes({
      state: write(path.join(box.data, "state", "test", "kept")),
      home: `fs.writeFileSync(process.env.HOME + "/h", "x")`,
      tmp: write(outside),
      usr: write("/usr/portcullis-test"),
      etc: write("/etc/portcullis-test"),
      root: write("/portcullis-test"),
      elsewhere: write(path.join(box.home, "new.txt")),
      run: write("/run/x"),
      dev: write("/dev/x"),
      keys: write("/etc/ssl/private/x"),
      program: `return fs.appendFileSync(process.execPath, "x")`,
    });
    expect(seen["state"]).toMatch(/^ok/);
    expect(seen["home"]).toMatch(/^ok/);
    expect(seen["tmp"]).toMatch(/^ok/);
    for (const name of ["usr", "etc", "root", "elsewhere", "run", "dev", "keys"])
      expect(seen[name], name).toMatch(/^(EROFS|EACCES|ENOENT|EPERM)$/);
    expect(seen["program"]).toMatch(/^(EROFS|EACCES|EPERM|ETXTBSY)$/);
    expect(fs.existsSync(outside)).toBe(false);
    expect(fs.existsSync(path.join(box.home, "new.txt"))).toBe(false);
    expect(fs.readFileSync(path.join(box.data, "state", "test", "kept"), "utf8")).toBe("x");
  });

  it("opens what is named, and not what only looks like it", async () => {
    const allow = path.join(box.home, "allow");
    const evil = path.join(box.home, "allow_evil");
    fs.mkdirSync(allow, { recursive: true });
    fs.mkdirSync(evil, { recursive: true });
    fs.writeFileSync(path.join(allow, "in"), "inside");
    fs.writeFileSync(path.join(evil, "out"), "outside");
    fs.symlinkSync(path.join(evil, "out"), path.join(allow, "link"));
    fs.symlinkSync(box.home, path.join(allow, "up"));
    const seen = await outcomes(
      {
        inside: read(path.join(allow, "in")),
        write: write(path.join(allow, "in")),
        evil: read(path.join(evil, "out")),
        dots: read(`${allow}/../allow_evil/out`),
        link: read(path.join(allow, "link")),
        up: read(path.join(allow, "up", ".ssh", "id_rsa")),
        procRoot: read(`/proc/self/root${evil}/out`),
        procCwd: read(`/proc/self/cwd/../allow_evil/out`),
        proc1: read(`/proc/1/root${evil}/out`),
        fd: `return fs.readdirSync("/proc/self/fd").map((fd) => { try { return fs.readlinkSync("/proc/self/fd/" + fd) } catch { return "" } }).filter((to) => to.startsWith(${JSON.stringify(box.home)})).length`,
      },
      { read: [allow] },
    );
    expect(seen).toMatchObject({
      inside: "ok:inside",
      write: "EROFS",
      evil: "ENOENT",
      dots: "ENOENT",
      link: "ENOENT",
      up: "ENOENT",
      fd: "ok:0",
    });
    for (const name of ["procRoot", "procCwd", "proc1"]) expect(seen[name], name).toMatch(/^(ENOENT|EACCES|EPERM)$/);
  });

  it("keeps keys, our own files and other servers closed even when the home folder is opened for writing", async () => {
    fs.writeFileSync(path.join(box.home, ".bashrc"), "# start file");
    fs.writeFileSync(path.join(box.home, ".netrc"), "machine login");
    const tries = {
      note: read(path.join(box.home, "notes.txt")),
      key: read(path.join(box.home, ".ssh", "id_rsa")),
      aws: read(path.join(box.home, ".aws", "credentials")),
      netrc: read(path.join(box.home, ".netrc")),
      netrcWrite: write(path.join(box.home, ".netrc")),
      config: read(path.join(box.home, ".config", "portcullis", "config.json")),
      journal: read(path.join(box.data, "journal.db")),
      other: read(path.join(box.data, "state", "other", "file")),
      plant: write(path.join(box.home, ".ssh", "authorized_keys")),
      forge: write(path.join(box.home, ".config", "portcullis", "config.json")),
      startFile: write(path.join(box.home, ".bashrc")),
      own: `return fs.writeFileSync(process.env.HOME + "/own", "x")`,
      move: `return fs.renameSync(${JSON.stringify(path.join(box.home, ".ssh"))}, ${JSON.stringify(path.join(box.home, "ssh2"))})`,
    };
    const seen = await outcomes(tries, { write: ["~"] });
    expect(seen["note"]).toBe("ok:a note");
    expect(seen["own"]).toMatch(/^ok/);
    const refused = Object.keys(tries).filter((name) => name !== "note" && name !== "own");
    for (const name of refused) expect(seen[name], name).toMatch(/^(ENOENT|EACCES|EPERM|EROFS|EBUSY|EXDEV)$/);
    expect(fs.readdirSync(path.join(box.home, ".ssh"))).toEqual(["id_rsa"]);
    expect(fs.readFileSync(path.join(box.home, ".bashrc"), "utf8")).toBe("# start file");
  });

  it("holds when the program tries to take the box apart", async () => {
    const ssh = path.join(box.home, ".ssh");
    const ran = await box.run(
      [
        "/bin/sh",
        "-c",
        `umount '${ssh}'; umount -l '${ssh}'; mount --bind / /mnt; mount -o remount,rw /usr; mount -t proc proc /proc; unshare -m -U -r umount '${ssh}'; nsenter -t 1 -m cat '${ssh}/id_rsa'; chroot /proc/1/root cat '${ssh}/id_rsa'; touch /usr/broken; cat '${ssh}/id_rsa' /mnt/etc/shadow; echo done`,
      ],
      { write: ["~"] },
    );
    expect(ran.ok && ran.value.stdout).toBe("done\n");
    expect(fs.existsSync("/usr/broken")).toBe(false);
  });

  it("refuses settings that lead to keys or to our own files, and says where a link leads", async () => {
    fs.symlinkSync(path.join(box.home, ".ssh"), path.join(box.home, "harmless"));
    fs.symlinkSync(path.join(box.home, "notes.txt"), path.join(box.home, "linked.txt"));
    fs.symlinkSync(box.data, path.join(box.home, "ours"));
    const prepare = async (over: Parameters<TestBox["request"]>[1]): Promise<string> => {
      const boxed = await box.sandbox.prepare(box.request([node, "-v"], over));
      if (boxed.ok) await boxed.value.close();
      return boxed.ok ? "prepared" : boxed.error.code;
    };
    expect(await prepare({ read: ["~/harmless"] })).toBe("not-allowed");
    expect(await prepare({ write: ["~/ours"] })).toBe("not-allowed");
    expect(await prepare({ read: [box.data] })).toBe("not-allowed");
    expect(await prepare({ read: [path.join(box.data, "state", "other")] })).toBe("not-allowed");
    expect(await prepare({ write: ["/"] })).toBe("bad-input");
    expect(await prepare({ read: ["/proc"] })).toBe("bad-input");
    expect(await prepare({ read: ["relative"] })).toBe("bad-input");
    expect(await prepare({ read: ["~/missing"] })).toBe("bad-input");
    expect(await prepare({ read: ["~/.ssh"] })).toBe("prepared");
    const lines = box.sandbox.explain(box.request([node, "-v"], { read: ["~/linked.txt"] }));
    expect(lines).toContain(`May read: ${path.join(box.home, "notes.txt")} (named in the server's settings as ~/linked.txt)`);
  });

  it("reads the whole disk when asked to, but no keys, no sockets and nothing of ours", async () => {
    const seen = await outcomes(
      {
        note: read(path.join(box.home, "notes.txt")),
        key: read(path.join(box.home, ".ssh", "id_rsa")),
        shadow: read("/etc/shadow"),
        journal: read(path.join(box.data, "journal.db")),
        run: `return fs.readdirSync("/run").join()`,
        own: `return fs.writeFileSync(process.env.HOME + "/own", "x")`,
        write: write("/etc/x"),
      },
      { read: ["/"] },
    );
    expect(seen).toMatchObject({ note: "ok:a note", run: "ok:portcullis", write: "EROFS" });
    expect(seen["own"]).toMatch(/^ok/);
    for (const name of ["key", "shadow", "journal"]) expect(seen[name], name).toMatch(/^(ENOENT|EACCES|EPERM)$/);
  });
});

describe.skipIf(box.cannot !== undefined)("other processes", () => {
  it("cannot see, signal or read them, nor take their environment", async () => {
    const seen = await outcomes({
      environ: read(`/proc/${process.pid}/environ`),
      signal: `return process.kill(${process.pid}, 0)`,
      pids: `return fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).length < 12`,
      first: `return /PORTCULLIS_OUTSIDE/.test(fs.readFileSync("/proc/1/environ", "latin1"))`,
      memory: `return fs.readFileSync("/proc/kcore").length`,
      sysrq: write("/proc/sysrq-trigger"),
      modprobe: write("/proc/sys/kernel/modprobe"),
    });
    expect(seen["signal"]).toBe("ESRCH");
    expect(seen["pids"]).toBe("ok:true");
    expect(seen["first"]).not.toBe("ok:true");
    for (const name of ["environ", "memory", "sysrq", "modprobe"])
      expect(seen[name], name).toMatch(/^(ENOENT|EACCES|EPERM|EROFS|EIO|ERR_FS_FILE_TOO_LARGE)$/);
  });

  it.skipIf(!fs.existsSync("/usr/bin/strace"))("cannot be traced into: ptrace finds no process of ours", async () => {
    const ran = await box.run(["/usr/bin/strace", "-p", String(process.pid)], { read: ["/"] });
    expect(ran.ok && ran.value.exit.code).toBe(1);
    expect(ran.ok && ran.value.stderr).toMatch(/No such process|not permitted/);
  });

  it("is nobody in its box and has no rights to give, and on the disk whoever runs the app", async () => {
    const folder = path.join(box.home, "owned");
    fs.mkdirSync(folder, { mode: 0o700 });
    fs.writeFileSync(path.join(folder, "private"), "for its owner only", { mode: 0o600 });
    const made = path.join(folder, "made");
    const seen = await outcomes(
      {
        root: `return process.getuid() === 0 || process.getgid() === 0`,
        rights: `return /^CapPrm:\\t0+$/m.test(fs.readFileSync("/proc/self/status", "utf8"))`,
        name: `return require("os").userInfo().username.length > 0`,
        private: read(path.join(folder, "private")),
        make: write(made),
        mode: `return fs.chmodSync(${JSON.stringify(made)}, 0o640)`,
      },
      { write: [folder] },
    );
    expect(seen).toMatchObject({ root: "ok:false", rights: "ok:true", name: "ok:true", private: "ok:for its owner only" });
    expect(seen["make"]).toMatch(/^ok/);
    expect(seen["mode"]).toMatch(/^ok/);
    expect(fs.statSync(made)).toMatchObject({ uid: process.geteuid?.(), gid: process.getegid?.() });
    expect(fs.statSync(made).mode & 0o777).toBe(0o640);
  });

  it("cannot bring code in front of the filter with variables that the linker or a shell obey", async () => {
    const bin = path.join(box.home, "evil-bin");
    const sign = path.join(box.data, "state", "test", "ran-before");
    fs.mkdirSync(bin);
    fs.mkdirSync(path.dirname(sign), { recursive: true });
    for (const name of ["sleep", "socat", "sh", "env", "prlimit"])
      fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n: > ${sign}\n`, { mode: 0o755 });
    fs.writeFileSync(path.join(bin, "rc"), `: > ${sign}\n`);
    const env = {
      PATH: `${bin}:/usr/bin`,
      LD_PRELOAD: "",
      ENV: path.join(bin, "rc"),
      BASH_ENV: path.join(bin, "rc"),
      "BASH_FUNC_read%%": `() { : > ${sign}; }`,
    };
    const ran = await box.script("console.log('ran', process.env.ENV !== undefined)", { env, read: [bin], hosts: ["localhost:5432"] });
    expect(ran.stdout).toBe("ran true\n");
    expect(fs.existsSync(sign)).toBe(false);
  });

  it("gets the environment it was given and nothing else, and keeps it out of every command line", async () => {
    const env = { PATH: "/usr/bin", TOKEN: "s3cr3t-value", LD_PRELOAD: "/nonexistent/lib.so" };
    const boxed = await box.sandbox.prepare(box.request([node, "-e", "console.log(JSON.stringify(process.env))"], { env }));
    expect(boxed.ok && boxed.value.argv.join(" ")).not.toContain("s3cr3t-value");
    expect(boxed.ok && Object.keys(boxed.value.env)).not.toContain("LD_PRELOAD");
    const ran = await box.script("console.log(JSON.stringify(process.env))", { env });
    const inside = JSON.parse(ran.stdout) as Record<string, string>;
    expect(Object.keys(inside).sort()).toEqual(["HOME", "LD_PRELOAD", "PATH", "PWD", "TMPDIR", "TOKEN"]);
  });
});

describe.skipIf(box.cannot !== undefined)("network", () => {
  let port = 0;
  beforeAll(async () => {
    const server = net.createServer((socket) => socket.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "::", () => resolve()));
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
    closers.push(() => server.close());
  });

  it("reaches nothing: no TCP, UDP, DNS, raw or netlink route out", async () => {
    const udp = dgram.createSocket("udp4");
    let datagrams = 0;
    udp.on("message", () => {
      datagrams += 1;
    });
    await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", () => resolve()));
    const lan = Object.values(os.networkInterfaces())
      .flatMap((list) => list ?? [])
      .find((entry) => !entry.internal && entry.family === "IPv4");
    const seen = await outcomes({
      loopback: `return connect({ host: "127.0.0.1", port: ${port} })`,
      loopback6: `return connect({ host: "::1", port: ${port} })`,
      lan: `return connect({ host: ${JSON.stringify(lan?.address ?? "192.0.2.1")}, port: ${port} })`,
      internet: `return connect({ host: "1.1.1.1", port: 443 })`,
      internet6: `return connect({ host: "2606:4700:4700::1111", port: 443 })`,
      lookup: `return require("dns").promises.lookup("example.com")`,
      resolve: `const r = new (require("dns").promises.Resolver)({ timeout: 500, tries: 1 }); r.setServers(["1.1.1.1"]); return r.resolveTxt("data.example.com")`,
      udp: `return new Promise((resolve, reject) => { const s = require("dgram").createSocket("udp4"); s.send("x", ${udp.address().port}, "127.0.0.1", (error) => error ? reject(error) : resolve("sent")); s.unref(); })`,
      fetch: `return fetch("http://127.0.0.1:${port}")`,
    });
    // Sending a datagram to one's own loopback succeeds; what counts is that none arrives here.
    const answered = Object.keys(seen).filter((name) => name !== "udp");
    for (const name of answered) expect(seen[name], name).not.toMatch(/^ok/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(datagrams).toBe(0);
    udp.close();
  });

  it("refuses unix sockets, even those whose files it can see", async () => {
    const folder = path.join(box.home, "sockets");
    fs.mkdirSync(folder);
    const file = path.join(folder, "portcullis.sock");
    const server = net.createServer((socket) => socket.end("reached"));
    await new Promise<void>((resolve) => server.listen(file, () => resolve()));
    const abstract = net.createServer((socket) => socket.end("reached"));
    await new Promise<void>((resolve) => abstract.listen(`\0portcullis-${process.pid}`, () => resolve()));
    closers.push(
      () => server.close(),
      () => abstract.close(),
    );
    const seen = await outcomes(
      {
        visible: `return fs.statSync(${JSON.stringify(file)}).isSocket()`,
        connect: `return connect(${JSON.stringify(file)})`,
        abstract: `return connect("\\0portcullis-${process.pid}")`,
        x11: `return connect("/tmp/.X11-unix/X0")`,
        listen: `return new Promise((resolve, reject) => net.createServer().once("error", reject).listen("/tmp/own.sock", resolve))`,
      },
      { write: [folder] },
    );
    expect(seen["visible"]).toBe("ok:true");
    for (const name of ["connect", "abstract", "x11", "listen"]) expect(seen[name], name).not.toMatch(/^ok/);
  });

  it("keeps the keyring, the ssh agent and the display away from the programs that use them", async () => {
    const folder = path.join(box.home, "agents");
    fs.mkdirSync(folder);
    const agentSocket = path.join(folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", agentSocket], { stdio: "ignore" });
    const started = await new Promise<boolean>((resolve) => {
      agent.once("error", () => resolve(false));
      agent.once("spawn", () => resolve(true));
    });
    closers.push(() => agent.kill("SIGKILL"));
    const tries = started ? 200 : 0;
    for (let i = 0; i < tries && !fs.existsSync(agentSocket); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    const bus = process.env["DBUS_SESSION_BUS_ADDRESS"] ?? "unix:path=/run/user/0/bus";
    const busFolder = /path=([^,]+)/.exec(bus)?.[1];
    const read = [
      folder,
      ...(busFolder !== undefined && !busFolder.startsWith("/run") && fs.existsSync(busFolder) ? [path.dirname(busFolder)] : []),
    ].filter((place) => place !== "/tmp");
    const env = {
      PATH: "/usr/bin:/bin",
      SSH_AUTH_SOCK: agentSocket,
      DBUS_SESSION_BUS_ADDRESS: bus,
      DISPLAY: process.env["DISPLAY"] ?? ":0",
    };
    const commands: readonly (readonly string[])[] = [
      ["ssh-add", "-l"],
      ["secret-tool", "search", "--all", "service", "Portcullis"],
      ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames"],
      ["xdotool", "getmouselocation"],
    ];
    let tried = 0;
    for (const [name = "", ...args] of commands) {
      const program = `/usr/bin/${name}`;
      if (!fs.existsSync(program)) {
        console.log(`not tried: ${name} is not installed`);
        continue;
      }
      tried += 1;
      const ran = await box.run([program, ...args], { env, read });
      // 1 from ssh-add would be an agent that answered and has no keys; 2 is that there is none.
      const failures = name === "ssh-add" ? [2] : [1, 2];
      expect(failures, `${name}: ${ran.ok ? ran.value.stderr : ran.error.message}`).toContain(ran.ok ? ran.value.exit.code : 0);
    }
    expect(tried).toBeGreaterThan(0);
  });
});
