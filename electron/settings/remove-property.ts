import { createScanner, findNodeAtLocation, parseTree, type Edit, type JSONPath } from "jsonc-parser";

/**
 * Edits that take a property out of a JSON text with comments: what stands on its own lines, a comment at their end included, and one
 * comma. Comments on other lines, above and below, stay: they may be about its neighbours. None where there is no such property.
 */
export function removeProperty(text: string, at: JSONPath): Edit[] {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const property = root === undefined ? undefined : findNodeAtLocation(root, at)?.parent;
  const siblings = property?.parent?.children;
  if (property?.type !== "property" || siblings === undefined) return [];
  const end = property.offset + property.length;
  const previous = siblings[siblings.indexOf(property) - 1];
  const own = nextComma(text, end);
  // The last one may have none: then the one before it loses its own.
  const comma = own ?? (previous === undefined ? null : nextComma(text, previous.offset + previous.length));
  const edit = cut(text, property.offset, end, own);
  if (comma === null || (comma >= edit.offset && comma < edit.offset + edit.length)) return [edit];
  return [edit, { offset: comma, length: 1, content: "" }];
}

/** Whole lines where nothing else stands on them; otherwise the property, with its comma and the spaces on one side. */
function cut(text: string, start: number, end: number, comma: number | null): Edit {
  const indent = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  const lineStart = start - indent;
  const next = nextLine(text, end, comma);
  if (next !== null && (lineStart === 0 || text[lineStart - 1] === "\n"))
    return { offset: lineStart, length: next - lineStart, content: "" };
  if (comma === null || text.slice(end, comma).trim() !== "") return { offset: lineStart, length: end - lineStart, content: "" };
  const behind = /^[ \t]*/.exec(text.slice(comma + 1))?.[0].length ?? 0;
  return { offset: start, length: comma + 1 + behind - start, content: "" };
}

/** Where the next line begins, if only `comma` and comments that end on this line come before it. */
function nextLine(text: string, from: number, comma: number | null): number | null {
  const scanner = createScanner(text);
  scanner.setPosition(from);
  for (;;) {
    const token: number = scanner.scan();
    const end = scanner.getTokenOffset() + scanner.getTokenLength();
    if (token === kinds.endOfFile || token === kinds.lineBreak) return end;
    if (isComment(token) ? scanner.getTokenValue().includes("\n") : token !== kinds.space && scanner.getTokenOffset() !== comma)
      return null;
  }
}

/** The comma behind spaces, line breaks and comments; null if something else comes first. */
function nextComma(text: string, from: number): number | null {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  const token: number = scanner.scan();
  return token === kinds.comma ? scanner.getTokenOffset() : null;
}

function isComment(token: number): boolean {
  return token === kinds.lineComment || token === kinds.blockComment;
}

// The library declares them as a const enum, which cannot be imported here.
const kinds = { comma: 5, lineComment: 12, blockComment: 13, lineBreak: 14, space: 15, endOfFile: 17 } as const;
