import type { ReactNode } from "react";

/** The platform's own checkbox. `label` names it where `children` says more than its name, or nothing. */
export function Checkbox({
  checked,
  onChange,
  label,
  children,
}: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly label?: string;
  readonly children?: ReactNode;
}) {
  return (
    <label className="checkbox">
      <input type="checkbox" aria-label={label} checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {children}
    </label>
  );
}
