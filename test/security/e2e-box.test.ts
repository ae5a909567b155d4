import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callChannels } from "../../shared/ipc/channels.ts";
import { connectClient } from "../fixtures/e2e/connect.ts";
import type { ConnectedClient } from "../fixtures/e2e/connect.ts";
import { familyOf, processes } from "../fixtures/e2e/processes.ts";
import { addFixture, startApp } from "../fixtures/e2e/running-app.ts";
import type { RunningApp } from "../fixtures/e2e/running-app.ts";

// A hostile server inside the box of the running app (threat 28 and the sandbox as a whole), and hostile neighbours outside: programs at the
// local socket, pages at the browser UI's port (threats 7 and 9). test/security/sandbox.test.ts has the box itself in all detail.

const linux = process.platform === "linux";
if (!linux) console.log("skipped: the box of the running app: it is Linux's");
// `portcullis doctor` says why, where there is no sandbox.

let app: RunningApp;
let url: string;
/** The path that the UI is below. */
const place = (): string => new URL(url).pathname.replace(/\/enter$/, "");
const clients: ConnectedClient[] = [];
const listeners: net.Server[] = [];
let allowed: number;
let other: number;
let knocks = 0;

async function listen(server: net.Server): Promise<number> {
  listeners.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  allowed = await listen(http.createServer((_request, response) => response.end("welcome")));
  other = await listen(
    http.createServer((_request, response) => {
      knocks += 1;
      response.end("not for you");
    }),
  );
  app = await startApp({ serve: ["--ui"] });
  url = (
    JSON.parse(
      app
        .said()
        .split("\n")
        .find((line) => line.startsWith('{"ready"')) ?? "{}",
    ) as { url: string }
  ).url;
  await addFixture(app, "prying", "prying.mjs", ["-"]);
  await addFixture(app, "neighbour", "prying.mjs", ["-"]);
  await addFixture(app, "networked", "prying.mjs", ["-"], ["--host", `localhost:${String(allowed)}`]);
  await app.ok("rules", "add", "--allow", "--everything");
});
afterAll(async () => {
  for (const each of clients) await each.close();
  await app.close();
  for (const each of listeners) each.close();
});

/** What comes of a piece of code that a server runs inside of its box. */
async function inside(server: string, code: string): Promise<string> {
  const client = await connectClient(app, server, { name: "Prying" });
  clients.push(client);
  const { text } = await client.call("run", { code });
  await client.close();
  return text;
}

const quoted = JSON.stringify;

describe.skipIf(!linux)("a server in its box", () => {
  test("is there at all, and writes to its own folder", async () => {
    expect(
      await inside("prying", 'fs.writeFileSync(os.homedir() + "/mine", "1"); return fs.readFileSync(os.homedir() + "/mine", "utf8")'),
    ).toBe('did: "1"');
    const [stateful] = fs.globSync("**/state/prying/mine", { cwd: app.files });
    expect(stateful).toBeDefined();
  });

  test("cannot read keys, our files or another server's folder, nor write outside", async () => {
    await inside("neighbour", 'fs.writeFileSync(os.homedir() + "/kept", "x")');
    const kept = fs.globSync("**/state/neighbour/kept", { cwd: app.files })[0] ?? "none";
    const closed = [
      path.join(app.home, ".ssh", "id_rsa"),
      path.join(app.files, kept),
      path.join(app.files, "config", "config.json"),
      path.join(app.files, "data", "journal.db"),
      path.join(app.files, "data", "rules.json"),
      path.join(app.files, "run", "token"),
    ];
    for (const file of closed) {
      expect(fs.existsSync(file), file).toBe(true);
      expect(await inside("prying", `return fs.readFileSync(${quoted(file)}, "utf8")`), file).toMatch(/^failed: (ENOENT|EACCES|EPERM)/u);
    }
    for (const file of [...closed, path.join(app.home, "new"), path.join(app.home, ".bashrc"), "/etc/new", "/usr/new"]) {
      const before = fs.existsSync(file) ? fs.readFileSync(file, "latin1").length : -1;
      await inside(
        "prying",
        `fs.mkdirSync(${quoted(path.dirname(file))}, { recursive: true }); fs.writeFileSync(${quoted(file)}, "owned")`,
      );
      expect(fs.existsSync(file) ? fs.readFileSync(file, "latin1").includes("owned") : before !== -1, file).toBe(false);
    }
    await inside("prying", 'fs.writeFileSync("/tmp/portcullis-was-here", "x")');
    expect(fs.existsSync("/tmp/portcullis-was-here")).toBe(false);
  });

  test("cannot connect: no TCP, no UDP, no names", async () => {
    const before = knocks;
    const get = (port: number): string =>
      `return await new Promise((resolve, reject) => http.get("http://127.0.0.1:${String(port)}/", (r) => resolve(r.statusCode)).on("error", reject))`;
    expect(await inside("prying", get(other))).toMatch(/^failed/u);
    expect(await inside("prying", 'return await dns.lookup("example.org")')).toMatch(/^failed/u);
    expect(await inside("prying", 'return await dns.resolve4("example.org")')).toMatch(/^failed/u);
    expect(
      await inside(
        "prying",
        'return await new Promise((resolve, reject) => dgram.createSocket("udp4").on("error", reject).send("x", 53, "1.1.1.1", (e) => (e ? reject(e) : resolve("sent"))))',
      ),
    ).toMatch(/^failed/u);
    expect(knocks).toBe(before);
  });

  test("cannot reach D-Bus, our socket or any other unix socket", async () => {
    const bus = /unix:path=([^,;]+)/u.exec(app.env["DBUS_SESSION_BUS_ADDRESS"] ?? "")?.[1];
    const sockets = [
      path.join(app.files, "run", "portcullis.sock"),
      "/run/docker.sock",
      "/run/dbus/system_bus_socket",
      ...(bus === undefined ? [] : [bus]),
    ];
    for (const socket of sockets) {
      const code = `return await new Promise((resolve, reject) => net.connect(${quoted(socket)}, () => resolve("connected")).on("error", reject))`;
      expect(await inside("prying", code), socket).toMatch(/^failed/u);
    }
    const dbus = `return childProcess.spawnSync("dbus-send", ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames"], { env: { DBUS_SESSION_BUS_ADDRESS: ${quoted(app.env["DBUS_SESSION_BUS_ADDRESS"] ?? "unix:path=/x")} } }).status`;
    expect(await inside("prying", dbus)).not.toBe("did: 0");
  });

  test("does not see, signal or read the app and other processes", async () => {
    const pid = String(app.pid());
    expect(await inside("prying", `return process.kill(${pid}, 0)`)).toBe("failed: ESRCH");
    expect(await inside("prying", `return fs.readFileSync("/proc/${pid}/environ", "utf8")`)).toMatch(/^failed/u);
    const seen = await inside("prying", 'return fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).length');
    expect(Number(seen.replace("did: ", ""))).toBeLessThan(6);
  });

  test("with a host reaches that host by name, and no other port or host", async () => {
    // As programs do that know the usual proxy variables.
    const fetchThrough = (target: string): string => `
      const proxy = new URL(process.env.HTTP_PROXY ?? process.env.http_proxy);
      return await new Promise((resolve, reject) => {
        const headers = proxy.username === "" ? {} : { "proxy-authorization": "Basic " + Buffer.from(decodeURIComponent(proxy.username) + ":" + decodeURIComponent(proxy.password)).toString("base64") };
        http.get({ host: proxy.hostname, port: proxy.port, path: ${quoted(target)}, headers: { host: new URL(${quoted(target)}).host, ...headers } }, (r) => {
          let body = "";
          r.on("data", (c) => (body += c)).on("end", () => resolve(r.statusCode + " " + body));
        }).on("error", reject);
      });`;
    expect(await inside("networked", fetchThrough(`http://localhost:${String(allowed)}/`))).toBe('did: "200 welcome"');
    const before = knocks;
    expect(await inside("networked", fetchThrough(`http://localhost:${String(other)}/`))).not.toContain("not for you");
    expect(await inside("networked", fetchThrough("http://example.org/"))).not.toMatch(/^did: "2/u);
    expect(knocks).toBe(before);
    const socket = quoted(path.join(app.files, "run", "portcullis.sock"));
    const local = `return await new Promise((resolve, reject) => net.connect(${socket}, () => resolve("connected")).on("error", reject))`;
    expect(await inside("networked", local)).toMatch(/^failed/u);
  });
});

describe.skipIf(!linux)("a program outside", () => {
  /** Everything that comes back for these lines, until the app hangs up or 700 ms are over. */
  function say(...lines: readonly object[]): Promise<string> {
    return new Promise((resolve) => {
      const socket = net.connect(path.join(app.files, "run", "portcullis.sock"));
      let heard = "";
      socket.on("data", (chunk) => (heard += chunk.toString("utf8")));
      socket.on("error", () => resolve(heard));
      socket.on("close", () => resolve(heard));
      for (const line of lines) socket.write(`${JSON.stringify(line)}\n`);
      setTimeout(() => socket.destroy(), 700);
    });
  }
  const proof = (): string => path.join(app.place, "proof");
  const evil = (): object => ({ command: "/usr/bin/touch", args: [proof()], sandbox: { waived: true } });

  test("without our token gets nothing, whatever it claims (threat 7)", async () => {
    const mode = (file: string): number => fs.statSync(path.join(app.files, "run", file)).mode & 0o777;
    expect([mode("."), mode("portcullis.sock"), mode("token")]).toEqual([0o700, 0o600, 0o600]);
    for (const role of ["command", "client", "window"]) {
      const heard = await say(
        { portcullis: 1, token: "0".repeat(64), role, server: "prying", client: "x" },
        { id: 1, channel: "state.get" },
      );
      expect(heard).not.toContain("snapshot");
    }
  });

  test("as a client it cannot ask the app for anything, nor start what it names (threat 7)", async () => {
    const token = fs.readFileSync(path.join(app.files, "run", "token"), "utf8").trim();
    const preamble = { portcullis: 1, token, role: "client", server: "prying", client: "Evil" };
    const servers = await app.ok("server", "list", "--json");
    for (const channel of callChannels.filter((name) => name.startsWith("server.") || name.startsWith("secret."))) {
      await say(preamble, { id: 1, channel, input: { name: "evil", settings: evil(), accept: true, value: "x" } });
    }
    for (const server of ["../prying", "/bin/sh", "sh -c x", "evil", "__proto__", "constructor"]) await say({ ...preamble, server });
    expect(JSON.parse(await app.ok("server", "list", "--json")) as object[]).toHaveLength((JSON.parse(servers) as object[]).length);
    expect(fs.existsSync(proof())).toBe(false);
  });

  test("at every port that listens there is only the UI, on loopback, which lets no other page in (threat 7)", async () => {
    const ports = listeningPorts(app.pid());
    expect(ports).toHaveLength(1);
    expect(ports[0]).toBe(`127.0.0.1:${new URL(url).port}`);
    for (const target of ["/", "/api/call", "/api/events"].flatMap((known) => [known, `${place()}${known}`])) {
      for (const headers of [{}, { origin: "https://evil.example" }, { host: "evil.example" }, { cookie: "portcullis=x" }] as const) {
        for (const method of ["GET", "POST"]) {
          const status = await request(method, target, headers, method === "POST" ? '{"channel":"state.get"}' : undefined);
          expect([401, 403, 405, 415, 421], `${method} ${target} ${JSON.stringify(headers)}: ${String(status.status)}`).toContain(
            status.status,
          );
        }
      }
    }
  });

  test("a script in our own page can name what is there, and gets neither a process nor a secret by forging (threat 9)", async () => {
    const set = await app.run(["secret", "set", "page/secret"], "the-value-of-it");
    const entered = await request("GET", `${new URL(url).pathname}${new URL(url).search}`, {});
    const cookie = (entered.cookie ?? "").split(";")[0] ?? "";
    expect(cookie).not.toBe("");
    const launched = (await app.journal("--kind", "server-launched")).length;
    const answers: string[] = [];
    const inputs = [
      undefined,
      {},
      { name: "evil", settings: evil(), command: "/usr/bin/touch", args: [proof()] },
      { name: "../../bin/sh", fingerprint: "0".repeat(64), waived: true, lines: 10 },
      { name: "prying", fingerprint: "0".repeat(64), command: "/usr/bin/touch", path: "/etc/passwd" },
      { name: "page/secret" },
      { id: "0".repeat(36), fingerprint: "0".repeat(64), verdict: "allow", remember: "always" },
      { id: "../rules.json", screen: "file:///etc/passwd" },
    ];
    // Those would change what is there by their very purpose.
    const left = new Set([
      "app.quit",
      "server.remove",
      "server.stop",
      "server.start",
      "server.tools",
      "secret.delete",
      "server.waive",
      "gate.pause",
    ]);
    for (const channel of [...callChannels.filter((name) => !left.has(name)), "server.spawn", "secret.get", "__proto__"]) {
      for (const input of inputs) {
        const headers = { cookie, origin: new URL(url).origin, "content-type": "application/json" };
        answers.push((await request("POST", `${place()}/api/call`, headers, JSON.stringify({ channel, input }))).body);
      }
    }
    expect(answers.join("\n")).toContain("page/secret");
    expect(answers.filter((text) => text.includes("the-value-of-it") || text.includes("PRIVATE KEY") || text.includes("root:"))).toEqual(
      [],
    );
    expect(set.status).toBe(0);
    expect(await app.journal("--kind", "server-launched")).toHaveLength(launched);
    expect(fs.existsSync(proof())).toBe(false);
  });

  interface Answered {
    readonly status: number;
    readonly body: string;
    readonly cookie: string | undefined;
  }
  function request(method: string, target: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const asked = http.request({ hostname, port, method, path: target, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, cookie: response.headers["set-cookie"]?.[0] }));
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }
});

/** `address:port` of every TCP socket on which the app or one of its helpers listens. Servers in a box have a network of their own. */
function listeningPorts(pid: number): string[] {
  const inodes = new Set<string>();
  for (const each of familyOf(pid)) {
    for (const name of descriptors(each.pid)) {
      const inode = /^socket:\[(\d+)\]$/u.exec(name)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  expect(processes().length).toBeGreaterThan(0);
  return ["tcp", "tcp6"].flatMap((table) =>
    fs
      .readFileSync(`/proc/${String(pid)}/net/${table}`, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/u))
      .filter((fields) => fields[3] === "0A" && inodes.has(fields[9] ?? ""))
      .map(([, local = ""]) => {
        const [address = "", port = ""] = local.split(":");
        const name = address === "0100007F" ? "127.0.0.1" : address;
        return `${name}:${String(Number.parseInt(port, 16))}`;
      }),
  );
}

function descriptors(pid: number): string[] {
  try {
    return fs.readdirSync(`/proc/${String(pid)}/fd`).map((fd) => fs.readlinkSync(`/proc/${String(pid)}/fd/${fd}`));
  } catch {
    return [];
  }
}
