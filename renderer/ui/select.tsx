import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
}

/** One of a list. */
export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  id,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
  readonly id?: string;
}) {
  return (
    <Base.Root<T>
      items={options}
      value={value}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
    >
      <Base.Trigger className="select" aria-label={label} id={id}>
        <Base.Value className="one-line" />
        <ChevronsUpDown size={13} aria-hidden="true" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner alignItemWithTrigger={false} sideOffset={4} className="select-positioner">
          <Base.Popup className="select-popup">
            {options.map((option) => (
              <Base.Item key={option.value} value={option.value} className="select-item">
                <Base.ItemIndicator render={<Check size={14} aria-hidden="true" />} />
                <Base.ItemText className="select-text">{option.label}</Base.ItemText>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
