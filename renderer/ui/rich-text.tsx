import type { Rich } from "../messages/approvals.ts";
import { Revealed } from "./revealed.tsx";

/** A sentence of the catalogue with its names set apart. */
export function RichText({ parts }: { readonly parts: Rich }) {
  return parts.map((part, index) =>
    typeof part === "string" ? (
      part
    ) : (
      // The parts of one sentence never change places.
      // eslint-disable-next-line react/no-array-index-key
      <strong key={index} className="unbroken">
        <Revealed text={part.strong} line />
      </strong>
    ),
  );
}
