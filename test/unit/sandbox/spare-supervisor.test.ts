import { describe, expect, it } from "vitest";
import { createSpareSupervisor } from "../../../electron/sandbox/spare-supervisor.ts";
import type { FreshSupervisor } from "../../../electron/sandbox/supervisor.ts";
import { fail } from "../../../shared/errors.ts";

// What real processes cannot be made to do on demand: fail to start, end in a certain moment.

interface Fake extends FreshSupervisor {
  closed: boolean;
  end(): void;
}

function fake(): Fake {
  let end = (): void => undefined;
  const gone = new Promise<void>((resolve) => {
    end = resolve;
  });
  const made: Fake = {
    closed: false,
    gone,
    end,
    start: () => Promise.resolve(fail("cannot-box", "not asked here")),
    close: () => {
      made.closed = true;
      end();
      return Promise.resolve();
    },
  };
  return made;
}

const settle = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("the spare supervisor", () => {
  it("is none until one is wanted", async () => {
    let forks = 0;
    const spare = createSpareSupervisor(() => Promise.resolve(((forks += 1), fake())), 0);
    expect(spare.take()).toBeUndefined();
    await settle(5);
    expect(forks).toBe(0);
    await spare.close();
  });

  it("that could not be started is none, and the next taking tries again", async () => {
    let forks = 0;
    const spare = createSpareSupervisor(() => ((forks += 1), Promise.reject(new Error("no room"))), 0);
    spare.keep(true);
    await settle(5);
    expect(spare.take()).toBeUndefined();
    await settle(5);
    expect(forks).toBe(2);
    await spare.close();
  });

  it("that has ended is not given out", async () => {
    const made = fake();
    const spare = createSpareSupervisor(() => Promise.resolve(made), 1_000);
    spare.keep(true);
    await settle(5);
    made.end();
    await settle(5);
    expect(spare.take()).toBeUndefined();
    await spare.close();
  });

  it("that is not wanted any more when its process is there is closed", async () => {
    const made = fake();
    let forked: (fresh: FreshSupervisor) => void = () => undefined;
    const spare = createSpareSupervisor(() => new Promise((resolve) => (forked = resolve)));
    spare.keep(true);
    const closing = spare.close();
    forked(made);
    await closing;
    expect(made.closed).toBe(true);
    expect(spare.take()).toBeUndefined();
  });

  it("is closed with everything, and what was taken is not", async () => {
    const all = [fake(), fake()];
    let at = 0;
    const spare = createSpareSupervisor(() => Promise.resolve(all[at++] ?? fake()), 0);
    spare.keep(true);
    await settle(5);
    expect(spare.take()).toBe(all[0]);
    await settle(5);
    await spare.close();
    expect(all.map(({ closed }) => closed)).toEqual([false, true]);
  });
});
