import { describe, expect, it } from "vitest";
import { joinBrokenLines } from "../../../shared/text/broken-lines.ts";
import { createRedactor, redactedMark } from "../../../shared/text/redact.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const inside = (text: string): string => JSON.stringify(text).slice(1, -1);

const token = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLE+KEY";
const environment = (before: number): string =>
  `HOME=/home/${"u".repeat(before)}\nPATH=/usr/local/bin:/usr/bin\nTOKEN=${token}\nLANG=en_US.UTF-8\nSHELL=/bin/bash\n`;

function wrapped(text: string, width: number, lineEnd: string): string {
  const lines = Buffer.from(text)
    .toString("base64")
    .match(new RegExp(`.{1,${String(width)}}`, "g"));
  return (lines ?? []).join(lineEnd);
}

/** What the base64 in a text says once the marks are out of it: each stretch decoded at all its alignments. */
function readable(text: string): string {
  const plain = text.replaceAll(/\\+u002B/gi, "+").replaceAll(/\\+\//g, "/");
  const stretches = plain
    .replaceAll(/(\\+[rn]|\s)+/g, "")
    .split(redactedMark)
    .flatMap((part) => part.match(/[A-Za-z0-9+/_-]+/g) ?? []);
  return stretches
    .flatMap((stretch) => [0, 1, 2, 3].map((skip) => Buffer.from(stretch.slice(skip), "base64").toString("latin1")))
    .join("\n");
}

const pieces = (size: number): readonly string[] =>
  Array.from({ length: token.length - size + 1 }, (_, index) => token.slice(index, index + size));

const spellings: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in JSON": inside,
  "in JSON in JSON": (text) => inside(inside(text)),
  "in PHP's JSON": (text) => inside(text).replaceAll("/", "\\/"),
  "in PHP's JSON in JSON": (text) => inside(inside(text).replaceAll("/", "\\/")),
  "in .NET's JSON": (text) => inside(text).replaceAll("+", "\\u002B"),
  "in .NET's JSON in JSON": (text) => inside(inside(text).replaceAll("+", "\\u002B")),
};

describe("lines that belong together", () => {
  const line = "A".repeat(60);
  it.each([
    [`${line}\n`, 0],
    [line, 0],
    [`{"text":"${line}"}\n`, 0],
    [`${line}\nB`, 1],
    [`${line}\\nB`, 1],
    [`{"text":"${line}\\nB"}\n`, 1],
    [`${line}\n${line}\n`, 1],
    [`x y\n${line}\n`, 0],
    [`\\n x ${line}\n`, 0],
  ])("%j: %i", (text, count) => {
    expect(joinBrokenLines(utf8(text))).toHaveLength(count);
  });
});

describe("base64 with line ends and other text before the secret", () => {
  for (const [name, spell] of Object.entries(spellings)) {
    for (const lineEnd of ["\n", "\r\n", "\n    "]) {
      it(`${name}, lines ended by ${JSON.stringify(lineEnd)}`, () => {
        const redactor = createRedactor([token]);
        for (const width of [60, 64, 72, 76]) {
          for (let before = 0; before < width; before++) {
            const text = spell(wrapped(environment(before), width, lineEnd));
            expect(pieces(6).some((piece) => readable(text).includes(piece))).toBe(true);
            const message = `{"id":1,"text":"${text}","more":"same"}`;
            const results = [redactor.text(text), decode(redactor.bytes(utf8(text))), decode(redactor.bytes(utf8(message)))];
            for (const result of results) {
              expect(result.split(redactedMark), result).toHaveLength(2);
              const said = readable(result);
              expect(pieces(3).filter((piece) => said.includes(piece))).toEqual([]);
            }
            if (name !== "as it is") JSON.parse(results[2] ?? "");
          }
        }
      });
    }
  }

  it("takes out what stands for the secret and no more", () => {
    const redactor = createRedactor([token]);
    const text = wrapped(environment(20), 76, "\n");
    const [before = "", after = ""] = redactor.text(`first line\n${text}\nlast line`).split(redactedMark);
    expect(`first line\n${text}\nlast line`.startsWith(before)).toBe(true);
    expect(`first line\n${text}\nlast line`.endsWith(after)).toBe(true);
    const kept = (before + after).length;
    // The token's own characters, perhaps one line end, and nothing else.
    expect(`first line\n${text}\nlast line`.length - kept).toBeLessThanOrEqual(Math.ceil((token.length * 4) / 3) + 1);
  });

  it("several secrets, plain ones and parts that overlap between them", () => {
    const redactor = createRedactor([token, token.slice(10, 30), "HOME"]);
    const text = `HOME ${wrapped(environment(7), 76, "\n")} HOME`;
    const result = redactor.text(text);
    expect(result.startsWith(`${redactedMark} `)).toBe(true);
    expect(result.endsWith(` ${redactedMark}`)).toBe(true);
    expect(pieces(4).filter((piece) => readable(result).includes(piece))).toEqual([]);
  });

  it("a token, or its hex, that is itself broken into lines", () => {
    const long = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-qwertzuiop";
    const redactor = createRedactor([long]);
    const hex = Buffer.from(long).toString("hex");
    expect(redactor.text(`${long.slice(0, 64)}\n${long.slice(64)}`)).toBe(redactedMark);
    expect(redactor.text((hex.match(/.{1,60}/g) ?? []).join("\n"))).toBe(redactedMark);
  });
});

describe("the runs that are looked into", () => {
  const line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2";
  const joined = (text: string): readonly string[] => joinBrokenLines(utf8(text)).map((run) => decode(run.text));

  it("are those with a line end after 60 characters and more", () => {
    expect(joined(`${line}\n${line}\nQUJD`)).toEqual([`${line}${line}QUJD`]);
    expect(joined(`x ${line}\\nQUJD==\\n${line}\\nAB" "${line}\r\nX-_`)).toEqual([`${line}QUJD`, `n${line}AB`, `${line}X-_`]);
    expect(joined(`${line.slice(0, 60)}\nQUJD`)).toEqual([`${line.slice(0, 60)}QUJD`]);
    expect(joined(`${line.slice(0, 59)}\nQUJD`)).toEqual([]);
    expect(joined(`${line}\n\n${line}`)).toEqual([]);
    expect(joined(`${line}\n`)).toEqual([]);
    expect(joined(`${line} \n${line}`)).toEqual([]);
    expect(joined(`${line}\\t${line}`)).toEqual([]);
    expect(joined("the quick\\nbrown fox\n".repeat(400))).toEqual([]);
    expect(joined(line.repeat(100))).toEqual([]);
  });

  it("are found behind a long text, and behind a long run, of which only the end is looked at", () => {
    for (const before of ["no base64 here, ".repeat(500), `"${line.repeat(200)}" `, `${"\\".repeat(3000)} `, "\\n".repeat(2000)]) {
      expect(joined(`${before}${line}\n${line}`).at(-1)).toMatch(new RegExp(`${line}${line}$`));
    }
    const run = joined(`${line.repeat(200)}\n${line}`)[0] ?? "";
    expect(run.endsWith(line.repeat(10))).toBe(true);
    expect(run.length).toBeLessThan(2000);
  });

  it("give the place of each of their characters", () => {
    const text = `a: ${line}\\/\\\\r\\\\n  \\u002BQUJD\r\n--`;
    const [run] = joinBrokenLines(utf8(text));
    const characters = Array.from(decode(run?.text ?? utf8("")));
    expect(characters.join("")).toBe(`${line}/+QUJD`);
    const placed = characters.map((_, index) => {
      const { start, end } = run?.place(index, index + 1) ?? { start: 0, end: 0 };
      return text.slice(start, end);
    });
    expect(placed).toEqual([...Array.from(line), "\\/", "\\u002B", "Q", "U", "J", "D"]);
    const whole = run?.place(0, characters.length);
    expect(text.slice(whole?.start, whole?.end)).toBe(`${line}\\/\\\\r\\\\n  \\u002BQUJD`);
  });

  it("cost a hostile text no more than their length", () => {
    const size = 1 << 20;
    const texts = [
      "\\".repeat(size),
      `${line}\\`.repeat(size / 65),
      `${line}\\n`.repeat(size / 66),
      `${line}\n${" ".repeat(500)}`.repeat(size / 565),
      `${line}\n`.repeat(size / 65),
      `${"x".repeat(59)}\n`.repeat(size / 60),
      `${"x".repeat(60)}\n=`.repeat(size / 62),
      `${"\\n".repeat(31)} `.repeat(size / 63),
      "\\t".repeat(size / 2),
      "\\/".repeat(size / 2),
      `${"\\u002B".repeat(20)}\\n`.repeat(size / 122),
    ];
    for (const text of texts) {
      const data = utf8(text);
      const started = processorTime();
      joinBrokenLines(data);
      // At most 50 on an idle machine.
      expect(processorTime() - started, text.slice(0, 80)).toBeLessThan(3000);
    }
  });
});
