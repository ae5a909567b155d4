import { ArrowLeft } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { messages } from "../messages.ts";
import { Button } from "./button.tsx";
import { isFocusLost } from "./use-focus.ts";
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
  /** Absent where the list has nothing else to offer. */
  readonly onBack?: (() => void) | undefined;
  readonly children: ReactNode;
}) {
  const narrow = useNarrow();
  const nav = useRef<HTMLElement>(null);
  const detail = useRef<HTMLElement>(null);
  const picked = useRef(-1);
  const wasOpen = useRef(open);
  const split = useRef<HTMLDivElement>(null);
  const held = useRef(false);
  useEffect(() => {
    const onFocus = ({ target }: FocusEvent): void => {
      held.current = target instanceof Node && split.current?.contains(target) === true;
      const index = [...(nav.current?.querySelectorAll("button") ?? [])].findIndex((button) => button === target);
      if (index !== -1) picked.current = index;
    };
    document.addEventListener("focusin", onFocus);
    return () => document.removeEventListener("focusin", onFocus);
  }, []);
  // What had the focus in here may have gone with the list, or with what was open: it goes on where the person does.
  useEffect(() => {
    if (wasOpen.current === open) return;
    wasOpen.current = open;
    if (!held.current || !isFocusLost()) return;
    const target = open ? detail.current : (nav.current?.querySelectorAll("button")[picked.current] ?? nav.current);
    target?.focus({ preventScroll: open });
  }, [open]);
  return (
    <div ref={split} className="split" data-open={open}>
      {narrow && open ? null : (
        <nav ref={nav} className="split-list" aria-label={label} tabIndex={-1}>
          {list}
        </nav>
      )}
      {narrow && !open ? null : (
        <section ref={detail} className="split-detail" tabIndex={-1}>
          {narrow && onBack !== undefined ? (
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
