import type { ReactNode } from "react";
import { messages } from "../messages.ts";
import { Banner } from "./banner.tsx";
import { Button } from "./button.tsx";
import { Revealed } from "./revealed.tsx";

/** A one-way door says so, in place. */
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
  return (
    <div className="confirm">
      <Banner hue="red" live title={<Revealed text={title} line />}>
        <p>{text}</p>
        <div className="actions">
          <Button onClick={onCancel}>{messages.common.cancel}</Button>
          {children}
        </div>
      </Banner>
    </div>
  );
}
