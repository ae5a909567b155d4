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

/** Whether what had the focus is gone. */
export function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
