import type { AppError } from "../../shared/errors.ts";
import { messages } from "../messages.ts";
import { Banner } from "./banner.tsx";
import { Button } from "./button.tsx";
import { Revealed } from "./revealed.tsx";

/** What could not be had, why, what to do about it, and another try. */
export function Failure({ error, onAgain, busy }: { readonly error: AppError; readonly onAgain: () => void; readonly busy: boolean }) {
  return (
    <Banner
      hue="red"
      live
      title={<Revealed text={error.message} />}
      action={
        <Button aria-disabled={busy} onClick={onAgain}>
          {messages.common.tryAgain}
        </Button>
      }
    >
      {error.hint === undefined ? null : <Revealed text={error.hint} />}
    </Banner>
  );
}
