import type { ClientDefinition } from "./client-definition.ts";
import { placeholderMeaning, type PlaceholderContext } from "./placeholder-meaning.ts";
import type { ReadEntry } from "./read-entries.ts";

/**
 * Why an entry cannot be pointed at us, as a sentence for the person; null if it can. Placeholders are named by their own text up to a
 * default: what stands behind `:-` may be a secret. An entry that says `${keychain:…}` stays: a config from elsewhere could otherwise
 * borrow any secret of the vault by naming it.
 */
export function whyItStays(
  entry: ReadEntry,
  client: Pick<ClientDefinition, "name" | "unsure" | "placeholders">,
  context: PlaceholderContext,
): string | null {
  if (entry.ours) return "It goes through Portcullis already.";
  if (client.unsure !== null) return client.unsure;
  if (entry.problem !== null) return `It is not moved: ${entry.problem}.`;
  if (entry.transport !== "stdio") return `${client.name} reaches this server over the network itself; only local servers are moved.`;
  const texts = [entry.command, ...entry.args, ...entry.env, entry.cwd].flatMap((text) => (text === null ? [] : [text.value]));
  if (texts.some((text) => text.includes("\0"))) return "It holds a NUL character.";
  if (texts.some((text) => text.includes("${keychain:"))) return "It names a secret of Portcullis itself, which no other app's config may.";
  const placeholder = firstPlaceholder(texts, client.placeholders, context);
  return placeholder === null ? null : `It uses ${placeholder}, which only ${client.name} can fill in.`;
}

/** The first one whose meaning only its client knows. */
function firstPlaceholder(texts: readonly string[], placeholders: readonly RegExp[], context: PlaceholderContext): string | null {
  for (const text of texts) {
    for (const placeholder of placeholders) {
      for (const [found] of text.matchAll(new RegExp(placeholder.source, "g"))) {
        if (placeholderMeaning(found, context) === null) return found.replace(/:-[^}]*/, ":-…");
      }
    }
  }
  return null;
}
