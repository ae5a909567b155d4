import type { z } from "zod";
import { fail } from "../../shared/errors.ts";
import type { AppError, Result } from "../../shared/errors.ts";
import type { CallChannel } from "../../shared/ipc/channels.ts";
import { contract } from "../../shared/ipc/contract.ts";
import type { Output, ParsedInput, Role } from "../../shared/ipc/contract.ts";
import type { Envelope } from "../../shared/ipc/envelope.ts";

/** The contract's implementation, one function a channel. Expected failures are values. */
export type Handlers = {
  readonly [C in CallChannel]: (input: ParsedInput<C>, role: Role) => Result<Output<C>> | Promise<Result<Output<C>>>;
};

/**
 * One door for every surface (window, browser UI, command line): is the channel known, may this role call it, does the input fit
 * the schema, does the output? Only then and through nothing else is a handler run. Unexpected exceptions become `internal` without their text.
 */
export interface Dispatch {
  (role: Role, channel: unknown, input: unknown): Promise<Envelope>;
}

export interface DispatchDeps {
  /** An exception or an answer that breaks the contract: ours to mend, never the caller's to read. */
  onBug(channel: CallChannel, error: unknown): void;
}

/** See `Dispatch`. Never rejects. */
export function createDispatch(handlers: Handlers, deps: DispatchDeps): Dispatch {
  return async (role, channel, input) => {
    if (!isChannel(channel)) return fail("not-found", "there is no such channel");
    const { who, input: inputSchema, output: outputSchema } = contract[channel];
    if (!who.includes(role)) return fail("not-allowed", `${channel} may not be called from here`);
    const parsed = inputSchema.safeParse(input);
    if (!parsed.success) return fail("bad-input", describe(channel, parsed.error));
    try {
      // The schema that was just passed is the one this handler's input type is inferred from.
      const handler = handlers[channel] as (input: unknown, role: Role) => Result<unknown> | Promise<Result<unknown>>;
      const result = await handler(parsed.data, role);
      if (!result.ok) return { ok: false, error: plainError(result.error) };
      const output = outputSchema.safeParse(result.value);
      if (output.success) return { ok: true, value: output.data };
      deps.onBug(channel, output.error);
    } catch (error) {
      deps.onBug(channel, error);
    }
    return fail("internal", `${channel} failed inside Portcullis`, "This is a bug. The log has the details.");
  };
}

function isChannel(channel: unknown): channel is CallChannel {
  return typeof channel === "string" && Object.hasOwn(contract, channel);
}

/** Where and what, never the value that was given: it may be a secret. */
function describe(channel: CallChannel, error: z.ZodError): string {
  const issues = error.issues.slice(0, 3).map((issue) => {
    const where = issue.path.map(String).join(".");
    return where === "" ? issue.message : `${where}: ${issue.message}`;
  });
  return `${channel}: ${issues.join("; ")}`;
}

/** The three members of an `AppError` and nothing that may hang on the object. */
function plainError({ code, message, hint }: AppError): AppError {
  return hint === undefined ? { code, message } : { code, message, hint };
}
