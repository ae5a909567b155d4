import { CSPProvider } from "@base-ui/react/csp-provider";
import { StrictMode, useEffect, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { useStore } from "zustand";
import { createApi } from "./api.ts";
import { AppProvider, useApp, type App } from "./app-context.tsx";
import { messages } from "./messages.ts";
import { createReplica } from "./store.ts";
import { Banner } from "./ui/banner.tsx";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import { Revealed } from "./ui/revealed.tsx";
import { Toaster } from "./ui/toaster.tsx";
import { createView } from "./view.ts";

/** Starts a page: makes what it needs, and draws `content` as soon as the snapshot is there. */
export function startPage(content: ReactNode): void {
  const element = document.querySelector("#root");
  if (element === null) throw new Error("the page has no #root");
  const api = createApi(window);
  const app: App = { api, replica: createReplica(api), view: createView(window) };
  window.addEventListener("pagehide", () => {
    app.view.close();
    app.replica.close();
    app.api.close();
  });
  // A browser may keep a page that was left and show it again as it was: this one has stopped following, and begins anew.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) window.location.reload();
  });
  createRoot(element).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <AppProvider app={app}>
          <Toaster>
            <ErrorBoundary>
              <WhenReady>{content}</WhenReady>
            </ErrorBoundary>
          </Toaster>
        </AppProvider>
      </CSPProvider>
    </StrictMode>,
  );
}

function WhenReady({ children }: { readonly children: ReactNode }) {
  const { replica } = useApp();
  const ready = useStore(replica.store, ({ snapshot }) => snapshot !== null);
  const failure = useStore(replica.store, (state) => state.failure);
  const theme = useStore(replica.store, ({ snapshot }) => snapshot?.settings.theme ?? "system");
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  if (ready) return children;
  return (
    <main className="starting">
      {failure === null ? (
        <output className="faint">{messages.shell.connection.connecting}</output>
      ) : (
        <Banner hue="red" live title={<Revealed text={failure.message} />}>
          {failure.hint === undefined ? messages.shell.connectionText : <Revealed text={failure.hint} />}
        </Banner>
      )}
    </main>
  );
}
