import type { Approval, ApprovalDetail } from "../../shared/model/approval.ts";
import { contract } from "../../shared/ipc/contract.ts";
import type { Headless } from "../headless.ts";
import { questionLines } from "./question-text.ts";
import type { Terminal } from "./terminal.ts";

/**
 * `serve --approve terminal`: one question at a time on the terminal. Only a typed letter answers, never a bare Enter, and nothing that
 * was typed before the question stood there for half a second (threat 19). The end of input denies what waits and all that follows.
 */
export interface TerminalApproverDeps {
  readonly terminal: Pick<Terminal, "note" | "onLines" | "columns">;
  readonly dispatch: Headless["app"]["dispatch"];
  readonly subscribe: Headless["app"]["subscribe"];
  readonly now: () => number;
}

const armMs = 500;
const choices = "  a: allow once   s: allow for this session   d [reason]: deny";

export function createTerminalApprover(deps: TerminalApproverDeps): { close(): void } {
  const { terminal, dispatch, now } = deps;
  let waiting: readonly Approval[] = [];
  let shown: { readonly detail: ApprovalDetail; readonly at: number } | null = null;
  let ended = false;
  let showing: string | null = null;

  const next = async (): Promise<void> => {
    if (shown !== null || showing !== null) return;
    if (ended) {
      if (waiting.length > 0) await dispatch("command", "approval.denyAll", {});
      return;
    }
    const [first] = waiting;
    if (first === undefined) return;
    showing = first.id;
    const envelope = await dispatch("command", "approval.get", { id: first.id });
    showing = null;
    const detail = envelope.ok ? contract["approval.get"].output.safeParse(envelope.value) : null;
    // It is gone already: the change that says so is on its way.
    if (detail === null || !detail.success || !waiting.some(({ id }) => id === first.id)) return;
    terminal.note(["", ...questionLines(detail.data, terminal.columns()), choices].join("\n"));
    shown = { detail: detail.data, at: now() };
  };
  const changed = (approvals: readonly Approval[]): void => {
    waiting = approvals;
    if (shown !== null && !approvals.some(({ id }) => id === shown?.detail.id)) {
      terminal.note("This question is gone: it was answered elsewhere, withdrawn, or too late.");
      shown = null;
    }
    void next();
  };
  const answer = async (line: string): Promise<void> => {
    if (shown === null) return;
    if (now() - shown.at < armMs) {
      terminal.note("That was too quick to have been read. Again, please.");
      return;
    }
    const choice = /^\s*([asd])(?:\s+(.*))?$/i.exec(line);
    const letter = choice?.[1]?.toLowerCase();
    const reason = choice?.[2]?.trim() ?? "";
    if (letter === undefined || (letter !== "d" && reason !== "")) {
      terminal.note(choices);
      return;
    }
    const { id, fingerprint } = shown.detail;
    shown = null;
    showing = id;
    const envelope = await dispatch("command", "approval.answer", {
      id,
      fingerprint,
      verdict: letter === "d" ? "deny" : "allow",
      remember: letter === "s" ? "session" : "once",
      ...(reason === "" ? {} : { reason: reason.slice(0, 1000) }),
    });
    showing = null;
    if (envelope.ok) terminal.note(letter === "d" ? "Denied." : "Allowed.");
    else terminal.note(envelope.error.message);
    waiting = waiting.filter((approval) => approval.id !== id);
    await next();
  };

  const unsubscribe = deps.subscribe((channel, payload) => {
    if (channel === "state.changed" && "slices" in payload && payload.slices.approvals !== undefined) changed(payload.slices.approvals);
  });
  const stopLines = terminal.onLines(
    (line) => void answer(line),
    () => {
      ended = true;
      shown = null;
      terminal.note("The input has ended: every question is answered with no from now on.");
      void next();
    },
  );
  return {
    close() {
      unsubscribe();
      stopLines();
    },
  };
}
