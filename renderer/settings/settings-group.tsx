import type { ReactNode } from "react";

/** A titled list of settings. */
export function Group({ title, action, children }: { readonly title: string; readonly action?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        {action}
      </div>
      <ul className="rows">{children}</ul>
    </section>
  );
}

/** One setting: what it is, what it means, and its control. */
export function Row({ title, help, children }: { readonly title: ReactNode; readonly help?: ReactNode; readonly children?: ReactNode }) {
  return (
    <li>
      <div className="grow">
        <p className="label unbroken">{title}</p>
        {help === undefined ? null : <p className="small quiet unbroken">{help}</p>}
      </div>
      {children}
    </li>
  );
}
