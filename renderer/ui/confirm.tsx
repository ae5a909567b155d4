import { useEffect, useRef, type ReactNode } from "react";
import { messages } from "../messages.ts";
import { Banner } from "./banner.tsx";
import { Button } from "./button.tsx";
import { Revealed } from "./revealed.tsx";

/** A one-way door says so, in place. The keyboard goes to the way out of it; whoever opened it takes it back (`useOpener`). Escape is a no. */
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
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  useEffect(() => {
    const { current } = frame;
    const listener = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onCancel();
    };
    current?.addEventListener("keydown", listener);
    return () => current?.removeEventListener("keydown", listener);
  }, [onCancel]);
  return (
    <div ref={frame} className="confirm">
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
