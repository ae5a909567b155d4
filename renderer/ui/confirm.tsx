import { useEffect, useRef, type ReactNode } from "react";
import { messages } from "../messages.ts";
import { Banner } from "./banner.tsx";
import { Button } from "./button.tsx";
import { Revealed } from "./revealed.tsx";

/** A one-way door says so, in place. The keyboard goes to the way out of it, and back to where it came from. */
export function Confirm({
  title,
  text,
  onCancel,
  children,
}: {
  readonly title: string;
  readonly text: string;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}) {
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const from = document.activeElement;
    cancel.current?.focus();
    return () => {
      const now = document.activeElement;
      if (from instanceof HTMLElement && from.isConnected && (now === null || now === document.body)) from.focus();
    };
  }, []);
  return (
    <div className="confirm">
      <Banner hue="red" live title={<Revealed text={title} line />}>
        <p>{text}</p>
        <div className="actions">
          <Button ref={cancel} onClick={onCancel}>
            {messages.common.cancel}
          </Button>
          {children}
        </div>
      </Banner>
    </div>
  );
}
