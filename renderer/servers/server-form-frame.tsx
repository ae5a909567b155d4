import type { ReactNode } from "react";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFocusInside } from "../ui/use-focus.ts";

/** The form of a server that is described, new or there: what it is for, its fields, and on to the review. */
export function ServerFormFrame({
  title,
  intro,
  busy,
  onSubmit,
  onCancel,
  children,
}: {
  readonly title: string;
  readonly intro: string;
  readonly busy: boolean;
  readonly onSubmit: () => void;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}) {
  const form = useFocusInside<HTMLFormElement>();
  return (
    <form
      ref={form}
      className="split-pad"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <header className="detail-head">
        <div className="unbroken">
          <h2>
            <Revealed text={title} line />
          </h2>
          <p className="quiet">{intro}</p>
        </div>
      </header>
      {children}
      <div className="actions">
        <Button onClick={onCancel}>{messages.common.cancel}</Button>
        <Button look="primary" submit aria-disabled={busy}>
          {messages.servers.form.add}
        </Button>
      </div>
    </form>
  );
}
