import { createContext, useContext, type ReactNode } from "react";
import { useStore } from "zustand";
import type { Snapshot } from "../shared/model/snapshot.ts";
import type { Api } from "./api.ts";
import type { Replica } from "./store.ts";
import type { View, ViewStore } from "./view.ts";

/** What a page is made of; created once by its entry and handed down. */
export interface App {
  readonly api: Api;
  readonly replica: Replica;
  readonly view: ViewStore;
}

const AppContext = createContext<App | null>(null);

export function AppProvider({ app, children }: { readonly app: App; readonly children: ReactNode }) {
  return <AppContext value={app}>{children}</AppContext>;
}

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("useApp needs an AppProvider");
  return app;
}

/** A part of the snapshot. Only below the shell, which draws nothing else until the snapshot is there. */
export function useSnapshot<T>(select: (snapshot: Snapshot) => T): T {
  return useStore(useApp().replica.store, ({ snapshot }) => {
    if (snapshot === null) throw new Error("the snapshot is not there yet");
    return select(snapshot);
  });
}

export function useView(): View {
  return useStore(useApp().view.store);
}
