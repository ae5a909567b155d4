import type { Migration } from "../../shared/model/migration.ts";

/** What stands in the address when the wizard came by itself: `#/welcome/-first`. No client has such an id. */
export const firstStart = "-first";

const key = "portcullis.welcome";

/** Whether the wizard comes by itself: nothing is configured, nothing was ever migrated, nobody asked for another screen or said "not now". */
export function isFirstStart(window: Pick<Window, "location" | "localStorage">, servers: number, history: readonly Migration[]): boolean {
  return servers === 0 && history.length === 0 && ["", "#", "#/"].includes(window.location.hash) && !saidLater(window);
}

/** Kept as long as the page's storage is: in the desktop app until it quits. */
export function rememberLater(window: Pick<Window, "localStorage">): void {
  try {
    window.localStorage.setItem(key, "later");
  } catch {
    // No storage: then it comes again.
  }
}

function saidLater(window: Pick<Window, "localStorage">): boolean {
  try {
    return window.localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}
