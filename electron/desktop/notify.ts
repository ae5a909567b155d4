import { Notification } from "electron";
import type { Approval } from "../../shared/model/approval.ts";
import { messages } from "./messages.ts";

/**
 * One notification for all that waits, never one per call (threat 21), and it says who, where and which tool: no argument ever, since
 * notifications are shown on lock screens and kept in histories.
 */
export interface Notifier {
  show(approvals: readonly Approval[], wanted: boolean): void;
  close(): void;
}

export function createNotifier(deps: { onClick(): void }): Notifier {
  let current: Notification | null = null;
  let newest: string | undefined;
  const withdraw = (): void => {
    current?.close();
    current = null;
  };
  return {
    show(approvals, wanted) {
      const last = approvals.at(-1);
      if (last === undefined) {
        newest = undefined;
        withdraw();
        return;
      }
      // More questions while one stands change nothing: the first brought the person here.
      if (newest !== undefined || !wanted || !Notification.isSupported()) return;
      newest = last.id;
      current = new Notification({
        title: messages.notification.title(approvals.length),
        body: messages.notification.body(last.client, last.server, last.tool),
        silent: true,
      });
      current.on("click", () => deps.onClick());
      current.show();
    },
    close: withdraw,
  };
}
