/** What a rule may say of tools: a name, or the beginning of names and a `*`. A `*` anywhere else would be taken for a wildcard and is none. */
export function isToolPattern(text: string): boolean {
  return text !== "" && !text.slice(0, -1).includes("*");
}

/** Said wherever a rule with another `*` is met. */
export const toolPatternRule = "only an ending * is a wildcard";

export function coversTool(pattern: string, tool: string): boolean {
  return pattern.endsWith("*") ? tool.startsWith(pattern.slice(0, -1)) : pattern === tool;
}
