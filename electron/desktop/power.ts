import type { PowerMonitor } from "electron";

/**
 * Nobody is there to answer once the screen is locked or the machine sleeps: what waits is denied (threat 22). Linux tells of a lock
 * only when asked, so it is asked while something waits.
 */
export interface PowerDeps {
  readonly power: Pick<PowerMonitor, "on" | "off" | "getSystemIdleState">;
  readonly platform: NodeJS.Platform;
  readonly waiting: () => boolean;
  readonly deny: () => void;
}

const askEveryMs = 1_000;

/** Returns the stop. */
export function watchPower({ power, platform, waiting, deny }: PowerDeps): () => void {
  const away = (): void => deny();
  power.on("lock-screen", away);
  power.on("suspend", away);
  power.on("shutdown", away);
  const asking =
    platform === "linux"
      ? setInterval(() => {
          if (waiting() && power.getSystemIdleState(3600) === "locked") deny();
        }, askEveryMs)
      : undefined;
  return () => {
    power.off("lock-screen", away);
    power.off("suspend", away);
    power.off("shutdown", away);
    clearInterval(asking);
  };
}
