import { beforeEach, describe, expect, it } from "vitest";
import { createMigrationLog } from "../../../renderer/welcome/migration-log.ts";
import { createWizard, type Wizard } from "../../../renderer/welcome/wizard.ts";
import { fail, ok, type Result } from "../../../shared/errors.ts";
import type { Push } from "../../../shared/ipc/contract.ts";
import type { Plan, Selection } from "../../../shared/model/migration.ts";
import { migrationDone, migrationPlan, migrationScan } from "../../fixtures/renderer/migration.ts";

const now = 1_800_000_000_000;

interface Pending {
  readonly channel: string;
  readonly input: unknown;
  readonly answer: (result: Result<unknown>) => void;
}

/** An app whose answers the test gives by hand. */
function fakeApi() {
  const pending: Pending[] = [];
  const listeners = new Set<(payload: never) => void>();
  const call = (channel: string, input?: unknown): Promise<Result<never>> =>
    new Promise((resolve) => {
      pending.push({ channel, input, answer: (result) => resolve(result as Result<never>) });
    });
  const on = (_channel: string, listener: (payload: never) => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const connections = new Set<(connection: "live" | "lost") => void>();
  const onConnection = (listener: (connection: "live" | "lost") => void): (() => void) => {
    connections.add(listener);
    return () => connections.delete(listener);
  };
  return {
    connection: (now: "live" | "lost") => {
      for (const listener of connections) listener(now);
    },
    api: { call, on, onConnection } as Parameters<typeof createWizard>[0] & Parameters<typeof createMigrationLog>[0],
    waiting: (channel: string) => pending.filter((one) => one.channel === channel),
    push: (payload: Push<"migration.progressed">) => {
      for (const listener of listeners) listener(payload as never);
    },
    listeners,
    /** Answers the oldest waiting call of a channel, and lets everything that follows from it happen. */
    async answer(channel: string, result: Result<unknown>): Promise<unknown> {
      const at = pending.findIndex((one) => one.channel === channel);
      const [one] = pending.splice(at, at === -1 ? 0 : 1);
      if (one === undefined) throw new Error(`nothing asks for ${channel}`);
      one.answer(result);
      await new Promise((resolve) => setTimeout(resolve, 0));
      return one.input;
    },
  };
}

describe("the wizard", () => {
  let fake: ReturnType<typeof fakeApi>;
  let wizard: Wizard;
  const state = () => wizard.store.getState();
  const scan = migrationScan(now);
  const plan = (id: string, more: Partial<Plan> = {}): Result<Plan> => ok({ ...migrationPlan(), id, ...more });
  const toReview = async (): Promise<void> => {
    void wizard.begin(null);
    await fake.answer("migration.scan", ok(scan));
    wizard.review();
    await fake.answer("migration.plan", plan("p1"));
  };

  beforeEach(() => {
    fake = fakeApi();
    wizard = createWizard(fake.api);
  });

  it("looks, shows, plans, applies", async () => {
    void wizard.begin("cursor");
    expect(state()).toMatchObject({ step: "look", client: "cursor" });
    await fake.answer("migration.scan", ok(scan));
    expect(state().step).toBe("found");
    wizard.review();
    expect(state()).toMatchObject({ step: "review", planning: true, plan: null });
    const asked = (await fake.answer("migration.plan", plan("p1"))) as Selection;
    expect(asked.clients).toEqual(["cursor"]);
    expect(state()).toMatchObject({ planning: false, plan: { id: "p1" } });
    void wizard.apply();
    expect(state().step).toBe("apply");
    expect(await fake.answer("migration.apply", ok(migrationDone(now)))).toEqual({ plan: "p1" });
    expect(state()).toMatchObject({ step: "done", migration: { id: "m1" } });
  });

  it("never applies a plan that is not the one for the choice as it is", async () => {
    await toReview();
    wizard.takeAlong(["github"], false);
    expect(state().planning).toBe(true);
    void wizard.apply();
    expect(fake.waiting("migration.apply")).toEqual([]);
    wizard.tick(["s4"], false);
    wizard.tick(["s5"], false);
    // One is on its way; what came meanwhile is one more, not three.
    expect(fake.waiting("migration.plan")).toHaveLength(1);
    await fake.answer("migration.plan", plan("p2"));
    expect(state()).toMatchObject({ planning: true, plan: { id: "p1" } });
    const asked = (await fake.answer("migration.plan", plan("p3"))) as Selection;
    expect(asked.secrets).not.toContain("s4");
    expect(asked.secrets).not.toContain("s5");
    expect(state()).toMatchObject({ planning: false, plan: { id: "p3" } });
    expect(fake.waiting("migration.plan")).toEqual([]);
  });

  it("asks again with the new name when a server with a changed sandbox is called otherwise", async () => {
    await toReview();
    const github = migrationPlan().servers[0];
    if (github === undefined) throw new Error("no server");
    wizard.openInstead(github, { hosts: ["a.example"] });
    const first = (await fake.answer("migration.plan", plan("p2", { servers: [{ ...github, name: "github-2" }] }))) as Selection;
    expect(first.sandbox).toEqual({ github: { hosts: ["a.example"] } });
    const second = (await fake.answer("migration.plan", plan("p3", { servers: [{ ...github, name: "github-2" }] }))) as Selection;
    expect(second.sandbox).toEqual({ "github-2": { hosts: ["a.example"] } });
    expect(state()).toMatchObject({ planning: false, plan: { id: "p3" } });
  });

  it("asks nothing of the app when everything is left alone, and recovers", async () => {
    await toReview();
    const names = scan.files.flatMap(({ entries }) => entries.map(({ server }) => server));
    wizard.takeAlong(names, false);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(fake.waiting("migration.plan")).toEqual([]);
    expect(state()).toMatchObject({ plan: null, planning: false, problem: { code: "not-found" } });
    wizard.takeAlong(["github"], true);
    await fake.answer("migration.plan", plan("p2"));
    expect(state()).toMatchObject({ plan: { id: "p2" }, problem: null });
  });

  it("comes back to the review with the reason and a fresh plan when applying fails", async () => {
    await toReview();
    void wizard.apply();
    await fake.answer("migration.apply", fail("vault-locked", "Nothing was changed. The keychain is locked.", "Unlock it."));
    await fake.answer("migration.plan", plan("p2"));
    expect(state()).toMatchObject({ step: "review", plan: { id: "p2" }, problem: { code: "vault-locked" } });
  });

  it("does not look anew while it applies, however often it is opened", async () => {
    await toReview();
    void wizard.apply();
    await wizard.begin(null);
    expect(state().step).toBe("apply");
    expect(fake.waiting("migration.scan")).toEqual([]);
  });

  it("shows only the newest look", async () => {
    void wizard.begin(null);
    void wizard.begin("cursor");
    await fake.answer("migration.scan", ok({ ...scan, absent: ["old"] }));
    expect(state().step).toBe("look");
    await fake.answer("migration.scan", ok(scan));
    expect(state()).toMatchObject({ step: "found", client: "cursor", scan: { absent: scan.absent } });
  });

  it("looks into the folders that the person names, each once", async () => {
    void wizard.begin(null);
    await fake.answer("migration.scan", ok(scan));
    void wizard.lookIn("/home/ann/x");
    expect(await fake.answer("migration.scan", ok(scan))).toEqual({ folders: ["/home/ann/x"] });
    void wizard.lookIn("/home/ann/x");
    expect(await fake.answer("migration.scan", ok(scan))).toEqual({ folders: ["/home/ann/x"] });
  });

  it("goes on where the person was when they come again, and keeps what they chose when it looks again", async () => {
    void wizard.open(null);
    await fake.answer("migration.scan", ok(scan));
    void wizard.lookIn("/home/ann/x");
    await fake.answer("migration.scan", ok(scan));
    wizard.review();
    await fake.answer("migration.plan", plan("p1"));
    wizard.tick(["s5"], false);
    await fake.answer("migration.plan", plan("p2"));
    wizard.takeAlong(["github"], false);
    await fake.answer("migration.plan", plan("p3"));
    await wizard.open(null);
    expect(fake.waiting("migration.scan")).toEqual([]);
    expect(state()).toMatchObject({ step: "review", plan: { id: "p3" }, folders: ["/home/ann/x"] });
    // What is new is as at first; what is gone is forgotten.
    const [known] = scan.secrets.filter(({ id }) => id === "s5");
    if (known === undefined) throw new Error("no such secret");
    const secrets = [...scan.secrets.filter(({ id }) => id !== "s4"), { ...known, id: "s99" }];
    void wizard.begin(null);
    expect(await fake.answer("migration.scan", ok({ ...scan, secrets }))).toEqual({ folders: ["/home/ann/x"] });
    expect(state().choice.ticked.has("s5")).toBe(false);
    expect(state().choice.ticked.has("s4")).toBe(false);
    expect(state().choice.ticked.has("s99")).toBe(true);
    expect([...state().choice.left]).toEqual(["github"]);
    // Another client is another matter.
    void wizard.open("cursor");
    expect(await fake.answer("migration.scan", ok(scan))).toEqual({ folders: [] });
    expect(state().choice.ticked.has("s5")).toBe(true);
    expect(state().choice.left.size).toBe(0);
  });

  it("begins anew when it was done", async () => {
    await toReview();
    void wizard.apply();
    await fake.answer("migration.apply", ok(migrationDone(now)));
    void wizard.open(null);
    await fake.answer("migration.scan", ok(scan));
    expect(state()).toMatchObject({ step: "found", migration: null });
  });

  it("takes it back, and says what could not be", async () => {
    await toReview();
    void wizard.apply();
    await fake.answer("migration.apply", ok(migrationDone(now)));
    void wizard.undo();
    await fake.answer("migration.undo", fail("internal", "One could not be put back."));
    expect(state()).toMatchObject({ step: "done", undoing: false, problem: { message: "One could not be put back." } });
    void wizard.undo();
    await fake.answer("migration.undo", ok({ ...migrationDone(now), files: [] }));
    expect(state()).toMatchObject({ undoing: false, problem: null, migration: { files: [] } });
  });

  it("follows the progress until it is told not to", () => {
    const stop = wizard.follow();
    fake.push({ step: { kind: "verify", done: 1, total: 3, text: "Starting x" } });
    expect(state().progress.verify?.done).toBe(1);
    stop();
    expect(fake.listeners.size).toBe(0);
  });
});

describe("what is known of migrations", () => {
  it("is asked for at once and whenever something changed, and keeps what it knows when that fails", async () => {
    const fake = fakeApi();
    const log = createMigrationLog(fake.api);
    const stop = log.follow();
    await fake.answer("migration.history", ok([migrationDone(now)]));
    await fake.answer("migration.drift", ok([]));
    expect(log.store.getState().history).toHaveLength(1);
    fake.push({ step: null });
    await fake.answer("migration.history", fail("not-running", "gone"));
    await fake.answer("migration.drift", fail("not-running", "gone"));
    expect(log.store.getState().history).toHaveLength(1);
    fake.push({ step: { kind: "scan", done: 0, total: 1, text: "" } });
    expect(fake.waiting("migration.history")).toEqual([]);
    stop();
  });

  it("is asked for again when the connection was lost, and not when it was there all the time", async () => {
    const fake = fakeApi();
    const stop = createMigrationLog(fake.api).follow();
    await fake.answer("migration.history", ok([]));
    await fake.answer("migration.drift", ok([]));
    fake.connection("live");
    expect(fake.waiting("migration.history")).toEqual([]);
    fake.connection("lost");
    fake.connection("live");
    expect(fake.waiting("migration.history")).toHaveLength(1);
    stop();
    fake.connection("lost");
    fake.connection("live");
    expect(fake.waiting("migration.history")).toHaveLength(1);
  });

  it("looks once at a time, and again after a change", async () => {
    const fake = fakeApi();
    const log = createMigrationLog(fake.api);
    log.follow();
    void log.look();
    void log.look();
    expect(fake.waiting("migration.scan")).toHaveLength(1);
    await fake.answer("migration.scan", ok(migrationScan(now)));
    expect(log.store.getState()).toMatchObject({ scanning: false, scan: { at: now - 4000 } });
    fake.push({ step: null });
    expect(fake.waiting("migration.scan")).toHaveLength(1);
  });

  it("looks once more when something changed during the look, and takes no older answer for a newer one", async () => {
    const fake = fakeApi();
    const log = createMigrationLog(fake.api);
    log.follow();
    void log.look();
    fake.push({ step: null });
    expect(fake.waiting("migration.scan")).toHaveLength(1);
    await fake.answer("migration.scan", ok({ ...migrationScan(now), at: 1 }));
    expect(fake.waiting("migration.scan")).toHaveLength(1);
    await fake.answer("migration.scan", ok({ ...migrationScan(now), at: 2 }));
    expect(log.store.getState()).toMatchObject({ scanning: false, scan: { at: 2 } });
    expect(fake.waiting("migration.scan")).toEqual([]);
    const [older, newer] = fake.waiting("migration.history");
    const [olderDrift, newerDrift] = fake.waiting("migration.drift");
    newer?.answer(ok([migrationDone(now)]));
    newerDrift?.answer(ok([]));
    await expect.poll(() => log.store.getState().history).toHaveLength(1);
    older?.answer(ok([]));
    olderDrift?.answer(ok([]));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(log.store.getState().history).toHaveLength(1);
  });
});
