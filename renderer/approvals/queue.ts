import type { Approval } from "../../shared/model/approval.ts";

/**
 * Which question is on screen (threat 20). The one that is shown stays until it was answered here, or until the person (or a pause)
 * moves on from a note that it is gone: a new question never takes its place. The order of the others is that of their asking.
 */
export type Ending = "expired" | "withdrawn" | "allowed" | "denied";

export interface Shown {
  readonly approval: Approval;
  /** Null while it waits for an answer. */
  readonly ended: { readonly how: Ending; readonly at: number } | null;
}

/** How long an ending stays before the next question comes, in milliseconds: long for what happened by itself. */
export function lingerMs(how: Ending): number {
  return how === "allowed" || how === "denied" ? 900 : 6000;
}

export function inOrder(approvals: readonly Approval[]): readonly Approval[] {
  return [...approvals].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** An ending this close to the deadline was the deadline: the news of it takes a moment. In milliseconds. */
const deadlineToleranceMs = 1000;

export interface Following {
  readonly now: number;
  /** The question that the person chose from the list, if any; taken only when nothing else is being answered. */
  readonly wanted?: string | null;
  /** Questions that this page has denied by other means than the card. */
  readonly denied?: ReadonlySet<string> | undefined;
}

/** What to show now, given what was shown and the questions that wait. */
export function follow(shown: Shown | null, approvals: readonly Approval[], { now, wanted = null, denied }: Following): Shown | null {
  if (shown !== null) {
    if (shown.ended !== null) return shown;
    const { id, deadline } = shown.approval;
    const current = approvals.find((approval) => approval.id === id);
    if (current === undefined) {
      const how = denied?.has(id) === true ? "denied" : now >= deadline - deadlineToleranceMs ? "expired" : "withdrawn";
      return { ...shown, ended: { how, at: now } };
    }
    return current === shown.approval ? shown : { approval: current, ended: null };
  }
  const next = approvals.find(({ id }) => id === wanted) ?? inOrder(approvals)[0];
  return next === undefined ? null : { approval: next, ended: null };
}

/** The next one after an ending was seen. */
export function moveOn(shown: Shown, approvals: readonly Approval[], { now }: Following): Shown | null {
  return follow(
    null,
    approvals.filter(({ id }) => id !== shown.approval.id),
    { now },
  );
}
