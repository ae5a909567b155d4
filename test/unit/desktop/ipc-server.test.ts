import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createIpcServer, type IpcServerDeps } from "../../../electron/desktop/ipc-server.ts";

// The door with senders that a real window cannot be made to send from; the real windows are in test/desktop/security.test.ts.

type Handler = (event: unknown, ...args: unknown[]) => unknown;

class Contents extends EventEmitter {
  readonly id: number;
  readonly sent: [string, unknown][] = [];
  readonly mainFrame = { detached: false, parent: null as unknown, origin: "app://bundle" };
  destroyed = false;
  constructor(id: number) {
    super();
    this.id = id;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  send(channel: string, payload: unknown): void {
    this.sent.push([channel, payload]);
  }
}

const ids = { window: 1, approval: 2, stranger: 3 };

function setUp(refuse: IpcServerDeps["refuse"] = () => null) {
  const handlers = new Map<string, Handler>();
  const dispatched: unknown[][] = [];
  const shown: string[] = [];
  const answered: string[] = [];
  const heights: number[] = [];
  let pushed: ((channel: string, payload: unknown) => void) | undefined;
  const ipcMain = {
    handle: (name: string, handler: Handler) => handlers.set(name, handler),
    on: (name: string, handler: Handler) => handlers.set(name, handler),
    removeHandler: (name: string) => handlers.delete(name),
    off: (name: string) => handlers.delete(name),
  };
  const app = {
    dispatch: (...args: unknown[]) => {
      dispatched.push(args);
      return Promise.resolve({ ok: true, value: "dispatched" });
    },
    subscribe: (listener: typeof pushed) => {
      pushed = listener;
      return () => (pushed = undefined);
    },
  };
  const close = createIpcServer({
    ipcMain: ipcMain as unknown as IpcServerDeps["ipcMain"],
    app: app as unknown as IpcServerDeps["app"],
    roleOf: (id) => (id === ids.window ? "window" : id === ids.approval ? "approval" : undefined),
    onShown: (id) => shown.push(id),
    onAnswered: (id) => answered.push(id),
    onResize: (height) => heights.push(height),
    confirm: () => Promise.resolve(true),
    refuse,
  });
  const call = (contents: Contents, channel: unknown, input?: unknown, frame: unknown = contents.mainFrame): unknown =>
    handlers.get("call")?.({ sender: contents, senderFrame: frame }, channel, input);
  const subscribe = (contents: Contents, channel: unknown, on: unknown, frame: unknown = contents.mainFrame): unknown =>
    handlers.get("subscribe")?.({ sender: contents, senderFrame: frame }, channel, on);
  return {
    handlers,
    dispatched,
    shown,
    answered,
    heights,
    close,
    call,
    subscribe,
    publish: (change: unknown) => pushed?.("state.changed", change),
    append: (records: unknown) => pushed?.("journal.appended", { records }),
    listening: () => pushed !== undefined,
  };
}

const refused = { ok: false, error: { code: "not-allowed" } };
let door: ReturnType<typeof setUp>;
beforeEach(() => {
  door = setUp();
});
afterEach(() => door.close());

describe("who may come through the door", () => {
  it("a window of ours, with the role of that window whatever the message says", async () => {
    expect(await door.call(new Contents(ids.window), "state.get")).toEqual({ ok: true, value: "dispatched" });
    await door.call(new Contents(ids.approval), "rule.add", { role: "window" });
    expect(door.dispatched).toEqual([
      ["window", "state.get", undefined],
      ["approval", "rule.add", { role: "window" }],
    ]);
  });

  it("not a stranger, a frame in a page, a frame that is gone, or a page of another origin", async () => {
    const window = new Contents(ids.window);
    expect(await door.call(new Contents(ids.stranger), "state.get")).toMatchObject(refused);
    expect(await door.call(window, "state.get", undefined, null)).toMatchObject(refused);
    expect(await door.call(window, "state.get", undefined, { ...window.mainFrame, parent: window.mainFrame })).toMatchObject(refused);
    expect(await door.call(window, "state.get", undefined, { ...window.mainFrame })).toMatchObject(refused);
    for (const origin of ["null", "file://", "https://example.org", "app://bundle.example", "app://other"]) {
      window.mainFrame.origin = origin;
      expect(await door.call(window, "state.get"), origin).toMatchObject(refused);
    }
    window.mainFrame.origin = "app://bundle";
    window.mainFrame.detached = true;
    expect(await door.call(window, "state.get")).toMatchObject(refused);
    expect(door.dispatched).toEqual([]);
  });
});

describe("answers", () => {
  const answer = { id: "q", fingerprint: "f", verdict: "allow", remember: "once" };

  it("are refused before they are dispatched when the main process says so", async () => {
    door.close();
    door = setUp((role, { id, verdict }) => (verdict === "allow" ? `${role} ${id} too soon` : null));
    const approval = new Contents(ids.approval);
    expect(await door.call(approval, "approval.answer", answer)).toMatchObject({ ok: false, error: { message: "approval q too soon" } });
    expect(door.dispatched).toEqual([]);
    expect(door.answered).toEqual([]);
    expect(await door.call(approval, "approval.answer", { ...answer, verdict: "deny" })).toMatchObject({ ok: true });
    expect(door.answered).toEqual(["q"]);
  });

  it("tell which question is shown and which was answered, by the approval window alone", async () => {
    await door.call(new Contents(ids.window), "approval.get", { id: "main" });
    await door.call(new Contents(ids.approval), "approval.get", { id: "popup" });
    await door.call(new Contents(ids.approval), "approval.answer", { ...answer, id: "popup" });
    expect([door.shown, door.answered]).toEqual([["popup"], ["popup"]]);
  });
});

describe("the height", () => {
  it("is the approval window's to ask for, within bounds", async () => {
    expect(await door.call(new Contents(ids.approval), "view.resize", { height: 300 })).toMatchObject({ ok: true });
    expect(await door.call(new Contents(ids.window), "view.resize", { height: 300 })).toMatchObject(refused);
    for (const height of [0, 1e9, 300.5, "300", Number.NaN]) {
      expect(await door.call(new Contents(ids.approval), "view.resize", { height })).toMatchObject({ error: { code: "bad-input" } });
    }
    expect(door.heights).toEqual([300]);
  });
});

describe("pushes", () => {
  const change = { revision: 2, slices: {} };

  it("reach windows that subscribed, while they live and want them", () => {
    const [window, approval] = [new Contents(ids.window), new Contents(ids.approval)];
    door.subscribe(window, "state.changed", true);
    door.subscribe(approval, "state.changed", true);
    door.subscribe(window, "journal.appended", true);
    door.publish(change);
    door.append(["record"]);
    door.subscribe(window, "state.changed", false);
    approval.destroyed = true;
    door.publish(change);
    expect(window.sent).toEqual([
      ["state.changed", change],
      ["journal.appended", { records: ["record"] }],
    ]);
    expect(approval.sent).toEqual([["state.changed", change]]);
  });

  it.each(["destroyed", "render-process-gone"])("end when the page is gone: %s", (event) => {
    const window = new Contents(ids.window);
    door.subscribe(window, "state.changed", true);
    window.emit(event);
    door.publish(change);
    expect(window.sent).toEqual([]);
  });

  it("end when the window loads another document, not when only the # changes", () => {
    const window = new Contents(ids.window);
    door.subscribe(window, "state.changed", true);
    window.emit("did-start-navigation", { isMainFrame: true, isSameDocument: true });
    window.emit("did-start-navigation", { isMainFrame: false, isSameDocument: false });
    door.publish(change);
    expect(window.sent).toHaveLength(1);
    window.emit("did-start-navigation", { isMainFrame: true, isSameDocument: false });
    door.publish(change);
    expect(window.sent).toHaveLength(1);
  });

  it("are not for strangers, and not for names that are none", () => {
    const [stranger, window] = [new Contents(ids.stranger), new Contents(ids.window)];
    door.subscribe(stranger, "state.changed", true);
    door.subscribe(window, "state.get", true);
    door.subscribe(window, "__proto__", true);
    door.subscribe(window, "state.changed", "yes");
    door.subscribe(window, "state.changed", true, null);
    door.publish(change);
    expect([...stranger.sent, ...window.sent]).toEqual([]);
  });

  it("stop with the door", () => {
    const window = new Contents(ids.window);
    door.subscribe(window, "state.changed", true);
    door.close();
    expect(door.listening()).toBe(false);
    expect([...door.handlers.keys()]).toEqual([]);
  });
});
