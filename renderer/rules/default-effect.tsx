import { useEffect, useRef, useState } from "react";
import type { Effect } from "../../shared/model/rule.ts";
import { useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { isFocusLost } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";

/** What becomes of a call that no rule covers. To allow it is asked for twice: the arrow keys wrap, and one of them is enough to choose. */
export function DefaultEffect() {
  const effect = useSnapshot((snapshot) => snapshot.settings.defaultEffect);
  const [asking, setAsking] = useState(false);
  const wasAsking = useRef(false);
  const frame = useRef<HTMLDivElement>(null);
  const act = useAct();
  const words = messages.settings;
  useEffect(() => {
    if (wasAsking.current && !asking && isFocusLost()) {
      frame.current?.querySelector<HTMLElement>('[role="radio"][aria-checked="true"]')?.focus();
    }
    wasAsking.current = asking;
  }, [asking]);
  const choose = (defaultEffect: Effect): void => {
    if (defaultEffect === "allow") {
      setAsking(true);
      return;
    }
    setAsking(false);
    void act("settings.update", { defaultEffect });
  };
  const allow = async (): Promise<void> => {
    await act("settings.update", { defaultEffect: "allow" });
    setAsking(false);
  };
  return (
    <>
      <div ref={frame}>
        <Segmented
          label={words.defaultEffect}
          value={effect}
          options={(["ask", "deny", "allow"] as const).map((value) => ({ value, label: words.defaultEffects[value] }))}
          onChange={choose}
        />
      </div>
      {asking ? (
        <Confirm title={words.allowTitle} text={messages.rules.wide} onCancel={() => setAsking(false)}>
          <Button look="danger" onClick={() => void allow()}>
            {words.allowConfirm}
          </Button>
        </Confirm>
      ) : null}
    </>
  );
}
