import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

/** What is the matter and what to do about it, in place. */
export function Banner({
  hue = "neutral",
  title,
  children,
  action,
  live = false,
}: {
  readonly hue?: "neutral" | "amber" | "red";
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  /** Read out when it appears. */
  readonly live?: boolean;
}) {
  const Icon = hue === "red" ? CircleAlert : hue === "amber" ? TriangleAlert : Info;
  return (
    <div className={hue === "neutral" ? "banner" : `banner ${hue}`} role={live ? "status" : undefined}>
      <Icon size={16} aria-hidden="true" />
      <div className="banner-text unbroken">
        <div className="banner-title">{title}</div>
        {children}
      </div>
      {action}
    </div>
  );
}
