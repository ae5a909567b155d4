import type { ReadEntry } from "./clients/read-entries.ts";
import { createRedactor } from "../../shared/text/redact.ts";
import { unifiedDiff } from "../../shared/text/diff.ts";
import type { Detected } from "./detect/detect.ts";
import { findTokens } from "./detect/find-tokens.ts";
import type { ConfigDocument, DocumentPath } from "./formats/document.ts";
import { masked, type Hidden } from "./mask.ts";

// What may be shown of a config file: everything but the secrets in it, also those that stay, wherever else their values stand, and whatever has
// the form of a token where no entry is (in a comment).

/** Takes secrets out of a document's texts. */
export interface Mask {
  /** Out of the whole text: each at its own place, and all tokens of known form. Fast on large files. */
  places(text: string): string;
  /** Out of what is shown of it: wherever else a value stands, in any form. */
  shown(text: string): string;
}

/** `entries` with everything that was found in each. */
export function createMask(
  document: ConfigDocument,
  entries: readonly { readonly entry: ReadEntry; readonly detected: readonly Detected[] }[],
): Mask {
  const sources: [string, string][] = [];
  const values: string[] = [];
  for (const { entry, detected } of entries) {
    const byText = new Map<string, { at: DocumentPath; text: string; hidden: Hidden[] }>();
    for (const one of detected) {
      const text = placeText(entry, one);
      if (text === null) continue;
      const known = byText.get(text.at.join("\0")) ?? { ...text, hidden: [] };
      if (known.hidden.some(({ range }) => range.start < one.range.end && one.range.start < range.end)) continue;
      known.hidden.push({ value: text.text.slice(one.range.start, one.range.end), range: one.range });
      byText.set(text.at.join("\0"), known);
      values.push(one.value, text.text.slice(one.range.start, one.range.end));
    }
    for (const { at, text, hidden } of byText.values()) {
      const raw = document.raw(at);
      const source = raw === undefined ? "" : new TextDecoder().decode(raw).trim();
      const quote = /^["']/.exec(source)?.[0] ?? "";
      if (source.length > 3) sources.push([source, quote + masked(text, hidden, []) + quote]);
    }
  }
  const redactor = createRedactor(values);
  return {
    places: (text) => withoutTokens(sources.reduce((out, [source, hidden]) => out.replaceAll(source, () => hidden), text)),
    shown: (text) => redactor.text(text),
  };
}

function withoutTokens(text: string): string {
  const hidden = findTokens(text).map(({ start, end }) => ({ value: text.slice(start, end), range: { start, end } }));
  return masked(text, hidden, []);
}

/** A unified diff of two texts with the same masks on both sides. */
export function maskedDiff(before: Uint8Array, after: Uint8Array, mask: Mask): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return mask.shown(unifiedDiff(mask.places(decoder.decode(before)), mask.places(decoder.decode(after))));
}

/** The text that something was found in, and where it stands in the document. */
function placeText(entry: ReadEntry, { place }: Detected): { readonly at: DocumentPath; readonly text: string } | null {
  const name =
    place.kind === "url"
      ? place.at
      : place.kind === "arg"
        ? `arg ${place.index}`
        : place.kind === "header"
          ? `header ${place.name}`
          : `env ${place.name}`;
  const found =
    name === "url"
      ? entry.url
      : name.startsWith("arg ")
        ? entry.args[Number(name.slice(4))]
        : name.startsWith("header ")
          ? entry.headers.find((one) => one.name === name.slice(7))
          : entry.env.find((one) => one.name === name.slice(4));
  return found === undefined || found === null ? null : { at: found.path, text: found.value };
}
