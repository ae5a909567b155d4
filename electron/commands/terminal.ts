import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fail } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { reveal, revealParts } from "../../shared/text/reveal.ts";
import { readHiddenLine, textOf } from "./hidden-line.ts";
import { usualColumns } from "./rows.ts";

/**
 * Where commands write and ask. Names, arguments and log lines come from clients and servers, so everything is printed with control
 * and invisible characters revealed (threat 14): no escape byte reaches the terminal. Answers go to stdout, remarks to stderr.
 */
export interface Terminal {
  /** Whether a person can be asked: stdin and stderr are a terminal. */
  readonly interactive: boolean;
  /** How many columns a row has now. */
  columns(): number;
  /** A text for stdout; a line feed is added. */
  print(text: string): void;
  /** Text that goes to stdout as it is, for files: only what has no control characters by construction. */
  raw(text: string): void;
  /** Many of such texts, no faster than they are read; resolves early where the reader went away. */
  rawPieces(texts: Iterable<string>): Promise<void>;
  /** Indented JSON with hidden characters as `\uXXXX`. */
  json(value: unknown): void;
  /** A line for stderr. */
  note(text: string): void;
  /** One line typed after `question`; null at the end of input, or on Ctrl+C. */
  ask(question: string): Promise<string | null>;
  /** The same without showing what is typed. Null at the end of input, or on Ctrl+C; fails for what cannot be meant. */
  askSecret(question: string): Promise<Result<string> | null>;
  /** All of stdin, at most `maxBytes` and UTF-8. */
  readAll(maxBytes: number): Promise<Result<string>>;
  /** Lines as they are typed, until the returned function is called. `onEnd` at the end of input. */
  onLines(onLine: (line: string) => void, onEnd: () => void): () => void;
}

export interface TerminalStreams {
  readonly stdin: Readable & { isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: Writable & { columns?: number };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
}

export function createTerminal({ stdin, stdout, stderr }: TerminalStreams): Terminal {
  return {
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    // A terminal that says 0 does not know.
    columns() {
      const known = [stdout.columns ?? 0, stderr.columns ?? 0].filter((columns) => columns > 0);
      return known.length === 0 ? usualColumns : Math.min(...known);
    },
    print: (text) => void stdout.write(`${reveal(text)}\n`),
    raw: (text) => void stdout.write(text),
    async rawPieces(texts) {
      for (const text of texts) {
        if (stdout.write(text)) continue;
        if (stdout.destroyed || !(await drained(stdout))) return;
      }
    },
    json: (value) => void stdout.write(`${printableJson(value)}\n`),
    note: (text) => void stderr.write(`${reveal(text)}\n`),
    ask(question) {
      // Readline would wait for ever for an end that has been.
      if (stdin.readableEnded) return Promise.resolve(null);
      // Without readline's own editing: it would write escape sequences; the terminal's line editing does.
      const lines = createInterface({ input: stdin, output: stderr, terminal: false });
      return new Promise((resolve) => {
        // Who asked has something to say, or to put back, before the process ends.
        const interrupt = (): void => {
          stderr.write("\n");
          lines.close();
        };
        process.once("SIGINT", interrupt);
        lines.once("close", () => {
          process.removeListener("SIGINT", interrupt);
          resolve(null);
        });
        lines.question(reveal(question), (answer) => {
          resolve(answer);
          lines.close();
        });
      });
    },
    askSecret(question) {
      stderr.write(reveal(question));
      return readHiddenLine(stdin, stderr);
    },
    async readAll(maxBytes) {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
        const bytes = Buffer.from(chunk as Buffer);
        size += bytes.length;
        if (size > maxBytes) return fail("too-large", `that is more than ${String(maxBytes)} bytes`);
        chunks.push(bytes);
      }
      return textOf(Buffer.concat(chunks));
    },
    onLines(onLine, onEnd) {
      const lines = createInterface({ input: stdin, terminal: false });
      lines.on("line", onLine);
      lines.once("close", onEnd);
      return () => {
        lines.removeListener("close", onEnd);
        lines.close();
      };
    },
  };
}

/** False when it was closed instead. */
function drained(stream: Writable): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (went: boolean) => (): void => {
      stream.off("drain", drain).off("close", closed).off("error", closed);
      resolve(went);
    };
    const drain = settle(true);
    const closed = settle(false);
    stream.on("drain", drain).on("close", closed).on("error", closed);
  });
}

/** JSON that a terminal shows as it is, and a parser reads as it was. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value ?? null, null, 2);
  return revealParts(text)
    .map((part) => (part.kind === "text" ? part.text : escapeUnits(part.text)))
    .join("");
}

function escapeUnits(text: string): string {
  let escaped = "";
  for (let i = 0; i < text.length; i++) escaped += `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`;
  return escaped;
}
