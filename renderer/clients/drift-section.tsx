import { useState } from "react";
import type { Drift, Plan } from "../../shared/model/migration.ts";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { UnifiedDiff } from "../ui/unified-diff.tsx";
import { useAct } from "../use-act.ts";
import { useLogState } from "../welcome/migration-context.tsx";

/** What clients did to their files since, each with its repair. */
export function DriftSection() {
  const drift = useLogState((state) => state.drift);
  if (drift.length === 0) return null;
  return (
    <div className="drifts">
      {drift.map((one) => (
        <DriftBanner key={one.id} drift={one} />
      ))}
    </div>
  );
}

function DriftBanner({ drift }: { readonly drift: Drift }) {
  const [plan, setPlan] = useState<Plan | null>(null);
  const [busy, setBusy] = useState(false);
  const act = useAct();
  const toasts = useToasts();
  const words = messages.migration.clients.drift;
  const show = async (): Promise<void> => {
    setBusy(true);
    const planned = await act("migration.repair", { drift: drift.id });
    setBusy(false);
    if (planned.ok) setPlan(planned.value);
  };
  const repair = async (id: string): Promise<void> => {
    setBusy(true);
    const applied = await act("migration.apply", { plan: id });
    setBusy(false);
    setPlan(null);
    if (!applied.ok) return;
    const failed = applied.value.files.find(({ state }) => state === "failed");
    if (failed === undefined) toasts.say(words.repaired);
    else toasts.fail({ code: "cancelled", message: failed.reason ?? messages.migration.done.failedTitle });
  };
  return (
    <Banner
      hue="amber"
      live
      title={<Revealed text={words.title(drift.client, drift.kind)} line />}
      action={
        plan === null ? (
          <Button aria-disabled={busy} onClick={() => void show()}>
            {words.show}
          </Button>
        ) : undefined
      }
    >
      <p>
        <Revealed text={drift.text} />
      </p>
      <code className="path unbroken">
        <Revealed text={drift.path} line />
      </code>
      {plan === null ? null : (
        <div className="repair">
          <p className="small">{words.text}</p>
          {plan.files.map((file) => (
            <UnifiedDiff key={file.path} diff={file.diff} label={messages.migration.diff.region(file.path)} />
          ))}
          <div className="actions">
            <Button aria-disabled={busy} onClick={() => setPlan(null)}>
              {messages.common.cancel}
            </Button>
            <Button look="primary" aria-disabled={busy} onClick={() => void repair(plan.id)}>
              {busy ? words.repairing : words.repair}
            </Button>
          </div>
        </div>
      )}
    </Banner>
  );
}
