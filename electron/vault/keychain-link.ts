import { performance } from "node:perf_hooks";
import type { ForkHelper, HelperProcess } from "../helper-process.ts";
import { isKeychainReply, type KeychainReply, type KeychainRequest } from "./keychain-messages.ts";

/** Why a step did not give an answer. `gone`: the helper ended (crashed, was killed) before it answered. */
export type KeychainFailure =
  { readonly kind: "error"; readonly message: string } | { readonly kind: "timed-out" } | { readonly kind: "gone" };

export type Step<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: KeychainFailure };

/** The items of one service through one helper process, within one deadline. */
export interface KeychainItems {
  read(account: string): Promise<Step<string | null>>;
  /** The answer is always true. */
  write(account: string, value: string): Promise<Step<boolean>>;
  /** False if there was none (or the keychain is locked, which it does not say). */
  remove(account: string): Promise<Step<boolean>>;
}

/** One helper process. It ends when a deadline passes (then it hangs), when it crashes, or when it is closed. */
export interface KeychainLink {
  readonly alive: () => boolean;
  /** @param deadline in the milliseconds of `performance.now()` */
  items(deadline: number): KeychainItems;
  close(): void;
}

type Ask = { readonly op: "get" } | { readonly op: "set"; readonly value: string } | { readonly op: "delete" };

export function createKeychainLink(fork: ForkHelper, env: Readonly<Record<string, string>>, service: string): KeychainLink {
  const pending = new Map<number, (step: Step<KeychainReply>) => void>();
  let nextId = 1;
  let helper: HelperProcess | undefined = fork("keychain", { env });

  const end = (): void => {
    helper?.kill();
    helper = undefined;
    const waiting = [...pending.values()];
    pending.clear();
    for (const settle of waiting) settle({ ok: false, failure: { kind: "gone" } });
  };

  helper.onMessage((message) => {
    if (!isKeychainReply(message)) return;
    const settle = pending.get(message.id);
    pending.delete(message.id);
    settle?.({ ok: true, value: message });
  });
  helper.onExit(end);

  const ask = (account: string, question: Ask, deadline: number): Promise<Step<KeychainReply>> =>
    new Promise((resolve) => {
      const left = deadline - performance.now();
      if (left <= 0) {
        resolve({ ok: false, failure: { kind: "timed-out" } });
        return;
      }
      if (helper === undefined) {
        resolve({ ok: false, failure: { kind: "gone" } });
        return;
      }
      const id = nextId++;
      const timer = setTimeout(() => {
        pending.delete(id);
        resolve({ ok: false, failure: { kind: "timed-out" } });
        end();
      }, left);
      pending.set(id, (step) => {
        clearTimeout(timer);
        resolve(step);
      });
      const request: KeychainRequest = { id, service, account, ...question };
      helper.send(request);
    });

  return {
    alive: () => helper !== undefined,
    items: (deadline) => ({
      async read(account) {
        return narrow(await ask(account, { op: "get" }, deadline), (reply) => (reply.kind === "value" ? reply.value : undefined));
      },
      async write(account, value) {
        return narrow(await ask(account, { op: "set", value }, deadline), (reply) => (reply.kind === "done" ? reply.done : undefined));
      },
      async remove(account) {
        return narrow(await ask(account, { op: "delete" }, deadline), (reply) => (reply.kind === "done" ? reply.done : undefined));
      },
    }),
    close: end,
  };
}

function narrow<T>(step: Step<KeychainReply>, pick: (reply: KeychainReply) => T | undefined): Step<T> {
  if (!step.ok) return step;
  if (step.value.kind === "error") return { ok: false, failure: { kind: "error", message: step.value.message } };
  const picked = pick(step.value);
  return picked === undefined ? { ok: false, failure: { kind: "error", message: "unexpected answer" } } : { ok: true, value: picked };
}
