import { Switch as Base } from "@base-ui/react/switch";

export function Switch({
  label,
  checked,
  onChange,
}: {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  return (
    <Base.Root className="switch" aria-label={label} checked={checked} onCheckedChange={(next) => onChange(next)}>
      <Base.Thumb className="switch-thumb" />
    </Base.Root>
  );
}
