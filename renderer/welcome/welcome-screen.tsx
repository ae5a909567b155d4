import "./welcome.css";
import { Check } from "lucide-react";
import { useEffect } from "react";
import { assertNever } from "../../shared/errors.ts";
import { useApp, useView } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Banners } from "../shell/banners.tsx";
import { Button } from "../ui/button.tsx";
import { PortcullisMark } from "../ui/portcullis-mark.tsx";
import { ApplyStep } from "./apply-step.tsx";
import { DoneStep } from "./done-step.tsx";
import { firstStart, rememberLater } from "./first-start.ts";
import { FoundStep } from "./found-step.tsx";
import { LookStep } from "./look-step.tsx";
import { useWizard, useWizardState } from "./migration-context.tsx";
import { ReviewStep } from "./review-step.tsx";
import type { WizardStep } from "./steps.ts";

/** The steps that the person sees; looking is part of the first, applying of the last. */
const shown = ["found", "review", "done"] as const;
const places: Readonly<Record<WizardStep, number>> = { look: 0, found: 0, review: 1, apply: 2, done: 2 };

/** The wizard: look, review, apply, done. It has the window to itself, and can be left at any time. */
export function WelcomeScreen() {
  const { view } = useApp();
  const { selected } = useView();
  const wizard = useWizard();
  const step = useWizardState((state) => state.step);
  const empty = useWizardState((state) => state.step === "found" && state.scan?.files.length === 0);
  const words = messages.migration;
  const first = selected === firstStart;

  useEffect(() => {
    void wizard.open(first ? null : selected);
  }, [wizard, selected, first]);
  // Nothing to offer on the first start: then the app begins as it would without all this.
  useEffect(() => {
    if (first && empty) view.go("servers");
  }, [first, empty, view]);

  const leave = (): void => {
    if (first) rememberLater(window);
    view.go(step === "done" || first ? "servers" : "clients");
  };
  return (
    <main className="welcome" id="content" aria-label={words.title}>
      <header className="welcome-bar">
        <span className="welcome-brand">
          <PortcullisMark lowered={false} />
          <span>{messages.shell.name}</span>
        </span>
        <ol className="welcome-steps" aria-label={words.stepList}>
          {shown.map((name, at) => (
            <li key={name} aria-current={at === places[step] ? "step" : undefined} className={at < places[step] ? "past" : ""}>
              {at < places[step] ? <Check size={13} aria-hidden="true" /> : null}
              {words.steps[name === "done" && step === "apply" ? "apply" : name]}
            </li>
          ))}
        </ol>
        <Button look="ghost" onClick={leave}>
          {step === "done" || step === "apply" ? words.leaveDone : words.leave}
        </Button>
      </header>
      <Banners />
      <Step step={step} onLeave={leave} />
    </main>
  );
}

function Step({ step, onLeave }: { readonly step: WizardStep; readonly onLeave: () => void }) {
  switch (step) {
    case "look":
      return <LookStep />;
    case "found":
      return <FoundStep onLeave={onLeave} />;
    case "review":
      return <ReviewStep />;
    case "apply":
      return <ApplyStep />;
    case "done":
      return <DoneStep />;
    default:
      return assertNever(step);
  }
}
