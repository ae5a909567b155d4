import { Collapsible } from "@base-ui/react/collapsible";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

export function Disclosure({
  title,
  children,
  open,
}: {
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly open?: boolean;
}) {
  return (
    <Collapsible.Root className="disclosure" defaultOpen={open ?? false}>
      <Collapsible.Trigger className="disclosure-trigger">
        <ChevronRight size={14} aria-hidden="true" />
        {title}
      </Collapsible.Trigger>
      <Collapsible.Panel className="disclosure-panel">{children}</Collapsible.Panel>
    </Collapsible.Root>
  );
}
