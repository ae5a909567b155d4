/** Levels of nesting of a tool's schema that are kept: whoever writes it out or looks through it must be able to. */
export const deepestSchema = 64;

/** Whether a JSON value is nested deeper than so many levels. However deep it is: it is not looked at by recursion. */
export function isDeeper(value: unknown, levels: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const nested = level.filter((each) => typeof each === "object" && each !== null);
    if (nested.length > 0 && depth >= levels) return true;
    level = nested.flatMap((each): readonly unknown[] => Object.values(each));
  }
  return false;
}
