import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { joinRecords, noteOf, subjectOf } from "../../../renderer/activity/join.ts";
import { LongText } from "../../../renderer/ui/long-text.tsx";
import { countHidden } from "../../../shared/text/reveal.ts";

// Each of these characters is two units of UTF-16, so one of the two can be cut through, wherever the cut is.
const long = ["", "x"].map((start) => `${start}${"😀".repeat(200)}`);

it("a long text is folded between two characters, never through one", () => {
  for (const start of long) {
    for (const text of [start, `${start}x`]) {
      const html = renderToStaticMarkup(createElement(LongText, { text, limit: 120 }));
      expect(html).toContain("…");
      expect(html, "a half of a character is told as a hidden one").not.toContain("hidden-char");
    }
  }
});

it("nor does a row of the journal end in half of a character", () => {
  for (const text of long) {
    const [call] = joinRecords([], [{ seq: 1, at: 1, kind: "call-asked", call: "c", hash: "a", detail: { arguments: { path: text } } }]);
    if (call === undefined) throw new Error("a call is a row");
    for (const shown of [
      subjectOf(call, 120),
      noteOf({ seq: 2, at: 1, kind: "server-refused", hash: "a", detail: { reason: text } }, 120),
      noteOf({ seq: 3, at: 1, kind: "settings-changed", hash: "a", detail: { [text]: 1 } }, 120),
    ]) {
      expect(shown.length).toBeGreaterThan(100);
      expect(countHidden(shown)).toBe(0);
    }
  }
});
