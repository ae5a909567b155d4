import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { messages } from "../messages.ts";
import { Button } from "./button.tsx";
import { useNarrow } from "./use-narrow.ts";

/** A screen of the main window: its name, what can be done on it, and the rest. */
export function Screen({
  title,
  actions,
  children,
}: {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="screen">
      <header className="screen-head">
        <h1>{title}</h1>
        <span className="spacer" />
        {actions}
      </header>
      {children}
    </div>
  );
}

/** One column that scrolls. */
export function ScreenBody({ children }: { readonly children: ReactNode }) {
  return (
    <div className="screen-body">
      <div className="column">{children}</div>
    </div>
  );
}

/** A list and the detail of what is chosen; in a narrow window one of the two, and only that one is there at all. */
export function Split({
  label,
  list,
  open,
  onBack,
  children,
}: {
  readonly label: string;
  readonly list: ReactNode;
  readonly open: boolean;
  readonly onBack: () => void;
  readonly children: ReactNode;
}) {
  const narrow = useNarrow();
  return (
    <div className="split" data-open={open}>
      {narrow && open ? null : (
        <nav className="split-list" aria-label={label}>
          {list}
        </nav>
      )}
      {narrow && !open ? null : (
        <section className="split-detail">
          {narrow ? (
            <div className="split-back">
              <Button look="ghost" icon={<ArrowLeft size={15} aria-hidden="true" />} onClick={onBack}>
                {messages.common.back}
              </Button>
            </div>
          ) : null}
          {children}
        </section>
      )}
    </div>
  );
}
