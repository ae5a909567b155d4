import { CircleAlert, CircleCheck, RefreshCw, TriangleAlert, type LucideIcon } from "lucide-react";
import type { Check } from "../../shared/model/snapshot.ts";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFetched } from "../use-fetched.ts";
import { Group } from "./settings-group.tsx";

const looks: Readonly<Record<Check["status"], readonly [LucideIcon, string]>> = {
  ok: [CircleCheck, "green-text"],
  warning: [TriangleAlert, "amber-text"],
  missing: [CircleAlert, "red-text"],
};
const order: Readonly<Record<Check["status"], number>> = { missing: 0, warning: 1, ok: 2 };

/** What this machine has and lacks, with the command that gets it. */
export function DoctorSection() {
  const checks = useFetched("doctor.run", undefined, "");
  const words = messages.settings;
  const again = (
    <Button icon={<RefreshCw size={14} aria-hidden="true" />} aria-disabled={checks.busy} onClick={checks.again}>
      {words.check}
    </Button>
  );
  if (checks.result !== null && !checks.result.ok) {
    return <Failure error={checks.result.error} busy={checks.busy} onAgain={checks.again} />;
  }
  const found = checks.result?.value ?? [];
  return (
    <Group title={words.doctor} action={again}>
      {checks.result === null ? (
        <li className="faint">{words.checking}</li>
      ) : (
        [...found].sort((a, b) => order[a.status] - order[b.status]).map((check) => <CheckRow key={check.id} check={check} />)
      )}
    </Group>
  );
}

function CheckRow({ check }: { readonly check: Check }) {
  const [Icon, hue] = looks[check.status];
  const words = messages.settings;
  return (
    <li>
      <Icon size={16} className={hue} aria-hidden="true" />
      <div className="grow">
        <p className="label unbroken">
          <Revealed text={check.title} line />{" "}
          <span className={`small ${check.status === "ok" ? "faint" : hue}`}>{words.statuses[check.status]}</span>
        </p>
        <p className="small quiet unbroken">
          <Revealed text={check.detail} />
        </p>
        {check.fix === null ? null : (
          <p className="fix">
            <span className="small quiet">{words.fix}</span>
            <code className="unbroken">
              <Revealed text={check.fix} line />
            </code>
          </p>
        )}
      </div>
      {check.fix === null ? null : <CopyButton text={check.fix} />}
    </li>
  );
}
