import { messages } from "../messages.ts";
import { Progress } from "../ui/progress.tsx";
import { useWizardState } from "./migration-context.tsx";
import { WelcomeFrame } from "./welcome-frame.tsx";

/** The look at the clients' files, while it lasts. */
export function LookStep() {
  const progress = useWizardState((state) => state.progress.scan);
  const words = messages.migration.look;
  return (
    <WelcomeFrame title={words.title} text={words.text}>
      <Progress label={words.progress} done={progress?.done ?? 0} total={progress?.total ?? 0} text={progress?.text ?? ""} />
    </WelcomeFrame>
  );
}
