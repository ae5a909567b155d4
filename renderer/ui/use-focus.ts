import { useEffect, useRef, type RefObject } from "react";

/** Controls that somebody would begin with, in the order of the page. */
const firstControl = 'input:not([tabindex="-1"]):not([type="hidden"]), textarea, [role="radio"][aria-checked="true"]';

/** For what has just been opened: its first field gets the focus, or it itself where it has none, which also brings it into sight. */
export function useFocusInside<T extends HTMLElement>(): RefObject<T | null> {
  const opened = useRef<T>(null);
  useEffect(() => {
    const element = opened.current;
    if (element === null) return;
    element.scrollIntoView({ block: "nearest" });
    (element.querySelector<HTMLElement>(firstControl) ?? element).focus();
  }, []);
  return opened;
}

/** For the button that opens something: it gets the focus back when that is closed, unless the focus has gone somewhere else by then. */
export function useOpener(open: boolean): RefObject<HTMLButtonElement | null> {
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open && isFocusLost()) opener.current?.focus();
    wasOpen.current = open;
  }, [open]);
  return opener;
}

/** Long enough for whoever opened something to take the focus back. */
const settleMs = 60;

/**
 * For a part of the page that stays: when what had the focus in it is gone and nobody took it over, the nearest of its surroundings that is
 * still there gets it (of a removed row, its list). The keyboard goes on from there and not from the top of the page.
 */
export function useKeptFocus(part: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    /** What has, or had, the focus and what is around it, from within. */
    let around: readonly HTMLElement[] = [];
    let timer: number | undefined;
    const onFocus = ({ target }: FocusEvent): void => {
      const found: HTMLElement[] = [];
      for (let at = target; at instanceof HTMLElement && part.current?.contains(at) === true; at = at.parentElement) found.push(at);
      around = found;
    };
    const takeOver = (): void => {
      const left = around.find((element) => element.isConnected);
      if (!isFocusLost() || left === undefined) return;
      if (!left.hasAttribute("tabindex")) left.tabIndex = -1;
      left.focus({ preventScroll: true });
    };
    const removals = new MutationObserver(() => {
      if (around[0]?.isConnected !== false) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(takeOver, settleMs);
    });
    document.addEventListener("focusin", onFocus);
    removals.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", onFocus);
      removals.disconnect();
      window.clearTimeout(timer);
    };
  }, [part]);
}

/** Whether what had the focus is gone. */
export function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
