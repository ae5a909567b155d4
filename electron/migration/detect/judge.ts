import type { SecretClass } from "../../../shared/model/migration.ts";
import { judgeName, namesAnId } from "./names.ts";
import { isPlaceholder } from "./placeholders.ts";
import { tokenFormat } from "./token-formats.ts";
import { isMnemonic, isPath, isPlain, isPlainWord, isPublicPrefix, isUuid, randomness } from "./values.ts";

/**
 * One name and one value: a secret, probably one, perhaps one, or none. Neither alone is enough: names catch passwords that look like
 * words, values catch tokens in variables called FOO.
 */
export interface Judgement {
  readonly class: SecretClass;
  /** One clause for the person, without the value. */
  readonly reason: string;
}

const wellKnown = new Set(
  "password pass passwd postgres root admin secret changeit guest test example mysql redis user username pw pwd letmein default dev demo".split(
    " ",
  ),
);

/** Null: none. `patterns` are what the client fills in itself. */
export function judge(name: string, value: string, patterns: readonly RegExp[]): Judgement | null {
  const text = value.trim();
  const format = tokenFormat(text);
  const random = listRandomness(text);
  if (isPlaceholder(text, name, patterns) && !(format !== null && unbroken(text))) return null;
  if (format !== null) return { class: "secret", reason: `the value has the form of ${format}` };
  const verdict = judgeName(name);
  const word = verdict.word.toUpperCase();
  if (isMnemonic(text))
    return { class: verdict.kind === "neutral" ? "probable" : "secret", reason: "the value reads like the seed phrase of a wallet" };
  switch (verdict.kind) {
    case "password":
      return judgePassword(word, text);
    case "credential":
      return judgeCredential(word, text, random);
    case "weak":
      if (random === null || isPublicPrefix(text)) return null;
      if (isPath(text) || (namesAnId(name) && random === "hex")) return null;
      return { class: "probable", reason: `the name has ${word} in it and the value looks random` };
    case "neutral":
      return judgeUnnamed(name, text, random);
    case "setting":
      break;
  }
  // A setting by its name; shown, not ticked, if the value looks like nothing that such a setting holds.
  const strange =
    random === "high" && text.length >= 32 && !namesAnId(name) && !isPublicPrefix(text) && !isPath(text) && !text.includes("://");
  return strange ? { class: "unlikely", reason: "the value looks random, but the name is that of a setting" } : null;
}

/** Of a list with commas (`API_KEYS=a,b`) the least random part decides. */
function listRandomness(text: string): "high" | "hex" | null {
  if (!text.includes(",") || text.length > 4096) return randomness(text);
  const parts = text.split(",").map((part) => randomness(part.trim()));
  return parts.includes(null) ? null : parts.includes("hex") ? "hex" : "high";
}

/** So much random text in one piece that a word in it (EXAMPLE, FAKE) is no instruction to the reader. */
function unbroken(text: string): boolean {
  return text.length >= 20 && randomness(text) !== null && /[A-Za-z\d]{20}/.test(text.slice(0, 512));
}

function judgePassword(word: string, text: string): Judgement | null {
  if (isPath(text) || /^(?:true|false|none|null)$/i.test(text)) return null;
  if (wellKnown.has(text.toLowerCase()))
    return { class: "unlikely", reason: `the name says ${word}, but the value is a well-known default` };
  return { class: "secret", reason: `the name says ${word}` };
}

function judgeCredential(word: string, text: string, random: "high" | "hex" | null): Judgement | null {
  if (isPlain(text) || /^[a-z][a-z\d+.-]*:\/\//i.test(text) || isMailAddress(text)) return null;
  if (/^pk[_-](?:test|live|lf)[_-]|^(?:phc_|sb_publishable_)/.test(text))
    return { class: "unlikely", reason: "the value has the form of a public key" };
  if (random !== null) return { class: "secret", reason: `the name says ${word} and the value looks random` };
  const odd =
    isPlainWord(text) || text.length < 6 || (/\s/.test(text) && !word.startsWith("COOKIE")) || /^[a-z]+(?:[-_.][a-z]+)*$/.test(text);
  if (odd && !/\d/.test(text)) return { class: "unlikely", reason: `the name says ${word}, but the value reads like words` };
  return { class: text.length >= 12 && /\d/.test(text) ? "secret" : "probable", reason: `the name says ${word}` };
}

function judgeUnnamed(name: string, text: string, random: "high" | "hex" | null): Judgement | null {
  if (random === null || isPublicPrefix(text) || isPath(text) || text.includes("://")) return null;
  if (random === "hex" || namesAnId(name)) {
    if (isUuid(text) || text.length < 32 || namesAnId(name)) return null;
    return { class: "unlikely", reason: "the value looks random, but its name does not say what it is" };
  }
  if (text.length < 24) return null;
  return { class: "probable", reason: "the value looks like a key, though its name does not say so" };
}

const isMailAddress = (text: string): boolean => text.length <= 320 && /^[^@\s]+@[^@\s]+\.[a-z]{2,}$/i.test(text);
