import { useSyncExternalStore } from "react";

/** The width at which shell.css, too, stops showing a list beside its detail. */
const query = "(max-width: 760px)";

/** Whether the window is too narrow for a list and a detail side by side. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

function subscribe(changed: () => void): () => void {
  const list = window.matchMedia(query);
  list.addEventListener("change", changed);
  return () => list.removeEventListener("change", changed);
}
