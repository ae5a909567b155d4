import type { ClientDefinition } from "./client-definition.ts";
import type { ReadEntry } from "./read-entries.ts";

/**
 * Why an entry cannot be pointed at us, as a sentence for the person; null if it can. Placeholders are named by their own text up to a
 * default: what stands behind `:-` may be a secret.
 */
export function whyItStays(entry: ReadEntry, client: Pick<ClientDefinition, "name" | "unsure" | "placeholders">): string | null {
  if (entry.ours) return "It goes through Portcullis already.";
  if (client.unsure !== null) return client.unsure;
  if (entry.problem !== null) return `It is not moved: ${entry.problem}.`;
  if (entry.transport !== "stdio") return `${client.name} reaches this server over the network itself; only local servers are moved.`;
  const placeholder = firstPlaceholder(entry, client.placeholders);
  return placeholder === null ? null : `It uses ${placeholder}, which only ${client.name} can fill in.`;
}

function firstPlaceholder(entry: ReadEntry, placeholders: readonly RegExp[]): string | null {
  const texts = [entry.command, ...entry.args, ...entry.env, entry.cwd].flatMap((text) => (text === null ? [] : [text.value]));
  for (const text of texts) {
    for (const placeholder of placeholders) {
      const found = placeholder.exec(text)?.[0];
      if (found !== undefined) return found.replace(/:-[^}]*/, ":-…");
    }
  }
  return null;
}
