/**
 * What the arguments of a command mean, as far as it tells where a value belongs: `--flag=v`, `--flag v`, `-e KEY=v`, `--header "Name: v"`,
 * `-u user:password`, `KEY=v`, a line for a shell. Each argument yields at most one named text, except a shell's line, which yields those
 * of its words.
 */

export interface NamedText {
  /** Which argument, and where in it. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
  /** What it is assigned to: a flag, variable or header; empty for a bare argument. */
  readonly name: string;
  /** The flag as written, for the person. */
  readonly flag: string | null;
}

const environmentFlags = new Set(["-e", "--env", "--build-arg"]);
const headerFlags = new Set(["-H", "--header", "--headers", "--http-header"]);
const userFlags = new Set(["-u", "--user", "--proxy-user", "--basic-auth"]);
const shellFlags = new Set(["-c", "-lc", "-ic", "-lic", "-ec", "-Command", "-command", "/c", "/C", "--command"]);
const mostWords = 2000;

interface Word {
  readonly text: string;
  /** Where it stands in the argument `index`. */
  readonly start: number;
  readonly index: number;
}

/** The named texts of an argument list, in order. Linear. */
export function namedTexts(args: readonly string[]): readonly NamedText[] {
  return readWords(
    args.map((text, index) => ({ text, start: 0, index })),
    true,
  );
}

function readWords(words: readonly Word[], top: boolean): NamedText[] {
  const texts: NamedText[] = [];
  const mysqlLike = words.some(({ text }) => /^-[uh]/.test(text));
  let flag: string | null = null;
  for (const word of words) {
    const { text } = word;
    const ofFlag = flag;
    flag = null;
    if (ofFlag !== null && (!text.startsWith("-") || headerFlags.has(ofFlag))) {
      if (top && shellFlags.has(ofFlag) && /\s/.test(text)) texts.push(...readWords(shellWords(word), false));
      else texts.push(ofValue(word, 0, ofFlag));
      continue;
    }
    if (/^-D[\w.-]+=/.test(text)) texts.push(assigned(word, 2, "-D"));
    else if (/^-{1,2}[A-Za-z][\w.-]*=/.test(text)) texts.push(ofValue(word, text.indexOf("=") + 1, text.slice(0, text.indexOf("="))));
    else if (/^-H[A-Za-z]/.test(text) && text.includes(":")) texts.push(ofValue(word, 2, "-H"));
    else if (mysqlLike && /^-p(?:\$\{|[^\d\s=-][^\s:]{2,}$)/.test(text) && !/^-(?:port|p(?:rofile|ath|rint|ackage|roxy))$/.test(text))
      texts.push(span(word, 2, text.length, "password", "-p"));
    else if (/^-{1,2}[A-Za-z]/.test(text) || shellFlags.has(text)) flag = text;
    else if (top && /\s/.test(text) && !text.includes("{") && /(?:^|\s)(?:-|[A-Za-z_]\w*=)/.test(text))
      texts.push(...readWords(shellWords(word), false));
    else texts.push(bare(word));
  }
  return texts;
}

function span(word: Word, start: number, end: number, name: string, flag: string | null): NamedText {
  const { text } = word;
  const quote = text[start];
  // Quotes of a shell belong to the line, not to the value; JSON that an installer quoted twice is read as it is.
  const quoted =
    end - start >= 2 && (quote === '"' || quote === "'") && text[end - 1] === quote && !/^.\s?\{/.test(text.slice(start, start + 3));
  const inner = quoted ? 1 : 0;
  return { index: word.index, start: word.start + start + inner, end: word.start + end - inner, name, flag };
}

function ofValue(word: Word, start: number, flag: string): NamedText {
  const { text } = word;
  if (environmentFlags.has(flag) && text.includes("=", start)) return assigned(word, start, flag);
  if (headerFlags.has(flag)) {
    const colon = text.indexOf(":", start);
    const from = colon < 0 ? start : colon + 1 + (/^\s{0,8}/.exec(text.slice(colon + 1, colon + 9))?.[0].length ?? 0);
    return span(word, from, text.length, colon < 0 ? "" : text.slice(start, colon).replaceAll(/["'\s]/g, ""), flag);
  }
  if (userFlags.has(flag)) {
    const colon = text.indexOf(":", start);
    return colon < 0 ? span(word, start, text.length, "username", flag) : span(word, colon + 1, text.length, "password", flag);
  }
  return span(word, start, text.length, flag.replace(/^-+/, ""), flag);
}

function assigned(word: Word, start: number, flag: string | null): NamedText {
  const equals = word.text.indexOf("=", start);
  return span(word, equals + 1, word.text.length, word.text.slice(start, equals).replaceAll(/["']/g, ""), flag);
}

function bare(word: Word): NamedText {
  const match = /^["']?[A-Za-z_][\w.-]{0,100}=/.exec(word.text.slice(0, 128));
  if (match !== null && !word.text.includes("://", 0)) return assigned(word, 0, null);
  if (match !== null && word.text.indexOf("=") < word.text.indexOf("://")) return assigned(word, 0, null);
  return span(word, 0, word.text.length, "", null);
}

/** The words of a line as a shell parts them, quotes kept. At most 2000. */
function shellWords(line: Word): readonly Word[] {
  const words: Word[] = [];
  const { text } = line;
  let start = -1;
  let quote = "";
  let parens = 0;
  for (let at = 0; at <= text.length && words.length < mostWords; at++) {
    const letter = text[at];
    const ends =
      letter === undefined ||
      (quote === "" &&
        parens === 0 &&
        (letter === " " || letter === "\t" || letter === "\n" || letter === ";" || letter === "&" || letter === "|"));
    if (ends) {
      if (start >= 0) words.push({ text: text.slice(start, at), start: line.start + start, index: line.index });
      start = -1;
      continue;
    }
    if (start < 0) start = at;
    // `$(…)` is one word: what a command prints stands there, not its text.
    if (letter === "(" && (parens > 0 || text[at - 1] === "$")) parens++;
    else if (letter === ")" && parens > 0) parens--;
    else if (quote === "" && (letter === '"' || letter === "'")) quote = letter;
    else if (letter === quote) quote = "";
  }
  return words;
}
