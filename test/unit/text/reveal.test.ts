import { describe, expect, it } from "vitest";
import { countHidden, reveal, revealLine, revealParts } from "../../../shared/text/reveal.ts";

describe("invisible characters made visible", () => {
  const hidden: Record<string, string> = {
    "bidi override": "\u202e",
    "bidi isolate": "\u2066",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "tag letter": "\u{e0041}",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    escape: "\u001b",
    "carriage return": "\r",
    backspace: "\b",
    "C1 control": "\u009b",
    "no-break space": "\u00a0",
    "Hangul filler": "\u3164",
    "variation selector 16": "\ufe0f",
    "variation selector 17": "\u{e0100}",
    "line separator": "\u2028",
    "lone surrogate": "\ud800",
  };
  for (const [name, character] of Object.entries(hidden)) {
    it(`shows the ${name}`, () => {
      const code = `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
      expect(reveal(`a${character}b`)).toBe(`a${code}b`);
      expect(countHidden(`a${character}b${character}`)).toBe(2);
    });
  }

  it("leaves what can be seen alone, in every script", () => {
    const text = "Grüße, Привет, 你好, नमस्ते, 👩 🎉, tab\tand\nnew line <b>&amp;</b>";
    expect(reveal(text)).toBe(text);
    expect(countHidden(text)).toBe(0);
  });

  it("cuts into parts that join to the same text", () => {
    const text = "\u202eabc\u200b\u200bd\u001b[2K";
    expect(
      revealParts(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
    expect(revealParts(text).map((part) => part.kind)).toEqual(["hidden", "text", "hidden", "hidden", "text", "hidden", "text"]);
  });

  it("writes one line for a log", () => {
    expect(revealLine('x"}\n{"decision":"allow"\t')).toBe('x"}⟨U+000A⟩{"decision":"allow"⟨U+0009⟩');
  });
});
