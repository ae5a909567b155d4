import type { ReactNode } from "react";

export type Hue = "neutral" | "accent" | "amber" | "red" | "green";

export function Badge({ hue = "neutral", title, children }: { readonly hue?: Hue; readonly title?: string; readonly children: ReactNode }) {
  return (
    <span className={hue === "neutral" ? "badge" : `badge ${hue}`} title={title}>
      {children}
    </span>
  );
}

/** A state at a glance; the words stand beside it, never in its colour alone. */
export function Dot({ look }: { readonly look: "green" | "amber" | "red" | "hollow" | "busy" }) {
  return <span className={`dot ${look}`} aria-hidden="true" />;
}
