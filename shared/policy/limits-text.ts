import { canonical } from "./canonical.ts";

/** The limits that are not the defaults, as a change of them is shown before and after it is made; null where there is none. */
export function limitsText(limits: object): string | null {
  return Object.keys(limits).length === 0 ? null : canonical(limits);
}
