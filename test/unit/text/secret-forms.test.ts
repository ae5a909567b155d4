import { describe, expect, it } from "vitest";
import { createRedactor, redactedMark } from "../../../shared/text/redact.ts";

// What encoders of other languages make of a secret, written down here as they do it, not taken from the redactor.

const secrets = [
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
  "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLE+KEY",
  "cor rect*ho~rse/&b",
  '<it\'s>&it=is:o$k@home/"q"',
  "p{w o}r|d^[1]`50%'",
];

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Percent encoding that keeps letters, digits and `kept`. */
function percent(kept: string, space: string, upper = true): (text: string) => string {
  return (text) =>
    Array.from(Buffer.from(text), (byte) => {
      const character = String.fromCharCode(byte);
      if (character === " ") return space;
      if (/[A-Za-z0-9]/.test(character) || kept.includes(character)) return character;
      const hex = byte.toString(16).padStart(2, "0");
      return `%${upper ? hex.toUpperCase() : hex}`;
    }).join("");
}

const escaped = (text: string, characters: RegExp, upper: boolean): string =>
  text.replace(characters, (character) => {
    const hex = character.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${upper ? hex.toUpperCase() : hex}`;
  });
const inside = (text: string): string => JSON.stringify(text).slice(1, -1);
const gson = (text: string): string => escaped(inside(text), /[<>&=']/g, false);
const php = (text: string): string => inside(text).replaceAll("/", "\\/");
const dotnet = (text: string): string => escaped(inside(text).replaceAll('\\"', "\\u0022"), /[<>&+'`]/g, true);

const encoders: Readonly<Record<string, (text: string) => string>> = {
  "Python's urllib.parse.quote": percent("-_.~/", "%20"),
  "urllib.parse.quote in small letters": percent("-_.~/", "%20", false),
  "Python's quote_plus and urlencode, Go's url.QueryEscape": percent("-_.~", "+"),
  "quote_plus in small letters": percent("-_.~", "+", false),
  "quote_plus with / kept": percent("-_.~/", "+"),
  "Go's url.PathEscape": percent("-_.~$&+:=@", "%20"),
  "url.PathEscape in small letters": percent("-_.~$&+:=@", "%20", false),
  "the query of JavaScript's URL": (text) => new URL(`http://host/?k=${text}`).search.slice(3),
  "the path of JavaScript's URL": (text) => new URL(`http://host/${text}`).pathname.slice(1),
  Gson: gson,
  "Gson in JSON": (text) => inside(gson(text)),
  "Gson in Gson": (text) => gson(gson(text)),
  "PHP in PHP": (text) => php(php(text)),
};

describe("a secret as other languages encode it", () => {
  for (const [name, encode] of Object.entries(encoders)) {
    it(`by ${name}`, () => {
      for (const secret of secrets) {
        const redactor = createRedactor([secret]);
        expect(redactor.text(`at ${encode(secret)} end`)).toBe(`at ${redactedMark} end`);
        expect(decode(redactor.bytes(utf8(`at ${encode(secret)} end`)))).toBe(`at ${redactedMark} end`);
      }
    });
  }
});

describe("a secret's base64 in the JSON of other languages", () => {
  const styles: Readonly<Record<string, (text: string) => string>> = {
    ".NET": dotnet,
    ".NET in JSON": (text) => inside(dotnet(text)),
    ".NET in JSON in JSON": (text) => inside(inside(dotnet(text))),
    PHP: php,
    "PHP in JSON": (text) => inside(php(text)),
    "PHP in JSON in JSON": (text) => inside(inside(php(text))),
    "PHP in PHP": (text) => php(php(text)),
  };
  for (const [name, encode] of Object.entries(styles)) {
    it(`${name}, whatever stands before it`, () => {
      // Of bytes whose base64 is full of + and /.
      const secret = "~~~???>>>ûï¾ÿþ~?~?>~";
      expect(Buffer.from(secret).toString("base64")).toMatch(/\+.*\/|\/.*\+/);
      const redactor = createRedactor([secret]);
      for (const before of ["", "x", "xy"]) {
        const form = encode(Buffer.from(before + secret).toString("base64"));
        const left = redactor.text(form).replace(redactedMark, "");
        expect(left.length, form).toBeLessThanOrEqual(8);
        const message = `{"text":"${form}"}`;
        expect(() => void JSON.parse(decode(redactor.bytes(utf8(message))))).not.toThrow();
      }
    });
  }
});

describe("the forms of single languages", () => {
  it.each([
    ["JSON from Java, in capitals", "geheim\u00e9&x", "geheim\\u00E9&x"],
    ["HTML from Go", `ab"cd'ef&`, "ab&#34;cd&#39;ef&amp;"],
    ["HTML from Python", `ab"cd'ef&`, "ab&quot;cd&#x27;ef&amp;"],
    ["HTML from PHP", `ab"cd'ef&`, "ab&quot;cd&#039;ef&amp;"],
  ])("are looked for: %s", (_name, secret, form) => {
    expect(createRedactor([secret]).text(`x ${form} y`)).toBe(`x ${redactedMark} y`);
  });
});
