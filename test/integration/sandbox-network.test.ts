import dgram from "node:dgram";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestBox } from "../fixtures/sandbox/test-box.ts";

const box = await createTestBox();

async function get(expressions: readonly string[], hosts: readonly string[]): Promise<readonly string[]> {
  const ran = await box.script(
    `const net = require("net"), http = require("http");
     const text = (url) => fetch(url).then(async (r) => r.status + ":" + (await r.text()));
     const tcp = (port, host = "127.0.0.1") => new Promise((resolve, reject) => { let got = ""; const s = net.connect({ port, host }); s.setTimeout(3000, () => { s.destroy(); reject(new Error("timed out")); }); s.on("data", (c) => { got += c; s.end(); }).once("close", () => (got === "" ? reject(new Error("closed")) : resolve("got:" + got))).once("error", reject); s.write("ping"); });
     const raw = (lines) => new Promise((resolve, reject) => { let got = ""; const s = net.connect(3128, "127.0.0.1"); s.setTimeout(3000, () => { s.destroy(); resolve(got); }); s.on("data", (c) => (got += c)).once("close", () => resolve(got)).once("error", reject); s.write(lines); });
     const auth = "Proxy-Authorization: Basic " + Buffer.from(new URL(process.env.HTTP_PROXY).username + ":" + new URL(process.env.HTTP_PROXY).password).toString("base64");
     (async () => { const out = []; for (const attempt of [${expressions.map((code) => `() => ${code}`).join(",")}]) out.push(await attempt().catch((error) => "failed:" + (error.cause?.code ?? error.code ?? error.message))); console.log(JSON.stringify(out)); })();`,
    { hosts },
  );
  if (ran.stdout === "") throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as readonly string[];
}

describe.skipIf(box.cannot !== undefined)("a server with hosts", () => {
  let allowed = 0;
  let other = 0;
  let echo = 0;
  let reached: string[] = [];
  const servers: net.Server[] = [];
  const listen = async (server: net.Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    return (server.address() as AddressInfo).port;
  };

  beforeAll(async () => {
    allowed = await listen(http.createServer((request, response) => response.end(`allowed ${request.headers.host}`)));
    other = await listen(
      http.createServer((request, response) => {
        reached.push(request.url ?? "");
        response.end("other");
      }),
    );
    echo = await listen(net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)));
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    await box.close();
  });

  it("reaches the named host and port, by proxy and directly, and no other", async () => {
    reached = [];
    const answers = await get(
      [
        `text("http://localhost:${allowed}/")`,
        `new Promise((resolve, reject) => http.get("http://localhost:${allowed}/", (r) => { r.resume(); resolve(String(r.statusCode)); }).once("error", reject))`,
        `tcp(${echo}, "localhost")`,
        `text("http://localhost:${other}/fetch")`,
        `text("http://127.0.0.1:${other}/ip")`,
        `text("http://[::1]:${other}/ip6")`,
        `tcp(${other})`,
        `raw("GET http://localhost:${other}/absolute HTTP/1.1\\r\\nHost: localhost:${allowed}\\r\\n" + auth + "\\r\\nConnection: close\\r\\n\\r\\n")`,
        `raw("CONNECT 127.0.0.1:${other} HTTP/1.1\\r\\nHost: localhost:${allowed}\\r\\n" + auth + "\\r\\n\\r\\nGET /connect HTTP/1.1\\r\\n\\r\\n")`,
        `raw("CONNECT localhost:${allowed} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")`,
        `raw("CONNECT 2130706433:${other} HTTP/1.1\\r\\nHost: x\\r\\n" + auth + "\\r\\n\\r\\n")`,
        `raw("CONNECT example.com:443 HTTP/1.1\\r\\nHost: x\\r\\n" + auth + "\\r\\n\\r\\n")`,
        `require("dns").promises.lookup("example.com").then((a) => "found:" + a.address)`,
        `tcp(443, "1.1.1.1")`,
      ],
      [`localhost:${allowed}`, `localhost:${echo}`],
    );
    expect(answers[0]).toBe(`200:allowed localhost:${allowed}`);
    expect(answers[1]).toBe("200");
    expect(answers[2]).toBe("got:ping");
    for (const index of [3, 4, 5, 6, 12, 13]) expect(answers[index], `attempt ${index}`).toMatch(/^failed:/);
    for (const index of [7, 8, 10, 11]) expect(answers[index], `attempt ${index}`).toMatch(/^HTTP\/1\.1 4/);
    expect(answers[9]).toMatch(/^HTTP\/1\.1 407/);
    expect(reached).toEqual([]);
  });

  it("works together with reading the whole disk, and still hides its own sockets", async () => {
    const ran = await box.script(
      `fetch("http://localhost:${allowed}/").then((r) => r.text()).then(console.log, console.log).then(() => require("net").connect("/run/portcullis/net/proxy.sock").once("error", (e) => console.log(e.code)))`,
      { hosts: [`localhost:${allowed}`], read: ["/"] },
    );
    expect(ran.stdout).toMatch(/^allowed localhost:[0-9]+\n(EPERM|EACCES)\n$/);
  });

  it("sends no datagrams and opens no unix sockets, even with hosts", async () => {
    const socket = dgram.createSocket("udp4");
    let datagrams = 0;
    socket.on("message", () => {
      datagrams += 1;
    });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
    const { port } = socket.address();
    const answers = await get(
      [
        `new Promise((resolve, reject) => { const s = require("dgram").createSocket("udp4"); s.send("x", ${port}, "127.0.0.1", (e) => { s.close(); e ? reject(e) : resolve("sent"); }); })`,
        `new Promise((resolve, reject) => net.connect("/run/portcullis/net/proxy.sock").once("connect", () => resolve("connected")).once("error", reject))`,
      ],
      [`localhost:${port}`],
    );
    expect(answers[1]).toMatch(/^failed:/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(datagrams).toBe(0);
    socket.close();
  });

  it("offers a named host under its own name to programs that know no proxy", async () => {
    const lines = box.sandbox.explain(box.request(["/bin/true"], { hosts: ["db.example.org:5432", "*.example.org"] }));
    expect(lines).toContain("Network: db.example.org:5432 also directly, for programs that know no proxy.");
    const answers = await get([`require("dns").promises.lookup("db.example.org").then((a) => a.address)`], ["db.example.org:5432"]);
    expect(answers).toEqual(["127.77.0.1"]);
  });

  it("has no more connections at once than it may have processes, because each is one", async () => {
    const ran = await box.script(
      `const fs = require("fs"), net = require("net");
       const relays = () => fs.readdirSync("/proc").filter((name) => { try { return fs.readFileSync("/proc/" + name + "/comm", "utf8") === "socat\\n" } catch { return false } }).length;
       // As fast as they are accepted, and for a while: few wait to be accepted at once.
       setInterval(() => { for (let at = 0; at < 20; at += 1) net.connect(3128, "127.0.0.1").on("error", () => {}); }, 20);
       setTimeout(() => { console.log(relays()); process.exit(); }, 3000);`,
      { hosts: ["localhost:80"], limits: { processes: 40 } },
    );
    const relays = Number(ran.stdout);
    // And the one that listens.
    expect(relays).toBeGreaterThan(1);
    expect(relays).toBeLessThanOrEqual(41);
  });

  it("does not let one server use another's proxy", async () => {
    const [first, second] = await Promise.all([
      box.sandbox.prepare(box.request(["/bin/true"], { hosts: [`localhost:${allowed}`] })),
      box.sandbox.prepare(box.request(["/bin/true"], { hosts: [`localhost:${other}`] })),
    ]);
    expect(first.ok && second.ok).toBe(true);
    if (!first.ok || !second.ok) return;
    expect(first.value.env["HTTP_PROXY"]).toBeDefined();
    expect(first.value.env["HTTP_PROXY"]).not.toBe(second.value.env["HTTP_PROXY"]);
    // The token is in the environment only: arguments can be read by every user of the machine.
    const token = new URL(first.value.env["HTTP_PROXY"] ?? "http://x").password;
    expect(token.length).toBeGreaterThan(20);
    expect(first.value.argv.join(" ")).not.toContain(token);
    await Promise.all([first.value.close(), second.value.close()]);
  });

  it("leaves no folder and no process behind when it is closed", async () => {
    const boxed = await box.sandbox.prepare(box.request(["/bin/true"], { hosts: [`localhost:${allowed}`] }));
    expect(boxed.ok).toBe(true);
    if (!boxed.ok) return;
    const folder = boxed.value.argv.find((word) => /\/pcbox-[A-Za-z0-9]{6}$/.test(word)) ?? "";
    expect(fs.readdirSync(folder).sort()).toContain("proxy.sock");
    await boxed.value.close();
    expect(fs.existsSync(folder)).toBe(false);
    const left = fs.readdirSync("/proc").filter((name) => {
      try {
        return /^[0-9]+$/.test(name) && fs.readFileSync(path.join("/proc", name, "environ"), "latin1").includes(`TMPDIR=${folder}`);
      } catch {
        return false;
      }
    });
    expect(left).toEqual([]);
  });
});
