import type { FreshSupervisor } from "./supervisor.ts";

/**
 * One supervisor kept ready for the next box with hosts: to start its process and load its code takes longer than all the rest. It opens
 * nothing before it has a box (no port, no socket), and is used for that one only. Where it cannot be had, the box starts its own.
 */
export interface SpareSupervisor {
  /** Whether one is to be kept from now on. */
  keep(wanted: boolean): void;
  /** The one there is, perhaps still loading; the next is started a little later. Undefined: there is none. */
  take(): FreshSupervisor | undefined;
  /** Ends it; none is kept any more. */
  close(): Promise<void>;
}

/** `delayMs`: from taking one to starting the next, so that it is not in the way of the server that is starting. */
export function createSpareSupervisor(fork: () => Promise<FreshSupervisor>, delayMs = 1_000): SpareSupervisor {
  let wanted = false;
  let spare: FreshSupervisor | undefined;
  let starting: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const start = async (): Promise<void> => {
    const fresh = await fork();
    if (!wanted) return fresh.close();
    spare = fresh;
    void forgetWhenGone(fresh);
  };
  const forgetWhenGone = async (fresh: FreshSupervisor): Promise<void> => {
    await fresh.gone;
    if (spare === fresh) spare = undefined;
  };
  const refill = (): void => {
    clearTimeout(timer);
    if (!wanted || spare !== undefined || starting !== undefined) return;
    starting = start()
      // No room for a folder or a process: the next box says so itself.
      .catch(() => undefined)
      .finally(() => {
        starting = undefined;
      });
  };
  const drop = async (): Promise<void> => {
    clearTimeout(timer);
    const old = spare;
    spare = undefined;
    await old?.close();
    await starting;
  };

  return {
    keep(now) {
      if (now === wanted) return;
      wanted = now;
      if (now) refill();
      // A folder that cannot be taken away is no reason to fail anything.
      else drop().catch(() => undefined);
    },
    take() {
      const taken = spare;
      spare = undefined;
      if (wanted) {
        clearTimeout(timer);
        timer = setTimeout(refill, delayMs).unref();
      }
      return taken;
    },
    close() {
      wanted = false;
      return drop();
    },
  };
}
