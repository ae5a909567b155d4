import type { ComponentProps, ReactNode } from "react";

export interface ButtonProps extends Omit<ComponentProps<"button">, "type"> {
  readonly look?: "plain" | "primary" | "danger" | "ghost" | "link";
  readonly icon?: ReactNode;
  /** For a button that shows only its icon. */
  readonly label?: string;
  readonly submit?: boolean;
}

/** A button. One that is off (`aria-disabled`) keeps its focus and says so, and does nothing. */
export function Button({ look = "plain", icon, label, submit = false, className, children, onClick, ...rest }: ButtonProps) {
  const off = rest["aria-disabled"] === true || rest["aria-disabled"] === "true";
  const classes = ["button", look === "plain" ? "" : look, children === undefined ? "icon-only" : "", className ?? ""];
  return (
    <button
      {...rest}
      type={submit ? "submit" : "button"}
      className={classes.filter((name) => name !== "").join(" ")}
      aria-label={label ?? rest["aria-label"]}
      title={rest.title ?? (children === undefined ? label : undefined)}
      onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon}
      {children}
    </button>
  );
}

export function Kbd({ children }: { readonly children: ReactNode }) {
  return (
    <kbd className="kbd" aria-hidden="true">
      {children}
    </kbd>
  );
}
