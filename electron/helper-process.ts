/**
 * A small process of our own (keychain, sandbox supervisor) that is spoken to in messages. On Node it is a forked child,
 * in Electron a utility process; the entry points create the fork function, everything else only sees this.
 */
export interface HelperProcess {
  readonly pid: number | undefined;
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when it could not be started. */
  onExit(listener: (code: number | null) => void): void;
  /** SIGKILL: helpers hold no state that could be lost. */
  kill(): void;
}

export type HelperName = "keychain" | "sandbox-supervisor";

export interface ForkOptions {
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

export type ForkHelper = (name: HelperName, options: ForkOptions) => HelperProcess;
