import { format } from "../format.ts";

const rules = new Intl.PluralRules("en");

/** `1 rule`, `2 rules`: the number in the person's own notation, the noun in the number's form. */
export function count(value: number, one: string, other: string): string {
  return `${format.number(value)} ${rules.select(value) === "one" ? one : other}`;
}
