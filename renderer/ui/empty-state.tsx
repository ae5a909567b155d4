import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** Nothing here yet: what would be here, and the one thing to do next. */
export function EmptyState({
  icon: Icon,
  title,
  text,
  action,
}: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text?: string;
  readonly action?: ReactNode;
}) {
  return (
    <div className="empty">
      <Icon size={28} strokeWidth={1.5} aria-hidden="true" />
      <h2>{title}</h2>
      {text === undefined ? null : <p>{text}</p>}
      {action}
    </div>
  );
}
