const longestValue = 65_536;

/** Why a value cannot be kept by either store, or undefined. The value is no part of it. */
export function unfitValue(value: string): string | undefined {
  if (value === "") return "A secret cannot be empty.";
  if (value.includes("\0")) return "A secret cannot hold a NUL character: the keychain would cut it off there.";
  if (Buffer.from(value).toString() !== value) return "A secret must be text; half a character (a lone surrogate) cannot be kept.";
  if (value.length > longestValue) return `A secret can be at most ${String(longestValue)} characters long.`;
  return undefined;
}
