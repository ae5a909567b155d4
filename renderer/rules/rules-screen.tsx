import { Plus, ScrollText } from "lucide-react";
import { useState } from "react";
import type { Effect, Rule } from "../../shared/model/rule.ts";
import { revealLine } from "../../shared/text/reveal.ts";
import { useSnapshot } from "../app-context.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Badge, type Hue } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { useOpener } from "../ui/use-focus.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { Ago, useNow } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { RichText } from "../ui/rich-text.tsx";
import { Screen, ScreenBody } from "../ui/screen.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";
import { DefaultEffect } from "./default-effect.tsx";
import { RuleForm } from "./rule-form.tsx";

const hues = { allow: "green", ask: "accent", deny: "red" } as const satisfies Record<Effect, Hue>;
const strength: Readonly<Record<Effect, number>> = { deny: 0, ask: 1, allow: 2 };

/** The remembered decisions, in words, strongest first. */
export function RulesScreen() {
  const rules = useSnapshot((snapshot) => snapshot.rules);
  const [adding, setAdding] = useState(false);
  const opener = useOpener(adding);
  const words = messages.rules;
  const add = (
    <Button
      ref={opener}
      look={rules.length === 0 ? "primary" : "plain"}
      icon={<Plus size={15} aria-hidden="true" />}
      onClick={() => setAdding(true)}
    >
      {words.add}
    </Button>
  );
  const sorted = [...rules].sort((a, b) => strength[a.effect] - strength[b.effect] || b.createdAt - a.createdAt);
  return (
    <Screen title={words.title} actions={adding || rules.length === 0 ? undefined : add}>
      <ScreenBody>
        <div className="rule-default">
          <p className="quiet">{words.order}</p>
          <DefaultEffect />
        </div>
        {adding ? <RuleForm onDone={() => setAdding(false)} /> : null}
        {rules.length === 0 ? (
          adding ? null : (
            <EmptyState icon={ScrollText} title={words.empty} text={words.emptyText} action={add} />
          )
        ) : (
          <ul className="rows" aria-label={words.list}>
            {sorted.map((rule) => (
              <RuleRow key={rule.id} rule={rule} />
            ))}
          </ul>
        )}
      </ScreenBody>
    </Screen>
  );
}

function RuleRow({ rule }: { readonly rule: Rule }) {
  const act = useAct();
  const toasts = useToasts();
  const words = messages.rules;
  const sentence = words.sentence(rule.effect, rule.client ?? null, rule.tool ?? null, rule.server ?? null);
  const [busy, setBusy] = useState(false);
  const revoke = async (): Promise<void> => {
    const { id } = rule;
    setBusy(true);
    const result = await act("rule.remove", { id });
    setBusy(false);
    if (result.ok) toasts.undoable(words.revoked, () => void act("rule.restore", { id }));
  };
  return (
    <li>
      <Badge hue={hues[rule.effect]}>{words.effects[rule.effect]}</Badge>
      <div className="grow">
        <p className="unbroken">
          <RichText parts={sentence} />
          {rule.arguments === undefined ? null : (
            <>
              {` ${words.exact} `}
              <code className="unbroken">
                <Revealed text={rule.arguments.preview} line />
              </code>
            </>
          )}
        </p>
        <p className="small quiet">
          <Lasts rule={rule} /> · {words.origin[rule.origin]} <Ago at={rule.createdAt} />
        </p>
      </div>
      <Button look="danger" aria-label={revealLine(words.revokeLong(sentence))} aria-disabled={busy} onClick={() => void revoke()}>
        {words.revoke}
      </Button>
    </li>
  );
}

function Lasts({ rule }: { readonly rule: Rule }) {
  const now = useNow(60_000);
  if (rule.sessionId !== undefined) return messages.rules.untilSessionEnds;
  return rule.expiresAt === undefined ? messages.rules.forGood : messages.rules.until(format.relative(rule.expiresAt, now));
}
