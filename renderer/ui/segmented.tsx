import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import type { Option } from "./select.tsx";

/** One of a few, all in sight: a radio group, arrows move through it. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <RadioGroup<T> className="segmented" aria-label={label} value={value} onValueChange={(next) => onChange(next)}>
      {options.map((option) => (
        <Radio.Root key={option.value} value={option.value} className="segment" aria-label={option.label}>
          {option.label}
        </Radio.Root>
      ))}
    </RadioGroup>
  );
}
