import { fork, type ChildProcess } from "node:child_process";
import type { ForkHelper, HelperProcess } from "../../../electron/helper-process.ts";
import { entryOf } from "../../fixtures/entry-of.ts";

const entry = entryOf("vault/keychain-helper.ts", "helpers/keychain-helper.js");

export interface ForkForTests {
  readonly fork: ForkHelper;
  /** Every helper that was started, in order. */
  readonly started: readonly ChildProcess[];
  /** Called with each message on its way to a helper. */
  onSend?: ((child: ChildProcess, message: unknown) => void) | undefined;
}

/** Forks the keychain's helper, as Node runs it. */
export function forkForTests(): ForkForTests {
  const started: ChildProcess[] = [];
  const forks: ForkForTests = {
    started,
    fork: (_name, options): HelperProcess => {
      const child = fork(entry, [], { env: { ...options.env }, stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] });
      started.push(child);
      return {
        pid: child.pid,
        send(message) {
          child.send(message as object, () => {}); // a helper that is gone is noticed by its exit
          forks.onSend?.(child, message);
        },
        onMessage: (listener) => void child.on("message", listener),
        onExit(listener) {
          child.once("exit", (code) => listener(code));
          child.once("error", () => listener(null));
        },
        kill: () => void child.kill("SIGKILL"),
      };
    },
  };
  return forks;
}
