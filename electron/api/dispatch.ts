import type { CallChannel } from "../../shared/ipc/channels.ts";
import type { Output, ParsedInput, Role } from "../../shared/ipc/contract.ts";
import type { Envelope } from "../../shared/ipc/envelope.ts";
import type { Result } from "../../shared/errors.ts";

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
