import { useMemo } from "react";
import type { Plan, Scan } from "../../shared/model/migration.ts";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Revealed } from "../ui/revealed.tsx";
import { isLikely } from "./found.ts";

/** What is not moved, and why; the same reason is said once. */
export function StaysList({ title, scan, stays }: { readonly title: string; readonly scan: Scan; readonly stays: Plan["stays"] }) {
  const groups = useMemo(() => {
    const of = new Map<string, { names: Set<string>; values: Set<string> }>();
    for (const { file, server, reason } of stays) {
      const clientName = scan.files.find(({ id }) => id === file)?.clientName ?? "";
      const group = of.get(reason) ?? { names: new Set<string>(), values: new Set<string>() };
      group.names.add(server === "" ? clientName : `${server} (${clientName})`);
      for (const secret of scan.secrets)
        if (secret.file === file && secret.server === server && isLikely(secret)) group.values.add(secret.sameAs);
      of.set(reason, group);
    }
    return [...of];
  }, [scan, stays]);
  return (
    <section className="section" aria-label={title}>
      <h2>{title}</h2>
      <ul className="rows">
        {groups.map(([reason, { names, values }]) => (
          <li key={reason}>
            <div className="grow">
              <p className="strong unbroken">
                <Revealed text={format.list([...names])} line />
              </p>
              <p className="small quiet unbroken">
                <Revealed text={reason} />
                {values.size === 0 ? null : <span className="amber-text"> {messages.migration.review.staysSecrets(values.size)}</span>}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
