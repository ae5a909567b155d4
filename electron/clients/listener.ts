import type { ClientSession } from "../../shared/model/client.ts";

/**
 * The local socket. A connection's first line is a preamble of at most 4 KiB:
 *   {"portcullis":1,"token":"…","role":"client","server":"NAME","client":"NAME"}   then raw MCP, both ways
 *   {"portcullis":1,"token":"…","role":"command"}                                  then one JSON per line: {id, channel, input} → {id, ...envelope}
 * A wrong token, an unknown role or a missing preamble (2 s) ends the connection. There is no way to name a command to run.
 */
export interface Listener {
  sessions(): readonly ClientSession[];
  onChange(listener: () => void): () => void;
  /** Stops listening, ends every session (pending calls get an error), removes socket and token. */
  close(): Promise<void>;
}
