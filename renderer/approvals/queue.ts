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

/**
 * What to show now, given what was shown and the questions that wait.
 *
 * @param wanted the question that the person chose from the list, if any; taken only when nothing else is being answered
 */
export function follow(shown: Shown | null, approvals: readonly Approval[], now: number, wanted: string | null = null): Shown | null {
  if (shown !== null) {
    if (shown.ended !== null) return shown;
    const current = approvals.find(({ id }) => id === shown.approval.id);
    if (current === undefined) {
      return { ...shown, ended: { how: now >= shown.approval.deadline ? "expired" : "withdrawn", at: now } };
    }
    return current === shown.approval ? shown : { approval: current, ended: null };
  }
  const next = approvals.find(({ id }) => id === wanted) ?? inOrder(approvals)[0];
  return next === undefined ? null : { approval: next, ended: null };
}

/** The next one after an ending was seen. */
export function moveOn(shown: Shown, approvals: readonly Approval[], now: number): Shown | null {
  return follow(
    null,
    approvals.filter(({ id }) => id !== shown.approval.id),
    now,
  );
}
