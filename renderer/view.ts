import { createStore, type StoreApi } from "zustand/vanilla";
import { wholeLog, type LogView } from "./activity/log-view.ts";
import { emptyDraft, type ServerDraft, type ServerEditDraft } from "./servers/server-draft.ts";

/** In the rail, in this order. */
export const screens = ["approvals", "activity", "servers", "clients", "secrets", "rules", "settings"] as const;
/** `welcome` is the wizard, which has the window to itself. */
export type Screen = (typeof screens)[number] | "welcome";

/** Where the person is: kept in the address (`#/servers/github`), so that a reload, the tray and the back key find it again. */
export interface View {
  readonly screen: Screen;
  /** What is open on that screen, or null. */
  readonly selected: string | null;
}

interface ViewState extends View {
  /** A server that is being described, so that a look at another screen does not lose it. Only in memory. */
  readonly serverDraft: ServerDraft;
  /** Servers that are being edited, by name, likewise. */
  readonly serverEdits: ReadonlyMap<string, ServerEditDraft>;
  /** What the log was asked for, likewise. */
  readonly logView: LogView;
}

export interface ViewStore {
  readonly store: StoreApi<ViewState>;
  go(screen: Screen, selected?: string | null): void;
  setServerDraft(draft: ServerDraft): void;
  /** Null: it is not edited any more. */
  setServerEdit(name: string, draft: ServerEditDraft | null): void;
  setLogView(logView: LogView): void;
  close(): void;
}

/** `#/servers/github` → servers, github. Anything unknown is the first screen. */
export function parseView(hash: string): View {
  const [, name, ...rest] = hash.replace(/^#/, "").split("/");
  const screen = name === "welcome" ? name : screens.find((candidate) => candidate === name);
  if (screen === undefined) return { screen: "approvals", selected: null };
  const selected = rest.join("/");
  try {
    return { screen, selected: selected === "" ? null : decodeURIComponent(selected) };
  } catch {
    return { screen, selected: null };
  }
}

/** Follows the window's address until closed. */
export function createView(window: Window): ViewStore {
  const store = createStore<ViewState>(() => ({
    ...parseView(window.location.hash),
    serverDraft: emptyDraft,
    serverEdits: new Map(),
    logView: wholeLog,
  }));
  const onHash = (): void => store.setState(parseView(window.location.hash));
  window.addEventListener("hashchange", onHash);
  return {
    store,
    go(screen, selected = null) {
      window.location.hash = selected === null ? `/${screen}` : `/${screen}/${encodeURIComponent(selected)}`;
      // The event comes a task later; the screen should not.
      store.setState({ screen, selected });
    },
    setServerDraft: (serverDraft) => store.setState({ serverDraft }),
    setServerEdit(name, draft) {
      const serverEdits = new Map(store.getState().serverEdits);
      if (draft === null) serverEdits.delete(name);
      else serverEdits.set(name, draft);
      store.setState({ serverEdits });
    },
    setLogView: (logView) => store.setState({ logView }),
    close: () => window.removeEventListener("hashchange", onHash),
  };
}
