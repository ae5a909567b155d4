import { Check } from "lucide-react";
import { messages } from "../messages.ts";
import { Dot } from "../ui/badge.tsx";
import { Progress } from "../ui/progress.tsx";
import { useWizardState } from "./migration-context.tsx";
import { applyParts } from "./steps.ts";
import { WelcomeFrame } from "./welcome-frame.tsx";

/** What is being done, part by part. Leaving the page stops nothing. */
export function ApplyStep() {
  const progress = useWizardState((state) => state.progress);
  const words = messages.migration.apply;
  const current = Math.max(
    0,
    applyParts.findLastIndex((part) => progress[part] !== undefined),
  );
  return (
    <WelcomeFrame title={words.title} text={words.text}>
      <ol className="apply-parts">
        {applyParts.map((part, at) => {
          const state = at < current ? "done" : at === current ? "running" : "waiting";
          const step = progress[part];
          return (
            <li key={part} className={state}>
              <span className="apply-mark">
                {state === "done" ? <Check size={16} aria-hidden="true" /> : <Dot look={state === "running" ? "busy" : "hollow"} />}
              </span>
              <div className="grow">
                <p className="strong">
                  {words.parts[part]}
                  <span className="sr-only">: {words.state[state]}</span>
                </p>
                <p className="small quiet">{words.partText[part]}</p>
                {state === "running" ? (
                  <Progress label={words.parts[part]} done={step?.done ?? 0} total={step?.total ?? 0} text={step?.text ?? ""} />
                ) : null}
              </div>
            </li>
          );
        })}
      </ol>
    </WelcomeFrame>
  );
}
