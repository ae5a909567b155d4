/**
 * Pretty-printed JSON cut into rows of a fixed width (threat 15). Nothing is left out and nothing can run out of sight to the side: a
 * long line goes on in the next row, a line break that a string holds starts one. A long string shows its head and its tail with a
 * fold between them that says how many bytes it hides. Pure, one pass: 1 MB takes some tens of milliseconds.
 */
export interface TextRow {
  readonly kind: "text";
  readonly start: number;
  readonly end: number;
  /** Columns before it: the printer's indentation, not part of the data. */
  readonly indent: number;
  /** Where in the JSON it begins: outside strings, or in the middle of one. */
  readonly within: Within;
  /** It continues the row above. */
  readonly continued: boolean;
}

export interface FoldRow {
  readonly kind: "fold";
  /** Where the folded string begins: its name among the folds. */
  readonly string: number;
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  readonly indent: number;
}

export type Row = TextRow | FoldRow;
export type Within = "structure" | "key" | "string";

const maxIndent = 24;
const headRows = 12;
const tailRows = 4;
const foldAbove = 24;

/**
 * @param columns how many characters of the monospaced font fit
 * @param unfolded where the strings begin that are shown whole, or "all"
 */
export function layoutRows(text: string, columns: number, unfolded: ReadonlySet<number> | "all"): readonly Row[] {
  const rows: Row[] = [];
  const width = Math.max(20, columns);
  let start = 0;
  while (start <= text.length) {
    let end = text.indexOf("\n", start);
    if (end === -1) end = text.length;
    layoutLine(text, start, end, width, unfolded, rows);
    start = end + 1;
  }
  return rows;
}

function layoutLine(text: string, from: number, end: number, columns: number, unfolded: ReadonlySet<number> | "all", rows: Row[]): void {
  let start = from;
  while (start < end && text.charCodeAt(start) === 32) start += 1;
  const indent = Math.min(start - from, maxIndent);
  if (isPlain(text, start, end, columns - indent)) {
    rows.push({ kind: "text", start, end, indent, within: "structure", continued: false });
    return;
  }

  let rowStart = start;
  let rowWithin: Within = "structure";
  let within: Within = "structure";
  let stringStart = -1;
  let stringRows = 0;
  let column = 0;
  const breakAt = (at: number): void => {
    if (at <= rowStart) return;
    const continued = rowStart !== start;
    rows.push({
      kind: "text",
      start: rowStart,
      end: at,
      indent: continued ? Math.min(indent + 2, maxIndent) : indent,
      within: rowWithin,
      continued,
    });
    rowStart = at;
    rowWithin = within;
    column = 0;
    if (within !== "structure") stringRows += 1;
  };

  const usable = columns - indent - 2;
  let at = start;
  while (at < end) {
    const unit = text.charCodeAt(at);
    let length = unit >= 0xd800 && unit <= 0xdbff && at + 1 < end ? 2 : 1;
    if (within !== "structure" && unit === 92) length = text.charCodeAt(at + 1) === 117 ? 6 : 2;
    length = Math.min(length, end - at);
    const cells = cellsOf(text, at, length);
    if (column + cells > usable && column > 0) breakAt(at);
    column += cells;

    if (within === "structure") {
      if (unit === 34) {
        within = isKey(text, at, end) ? "key" : "string";
        stringStart = at;
        stringRows = 0;
      }
    } else if (unit === 34) {
      within = "structure";
      if (stringRows > foldAbove && unfolded !== "all" && !unfolded.has(stringStart)) {
        breakAt(at + 1);
        fold(rows, stringRows + 1, stringStart);
      }
    } else if (unit === 92 && text.charCodeAt(at + 1) === 110) {
      breakAt(at + length);
    }
    at += length;
  }
  breakAt(end);
  if (rowStart === start && end === start) rows.push({ kind: "text", start, end, indent, within: "structure", continued: false });
}

/** Replaces the middle of the string whose rows were just written. */
function fold(rows: Row[], stringRows: number, string: number): void {
  const first = rows.length - stringRows + headRows;
  const hidden = stringRows - headRows - tailRows;
  const from = rows[first];
  const to = rows[first + hidden - 1];
  if (hidden <= 0 || from === undefined || to === undefined) return;
  rows.splice(first, hidden, { kind: "fold", string, start: from.start, end: to.end, rows: hidden, indent: from.indent });
}

/** Whether a line fits into one row: short, nothing wide or invisible in it, no line break in a string. */
function isPlain(text: string, start: number, end: number, columns: number): boolean {
  if (end - start > columns) return false;
  for (let at = start; at < end; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7e || unit < 32 || (unit === 92 && text.charCodeAt(at + 1) === 110)) return false;
  }
  return true;
}

/** How much room a character takes at most; invisible ones become chips. */
function cellsOf(text: string, at: number, length: number): number {
  const unit = text.charCodeAt(at);
  if (unit === 92) return length;
  if (unit >= 32 && unit < 0x7f) return 1;
  if (unit < 0xa1 || unit === 0xad || (unit >= 0x2000 && unit <= 0x206f) || (unit >= 0xfe00 && unit <= 0xfe0f) || unit === 0xfeff) return 9;
  if (length === 2) return unit >= 0xdb00 ? 10 : 2;
  if (unit === 0x115f || unit === 0x1160 || unit === 0x2800 || unit === 0x3000 || unit === 0x3164) return 9;
  return unit >= 0x1100 ? 2 : 1;
}

/** Whether the string that begins here is a member's name: its end is followed by a colon. */
function isKey(text: string, start: number, end: number): boolean {
  const close = stringEnd(text, start, end);
  return close < end && text.charCodeAt(close) === 58;
}

/** The index after the closing quote of the string that begins (with its quote) at `start`. */
export function stringEnd(text: string, start: number, end: number): number {
  let at = start + 1;
  while (at < end) {
    const unit = text.charCodeAt(at);
    if (unit === 34) return at + 1;
    at += unit === 92 ? 2 : 1;
  }
  return end;
}

export type TokenKind = "key" | "string" | "escape" | "number" | "word" | "mark" | "run";
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

/** The coloured pieces of one row; joined they are the row's text. Runs of eight and more spaces in a string are pieces of their own. */
export function tokenizeRow(text: string, row: TextRow): readonly Token[] {
  const tokens: Token[] = [];
  let at = row.start;
  let within = row.within;
  const string = (kind: "key" | "string"): void => {
    let from = at;
    const flush = (to: number): void => {
      if (to > from) tokens.push({ kind, start: from, end: to });
    };
    while (at < row.end) {
      const unit = text.charCodeAt(at);
      if (unit === 34) {
        at += 1;
        within = "structure";
        break;
      }
      if (unit === 92) {
        flush(at);
        const length = Math.min(text.charCodeAt(at + 1) === 117 ? 6 : 2, row.end - at);
        tokens.push({ kind: "escape", start: at, end: at + length });
        at += length;
        from = at;
        continue;
      }
      if (unit === 32) {
        let to = at;
        while (to < row.end && text.charCodeAt(to) === 32) to += 1;
        if (to - at >= 8) {
          flush(at);
          tokens.push({ kind: "run", start: at, end: to });
          from = to;
        }
        at = to;
        continue;
      }
      at += 1;
    }
    flush(at);
  };
  if (within !== "structure") string(within);
  while (at < row.end) {
    const unit = text.charCodeAt(at);
    const from = at;
    if (unit === 34) {
      within = isKey(text, at, text.length) ? "key" : "string";
      const kind = within;
      at += 1;
      const before = tokens.length;
      string(kind);
      const first = tokens[before];
      if (first?.kind === kind && first.start === from + 1) tokens[before] = { kind, start: from, end: first.end };
      else tokens.splice(before, 0, { kind, start: from, end: from + 1 });
    } else if ((unit >= 48 && unit <= 57) || unit === 45) {
      while (at < row.end && /[-+.eE0-9]/.test(text.charAt(at))) at += 1;
      tokens.push({ kind: "number", start: from, end: at });
    } else if (unit >= 97 && unit <= 122) {
      while (at < row.end && text.charCodeAt(at) >= 97 && text.charCodeAt(at) <= 122) at += 1;
      tokens.push({ kind: "word", start: from, end: at });
    } else {
      at += 1;
      const last = tokens.at(-1);
      if (last?.kind === "mark") tokens[tokens.length - 1] = { kind: "mark", start: last.start, end: at };
      else tokens.push({ kind: "mark", start: from, end: at });
    }
  }
  return tokens;
}
