import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import type { AppError } from "../../shared/errors.ts";
import { messages } from "../messages.ts";
import { Button } from "./button.tsx";
import { Revealed } from "./revealed.tsx";

export interface Toasts {
  say(text: string): void;
  fail(error: AppError): void;
  /** Says what was done, with a way back while it is shown. */
  undoable(text: string, undo: () => void): void;
}

const undoMs = 8000;

export function useToasts(): Toasts {
  const { add, close } = Toast.useToastManager();
  return useMemo(
    () => ({
      say: (text) => void add({ title: text, timeout: 4000 }),
      fail: (error) => void add({ title: error.message, description: error.hint, type: "error", timeout: 10_000, priority: "high" }),
      undoable(text, undo) {
        let used = false;
        const id = add({
          title: text,
          timeout: undoMs,
          actionProps: {
            children: messages.common.undo,
            onClick: () => {
              if (used) return;
              used = true;
              undo();
              close(id);
            },
          },
        });
      },
    }),
    [add, close],
  );
}

/** Short words about what was done, bottom right, read out politely. */
export function Toaster({ children }: { readonly children: ReactNode }) {
  return (
    <Toast.Provider limit={4}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts" aria-label={messages.shell.notifications}>
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast" data-type={toast.type} swipeDirection={[]}>
      <Toast.Content className="toast-content">
        <div className="toast-body">
          <Toast.Title className="toast-title">
            {typeof toast.title === "string" ? <Revealed text={toast.title} /> : toast.title}
          </Toast.Title>
          {typeof toast.description === "string" ? (
            <Toast.Description className="toast-description">
              <Revealed text={toast.description} />
            </Toast.Description>
          ) : null}
        </div>
        <div className="toast-actions">
          {toast.actionProps === undefined ? null : <Toast.Action className="button" />}
          <Toast.Close
            aria-hidden={false}
            render={<Button look="ghost" icon={<X size={14} aria-hidden="true" />} label={messages.common.dismiss} />}
          />
        </div>
      </Toast.Content>
    </Toast.Root>
  ));
}
