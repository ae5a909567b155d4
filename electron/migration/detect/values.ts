import { spread } from "./token-formats.ts";

/** What a value of no known form looks like: random, a key in PEM, a phrase, or something that cannot be a key. Bounded, like all here. */

/** Prefixes of ids and public keys: random, meant to be seen. */
const publicPrefixes = [
  "pk_test_", "pk_live_", "pk-lf-", "pk.eyJ", "phc_", "sb_publishable_", "org-", "asst_", "price_", "prod_", "proj_", "cus_", "acct_", "thread_", "vs_",
  "sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "sha512:", "md5:", "ssh-rsa ", "ssh-ed25519 ", "app_", "arn:", "urn:", "did:", "data:",
]; // prettier-ignore

/** The longest value whose characters are looked at; of longer ones the first this many. */
const looked = 4096;

export function isPublicPrefix(text: string): boolean {
  return publicPrefixes.some((prefix) => text.startsWith(prefix));
}

/** A private key in PEM, whole or anywhere in a text (a certificate may stand before it); newlines may be escaped. */
export function privateKeyRange(text: string): { readonly start: number; readonly end: number } | null {
  let begin = text.indexOf("-----BEGIN ");
  for (let blocks = 0; begin >= 0 && blocks < 100; blocks++) {
    if (/^-----BEGIN [A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.test(text.slice(begin, begin + 80))) {
      const end = text.indexOf("-----END ", begin);
      const close = end < 0 ? -1 : text.indexOf("-----", end + 9);
      return { start: begin, end: close < 0 ? text.length : close + 5 };
    }
    begin = text.indexOf("-----BEGIN ", begin + 11);
  }
  return null;
}

export const isUuid = (text: string): boolean => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(text);
export const isHex = (text: string): boolean => /^(?:0x)?[\da-f]{16,}$/i.test(text.slice(0, looked));

/** How random a text without known form looks: `high` (mixed alphabet), `hex` (hex or UUID: may as well be an id or a digest), or null. */
export function randomness(text: string): "high" | "hex" | null {
  if (text.length < 16 || /\s/.test(text.slice(0, looked))) return null;
  if (isUuid(text)) return "hex";
  const part = text.slice(0, 512);
  if (isHex(text)) return spread(part) && /\d/.test(part) && /[a-f]/i.test(part.slice(2)) ? "hex" : null;
  if (!/^[\w+/=.~:%!*-]+$/.test(part)) return null;
  const longest = part.split(/[-_.:/~%!*]+/).reduce((best, segment) => (segment.length > best.length ? segment : best), "");
  const joined = longest.length >= 16 ? longest : part.replaceAll(/[-_]/g, "");
  // Parts of words joined by separators are names and versions, unless nothing in them reads like a word.
  if (longest.length < 12 || (longest.length < 16 && changes(joined) < joined.length / 3)) return null;
  return spread(joined) && changes(joined) >= joined.length / 5 && /[a-z]/i.test(joined) && /\d|[A-Z][a-z]*[A-Z]/.test(joined)
    ? "high"
    : null;
}

/** How often lower case, upper case and digits take turns: often in random text, seldom in words, versions and dates. */
function changes(text: string): number {
  let count = 0;
  let last = "";
  for (const letter of text) {
    const kind = letter >= "0" && letter <= "9" ? "d" : letter >= "a" && letter <= "z" ? "l" : letter >= "A" && letter <= "Z" ? "u" : "s";
    if (last !== "" && kind !== last) count++;
    last = kind;
  }
  return count;
}

/** Twelve to twenty-five plain words and nothing else: the seed of a wallet. */
export function isMnemonic(text: string): boolean {
  if (text.length > 300) return false;
  const words = text.trim().split(/\s+/);
  return [12, 15, 18, 21, 24, 25].includes(words.length) && words.every((word) => /^[a-z]{3,8}$/.test(word));
}

/** A value that cannot be a key: a switch, a number, a path, an address, a short plain word. */
export function isPlain(text: string): boolean {
  if (
    /^(?:true|false|yes|no|on|off|auto|none|null|basic|bearer|oauth2?|token|api_?key|default|disabled|enabled|required|optional)$/i.test(
      text,
    )
  )
    return true;
  if (/^[-+]?\d{1,5}(?:\.\d{1,9})?(?:ms|s|m|h|d|k|kb|mb|gb)?$/i.test(text)) return true;
  return isPath(text);
}

export function isPath(text: string): boolean {
  if (text.length > looked || /[\r\n]/.test(text)) return false;
  if (/^(?:~|\.{1,2}|[A-Za-z]:|\$HOME|%\w+%)?[\\/]/.test(text) && !/^\/[A-Za-z\d+/=]{30,}$/.test(text)) return true;
  return (
    /\.(?:json|ya?ml|toml|env|pem|key|crt|cer|p12|pfx|txt|db|sqlite3?|js|ts|mjs|cjs|py|jar|csproj|md|conf|cfg|ini|log|exe|sh|html)$/i.test(
      text,
    ) && !text.includes("=")
  );
}

/** A lower-case or capitalised word or a few, as people write settings. */
export const isPlainWord = (text: string): boolean => /^[A-Za-z]{1,14}$/.test(text) && !/[a-z][A-Z]/.test(text);
