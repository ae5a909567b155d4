import { fail, ok, type Result } from "../../shared/errors.ts";
import { messages } from "../messages.ts";

/**
 * A command line cut into words as a person means it: blanks part words, quotes and backslashes keep them together. No shell ever
 * sees it, so pipes, variables and globs are plain characters, and what it comes to is shown before anything is made of it. In single
 * quotes nothing is special; elsewhere a backslash escapes blanks, quotes and itself and is kept before all else (Windows paths).
 */
export function splitCommandLine(line: string): Result<readonly string[]> {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote !== null) {
      if (character === quote) quote = null;
      else if (quote === '"' && character === "\\" && (next === '"' || next === "\\")) {
        word = (word ?? "") + next;
        at += 1;
      } else word = (word ?? "") + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "\\" && /[\s"'\\]/.test(next)) {
      word = (word ?? "") + next;
      at += 1;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== null) return fail("bad-input", messages.servers.form.commandProblem);
  if (word !== null) words.push(word);
  return ok(words);
}

/** The command line that is cut into these words again. */
export function joinCommandLine(words: readonly string[]): string {
  return words.map(quotedWord).join(" ");
}

function quotedWord(word: string): string {
  if (word !== "" && !/[\s"'\\]/.test(word)) return word;
  return word.includes("'") ? `"${word.replace(/["\\]/g, "\\$&")}"` : `'${word}'`;
}

// What a second look is for (threats 1 and 30). Only for the eye: the warnings themselves come from the app.
const dangerous =
  /\b(?:sudo|doas|curl|wget|eval|base64|powershell|chmod|chown|mkfs|dd)\b|\brm +-[a-z]*[rf]|\/bin\/(?:ba|z|da)?sh\b|[|`]|&&|\$\(|~\/\.(?:ssh|aws|gnupg|config)|\.ssh\b|id_rsa|--require\b|--import\b/gi;

export interface CommandPiece {
  readonly text: string;
  readonly dangerous: boolean;
}

/** A word cut where something in it deserves a second look; joined again it is the same word. */
export function markDangerous(text: string): readonly CommandPiece[] {
  const pieces: CommandPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(dangerous)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), dangerous: false });
    pieces.push({ text: match[0], dangerous: true });
    end = match.index + match[0].length;
  }
  if (end < text.length || pieces.length === 0) pieces.push({ text: text.slice(end), dangerous: false });
  return pieces;
}
