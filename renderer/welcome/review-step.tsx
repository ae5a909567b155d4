import { useCallback, useMemo, useRef, useState } from "react";
import type { Plan, Scan } from "../../shared/model/migration.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { moveWords } from "../messages/migration.ts";
import { Unlock } from "../secrets/unlock-form.tsx";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Checkbox } from "../ui/checkbox.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { sharesThroughGit } from "./choice.ts";
import { FileDiffs } from "./file-diffs.tsx";
import { useWizard, useWizardState } from "./migration-context.tsx";
import { mustRead, readingKey, reviewRows } from "./review.ts";
import { ServerRow } from "./server-row.tsx";
import { StaysList } from "./stays-list.tsx";
import { WelcomeFrame } from "./welcome-frame.tsx";

/** What would change, all of it, before anything does. The plan shown is the one that is applied. */
export function ReviewStep() {
  const wizard = useWizard();
  const scan = useWizardState((state) => state.scan);
  const plan = useWizardState((state) => state.plan);
  const planning = useWizardState((state) => state.planning);
  const problem = useWizardState((state) => state.problem);
  const client = useWizardState((state) => state.client);
  const vault = useSnapshot((snapshot) => snapshot.app.vault);
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const body = useRef<HTMLDivElement>(null);
  const words = messages.migration.review;

  const onSeen = useCallback((key: string) => setSeen((before) => (before.has(key) ? before : new Set([...before, key]))), []);
  const unread = (plan?.servers ?? []).filter((server) => mustRead(server) && !seen.has(readingKey(server)));
  const toUnread = (): void => {
    const row = body.current?.querySelector<HTMLElement>("[data-unread=true]");
    const command = row?.querySelector<HTMLElement>(".argv");
    command?.focus({ preventScroll: true });
    command?.lastElementChild?.scrollIntoView({ block: "center" });
  };
  // `not-found` is a plan with nothing in it; anything else is no plan.
  const failed = plan === null && !planning && problem !== null && problem.code !== "not-found";
  const ready = plan !== null && !planning && unread.length === 0 && vault.kind === "ready";
  const clients = new Set(plan?.files.map(({ client }) => client)).size;

  return (
    <WelcomeFrame
      title={
        plan === null
          ? planning
            ? words.titleLoading
            : failed
              ? words.failed
              : words.none
          : words.title(plan.secrets.length, plan.servers.length)
      }
      text={words.text}
      foot={
        <>
          <Button onClick={() => wizard.back()}>{words.back}</Button>
          <span className="grow" />
          <output className="small quiet foot-note">
            {planning ? words.updating : vault.kind === "ready" ? (unread.length === 0 ? "" : words.unread(unread.length)) : words.vault}
          </output>
          {unread.length > 0 && !planning ? (
            <Button look="link" onClick={toUnread}>
              {words.toUnread}
            </Button>
          ) : null}
          {plan === null ? null : (
            <Button look="primary" aria-disabled={!ready} onClick={() => void wizard.apply()}>
              {moveWords(plan.secrets.length, clients)}
            </Button>
          )}
        </>
      }
    >
      {problem === null ? null : (
        <Banner
          hue={problem.code === "not-found" ? "amber" : "red"}
          live
          title={<Revealed text={problem.message} />}
          action={failed ? <Button onClick={() => void wizard.begin(client)}>{words.lookAgain}</Button> : undefined}
        >
          {problem.hint === undefined ? null : <Revealed text={problem.hint} />}
        </Banner>
      )}
      <VaultBanner vault={vault} />
      <div ref={body} className="review">
        {scan === null ? null : <ReviewServers scan={scan} plan={plan} unread={unread.map(readingKey)} onSeen={onSeen} />}
      </div>
      {plan === null || scan === null ? null : (
        <>
          <FileDiffs plan={plan} scan={scan} />
          {plan.stays.length === 0 ? null : <StaysList title={words.stays} scan={scan} stays={plan.stays} />}
        </>
      )}
    </WelcomeFrame>
  );
}

function ReviewServers({
  scan,
  plan,
  unread,
  onSeen,
}: {
  readonly scan: Scan;
  readonly plan: Plan | null;
  readonly unread: readonly string[];
  readonly onSeen: (key: string) => void;
}) {
  const wizard = useWizard();
  const choice = useWizardState((state) => state.choice);
  const client = useWizardState((state) => state.client);
  const rows = useMemo(() => reviewRows(plan, scan, client), [plan, scan, client]);
  const words = messages.migration.review;
  if (rows.length === 0) return null;
  return (
    <section className="section" aria-label={words.servers}>
      <h2>{words.servers}</h2>
      <ul className="rows">
        {rows.map((row) => (
          <ServerRow
            key={row.key}
            row={row}
            plan={plan}
            scan={scan}
            choice={choice}
            unread={row.planned !== null && unread.includes(readingKey(row.planned))}
            onSeen={onSeen}
          />
        ))}
      </ul>
      {sharesThroughGit(scan, client) ? (
        <Checkbox checked={choice.shared} onChange={(on) => wizard.takeShared(on)}>
          <span className="shared-choice">
            <span>{words.shared}</span>
            <span className="small quiet">{words.sharedText}</span>
          </span>
        </Checkbox>
      ) : null}
    </section>
  );
}

/** Secrets go into the vault, so it has to be open before anything is done. */
function VaultBanner({ vault }: { readonly vault: VaultStatus }) {
  const { view } = useApp();
  const words = messages.secrets;
  if (vault.kind === "ready") return null;
  return (
    <Banner
      hue="amber"
      live
      title={vault.kind === "locked" ? words.locked : words.unavailable}
      action={vault.kind === "unavailable" ? <Button onClick={() => view.go("settings")}>{words.openSettings}</Button> : undefined}
    >
      {vault.kind === "unavailable" ? <Revealed text={vault.reason} /> : <Unlock store={vault.store} />}
    </Banner>
  );
}
