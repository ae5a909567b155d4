import { useId, type ReactNode } from "react";

/** A labelled control; `children` gets the ids to wire up. */
export function Field({
  label,
  help,
  problem,
  children,
}: {
  readonly label: string;
  readonly help?: ReactNode;
  readonly problem?: string | null;
  readonly children: (ids: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean }) => ReactNode;
}) {
  const id = useId();
  const wrong = problem !== undefined && problem !== null;
  const note = wrong ? problem : help;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": note === undefined ? undefined : `${id}-note`, "aria-invalid": wrong })}
      {note === undefined ? null : (
        <div id={`${id}-note`} className={wrong ? "problem" : "help"}>
          {note}
        </div>
      )}
    </div>
  );
}
