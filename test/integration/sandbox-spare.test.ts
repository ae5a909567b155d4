import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ForkHelper, HelperProcess } from "../../electron/helper-process.ts";
import { forkNode } from "../fixtures/sandbox/fork-node.ts";
import { createTestBox } from "../fixtures/sandbox/test-box.ts";

// The supervisor that is kept ready for the next server with hosts: real processes, real boxes.

/** Every helper that was started, and what it said. */
const forked: { readonly process: HelperProcess; readonly folder: string; readonly said: string[]; gone: boolean }[] = [];
const fork: ForkHelper = (name, options) => {
  const process = forkNode(name, options);
  const entry = { process, folder: options.env["TMPDIR"] ?? "", said: [] as string[], gone: false };
  process.onMessage((message) => entry.said.push((message as { kind: string }).kind));
  process.onExit(() => (entry.gone = true));
  forked.push(entry);
  return process;
};
const box = await createTestBox(fork);

describe.skipIf(box.cannot !== undefined)("a supervisor that is kept ready", () => {
  const servers: http.Server[] = [];
  let allowed = 0;
  let other = 0;
  let reached = 0;
  const listen = async (answer: () => string): Promise<number> => {
    const server = http.createServer((_request, response) => response.end(answer()));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    return (server.address() as AddressInfo).port;
  };
  beforeAll(async () => {
    allowed = await listen(() => "allowed");
    other = await listen(() => String((reached += 1)));
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    await box.close();
  });
  beforeEach(async () => {
    await box.sandbox.getReady({ waived: false, hosts: false });
    await until(() => forked.every(({ gone }) => gone));
    forked.splice(0);
  });

  const until = async (condition: () => boolean): Promise<void> => {
    await expect.poll(condition, { timeout: 30_000, interval: 20 }).toBe(true);
  };
  const ready = async (): Promise<void> => {
    await box.sandbox.getReady({ waived: false, hosts: true });
    await until(() => forked.length === 1);
  };
  /** The TCP ports at which a process listens, as the kernel writes them. */
  const listening = (pid: number): readonly string[] => {
    const sockets = new Set(
      fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []),
    );
    return ["tcp", "tcp6"]
      .flatMap((table) => fs.readFileSync(`/proc/${pid}/net/${table}`, "utf8").trim().split("\n").slice(1))
      .map((line) => line.trim().split(/\s+/))
      .flatMap((fields) => (fields[3] === "0A" && sockets.has(fields[9] ?? "") ? [fields[1] ?? ""] : []));
  };
  const fetching = (...ports: readonly number[]) =>
    `(async () => { for (const port of [${ports.join(",")}]) console.log(await fetch("http://localhost:" + port + "/").then(async (r) => r.status + ":" + (await r.text()), (e) => "failed")); })()`;

  it("serves the next box, reaching that box's hosts and no other, and the one after it gets a new one", async () => {
    await ready();
    const first = await box.script(fetching(allowed, other), { hosts: [`localhost:${allowed}`] });
    expect(first.stdout).toMatch(/^200:allowed\n(403|failed)/);
    expect(reached).toBe(0);
    expect(forked[0]?.said).toEqual(["ready"]);
    await until(() => forked.length === 2);
    const second = await box.script(fetching(allowed, other), { hosts: [`localhost:${other}`] });
    expect(second.stdout).toMatch(/^(403:.*|failed)\n200:1\n/);
    expect(forked[1]?.said).toEqual(["ready"]);
    // What served a box serves no other.
    await until(() => forked[0]?.gone === true && forked[1]?.gone === true);
  });

  it("is started again neither for a box without hosts nor more than once", async () => {
    await ready();
    await box.script("1", {});
    await box.sandbox.getReady({ waived: true, hosts: true });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(forked).toHaveLength(1);
  });

  it("is ended when no server has hosts any more, and leaves no folder", async () => {
    await ready();
    const { folder } = forked[0] ?? { folder: "" };
    expect(fs.existsSync(folder)).toBe(true);
    await box.sandbox.getReady({ waived: false, hosts: false });
    await until(() => forked[0]?.gone === true && !fs.existsSync(folder));
  });

  /** The supervisors that were given a box: its own, or the one that is already kept ready for the box after it, whichever begins first. */
  const whatServed = () => forked.slice(1).filter(({ said }) => said.includes("ready"));

  it("when it was killed, the next box starts its own", async () => {
    await ready();
    forked[0]?.process.kill();
    const ran = await box.script(fetching(allowed), { hosts: [`localhost:${allowed}`] });
    expect(ran.stdout).toBe("200:allowed\n");
    expect(whatServed()).toHaveLength(1);
  });

  it("when its folder was cleaned away while it waited, the next box starts its own", async () => {
    await ready();
    fs.rmSync(forked[0]?.folder ?? "", { recursive: true });
    const ran = await box.script(fetching(allowed), { hosts: [`localhost:${allowed}`] });
    expect(ran.stdout).toBe("200:allowed\n");
    expect(whatServed()).toHaveLength(1);
    await until(() => forked[0]?.gone === true);
  });

  it("what is wanted last counts, also while the trial for what was wanted before goes on", async () => {
    // A sandbox of its own: the trial for waived servers takes place once.
    const before = forked.length;
    const own = await createTestBox(fork);
    await Promise.all([own.sandbox.getReady({ waived: true, hosts: true }), own.sandbox.getReady({ waived: false, hosts: false })]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(forked.slice(before).filter(({ gone }) => !gone)).toEqual([]);
    await own.close();
  });

  it("listens nowhere before it has a box", async () => {
    await ready();
    // Long enough to have loaded all it needs.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { process, folder } = forked[0] ?? { process: undefined, folder: "" };
    expect(fs.readdirSync(folder)).toEqual([]);
    expect(listening(process?.pid ?? 0)).toEqual([]);
    const boxed = await box.sandbox.prepare(box.request(["/bin/true"], { hosts: [`localhost:${allowed}`] }));
    expect(listening(process?.pid ?? 0)).toHaveLength(1);
    if (boxed.ok) await boxed.value.close();
  });

  // The last one: it closes the sandbox.
  it("goes with the app, and leaves nothing", async () => {
    await ready();
    await box.sandbox.close();
    await until(() => forked[0]?.gone === true);
    expect(fs.existsSync(forked[0]?.folder ?? "/")).toBe(false);
    await box.sandbox.getReady({ waived: false, hosts: true });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(forked).toHaveLength(1);
  });
});
