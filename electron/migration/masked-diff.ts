import type { ReadEntry } from "./clients/read-entries.ts";
import { createRedactor } from "../../shared/text/redact.ts";
import { unifiedDiff } from "../../shared/text/diff.ts";
import type { Detected } from "./detect/detect.ts";
import type { ConfigDocument, DocumentPath } from "./formats/document.ts";
import { masked, type Hidden } from "./mask.ts";

// What may be shown of a config file: everything but the secrets in it, also those that stay, and wherever else their values stand.

/** The text of a document without its secrets. `entries` with everything that was found in each. */
export function createMask(
  document: ConfigDocument,
  entries: readonly { readonly entry: ReadEntry; readonly detected: readonly Detected[] }[],
): (text: string) => string {
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
  return (text) => {
    let out = text;
    for (const [source, masked] of sources) out = out.replaceAll(source, () => masked);
    return redactor.text(out);
  };
}

/** A unified diff of two texts with the same masks on both sides. */
export function maskedDiff(before: Uint8Array, after: Uint8Array, mask: (text: string) => string): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return unifiedDiff(mask(decoder.decode(before)), mask(decoder.decode(after)));
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
