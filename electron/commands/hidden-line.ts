import type { Readable, Writable } from "node:stream";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";

type Typist = Readable & { setRawMode?(on: boolean): unknown };

const byteOf = { interrupt: 0x03, end: 0x04, backspace: 0x08, lineFeed: 0x0a, carriageReturn: 0x0d, clear: 0x15, delete: 0x7f } as const;
/** What is pasted comes in pieces: the rest of it must not get to the shell, which would keep it in its history. */
const swallowMs = 150;

/**
 * One line without showing what is typed: raw mode, so that the terminal echoes nothing; Backspace and Ctrl+U work as everywhere. Null at
 * the end of input, or on Ctrl+C. What cannot be meant (several lines, an arrow key, bytes that are no text) is refused whole: a secret
 * of which a part is missing would be stored as if it were one.
 */
export function readHiddenLine(stdin: Typist, stderr: Writable): Promise<Result<string> | null> {
  stdin.setRawMode?.(true);
  return new Promise((resolve) => {
    let typed: number[] = [];
    let control = false;
    let over: NodeJS.Timeout | null = null;
    let more = false;
    let last = 0;

    const done = (answer: Result<string> | null): void => {
      clearTimeout(over ?? undefined);
      stdin.removeListener("data", onData);
      stdin.removeListener("end", onEnd);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write("\n");
      resolve(answer);
    };
    const line = (): Result<string> => {
      if (more) return fail("bad-input", "that is more than one line", "A value of several lines comes from stdin: … < FILE");
      const text = textOf(Buffer.from(typed));
      if (!text.ok) return text;
      if (control || /[\u0080-\u009f]/.test(text.value))
        return fail("bad-input", "an arrow key or another control character was typed", "Type it again; Backspace and Ctrl+U work.");
      return text;
    };
    const onEnd = (): void => done(over === null ? null : line());
    const onData = (chunk: Buffer): void => {
      for (const byte of chunk) {
        if (over !== null) {
          // CR LF is one line break.
          if (byte !== byteOf.lineFeed || last !== byteOf.carriageReturn) more = true;
        } else if (byte === byteOf.carriageReturn || byte === byteOf.lineFeed) {
          over = setTimeout(() => done(line()), chunk.length === 1 ? 0 : swallowMs);
        } else if (byte === byteOf.interrupt || byte === byteOf.end) {
          done(null);
          return;
        } else if (byte === byteOf.backspace || byte === byteOf.delete) typed = withoutLast(typed);
        else if (byte === byteOf.clear) {
          typed = [];
          control = false;
        } else {
          if (byte < 0x20) control = true;
          typed.push(byte);
        }
        last = byte;
      }
    };
    stdin.on("data", onData);
    stdin.once("end", onEnd);
    stdin.resume();
  });
}

/** UTF-8, or what to do instead. Nothing is replaced. */
export function textOf(bytes: Uint8Array): Result<string> {
  try {
    return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return fail("bad-input", "that is no text in UTF-8", "Other bytes have to be written as text first, for example: base64 < FILE");
  }
}

/** Without the last character, which may be several bytes. */
function withoutLast(bytes: readonly number[]): number[] {
  let end = bytes.length - 1;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.slice(0, Math.max(0, end));
}
