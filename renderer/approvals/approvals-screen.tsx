import { Hand } from "lucide-react";
import { useCallback, useState } from "react";
import { useApp, useSnapshot, useView } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { startOf } from "../ui/cut.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { Ago } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Screen, Split } from "../ui/screen.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";
import { ApprovalStage } from "./approval-stage.tsx";
import { TimeLeft } from "./countdown.tsx";
import { inOrder } from "./queue.ts";

const argumentsHeight = 460;
const nothing: ReadonlySet<string> = new Set();

/** The waiting questions and the one that is open; the same card as in the approval window. */
export function ApprovalsScreen() {
  const { view } = useApp();
  const { selected } = useView();
  const approvals = useSnapshot((snapshot) => snapshot.approvals);
  const [shown, setShown] = useState<string | null>(null);
  const [denied, setDenied] = useState<ReadonlySet<string>>(nothing);
  const act = useAct();
  const toasts = useToasts();
  const onShown = useCallback((id: string | null) => setShown(id), []);
  const denyAll = async (): Promise<void> => {
    // Before the answer: that they are gone may be known first.
    setDenied(new Set(approvals.map(({ id }) => id)));
    const result = await act("approval.denyAll", {});
    if (result.ok) toasts.say(messages.approvals.deniedAll(result.value.denied));
    else setDenied(nothing);
  };

  const back = (): void => {
    setShown(null);
    view.go("approvals");
  };

  const empty = (
    <EmptyState
      icon={Hand}
      title={messages.approvals.empty}
      text={messages.approvals.emptyText}
      action={<Button onClick={() => view.go("activity")}>{messages.approvals.emptyAction}</Button>}
    />
  );
  return (
    <Screen
      title={messages.approvals.title}
      actions={
        approvals.length < 2 ? undefined : (
          <Button look="danger" onClick={() => void denyAll()}>
            {messages.approvals.denyAll}
          </Button>
        )
      }
    >
      {approvals.length === 0 && shown === null ? (
        empty
      ) : (
        <Split
          label={messages.approvals.queue}
          // A question that is on screen stays there when another one comes.
          open={selected !== null || shown !== null || approvals.length < 2}
          onBack={approvals.length < 2 ? undefined : back}
          list={
            <ol>
              {inOrder(approvals).map((approval) => (
                <li key={approval.id}>
                  <button
                    type="button"
                    className="list-item"
                    aria-current={approval.id === shown ? "true" : undefined}
                    onClick={() => view.go("approvals", approval.id)}
                  >
                    <span className="list-item-head">
                      <code className="one-line">
                        <Revealed text={approval.tool} line />
                      </code>
                      <span className="end small">
                        <TimeLeft deadline={approval.deadline} />
                      </span>
                    </span>
                    <span className="small quiet one-line">
                      <Revealed text={`${approval.client} → ${approval.server}`} line />
                    </span>
                    <span className="small faint one-line">
                      {approval.subject === null ? (
                        <Ago at={approval.createdAt} />
                      ) : (
                        <Revealed text={startOf(approval.subject.value, 300)} line />
                      )}
                    </span>
                  </button>
                </li>
              ))}
            </ol>
          }
        >
          <div className="approval-frame">
            <ApprovalStage
              approvals={approvals}
              wanted={selected}
              denied={denied}
              argumentsHeight={argumentsHeight}
              onShown={onShown}
              empty={empty}
            />
          </div>
        </Split>
      )}
    </Screen>
  );
}
