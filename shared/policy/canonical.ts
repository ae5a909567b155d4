/**
 * The one stable JSON text of a value (RFC 8785's key order: by UTF-16 code unit; numbers and strings as ECMAScript prints
 * them; absent `undefined` members). It is the base of every fingerprint and of the journal's chain, so it must never change.
 *
 * @throws TypeError for what JSON cannot hold (functions, NaN, Infinity, cycles), instead of turning it into null.
 */
export function canonical(value: unknown): string {
  return write(value, 0);
}

const maxDepth = 512;

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new TypeError("canonical: nested too deeply");
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("canonical: not a finite number");
      return JSON.stringify(value);
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map((item: unknown) => write(item, depth + 1)).join(",")}]`;
      const members = Object.entries(value).filter(([, member]) => member !== undefined);
      members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member, depth + 1)}`).join(",")}}`;
    }
    default:
      throw new TypeError(`canonical: ${typeof value} is not JSON`);
  }
}
