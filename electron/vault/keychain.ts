import { createHash } from "node:crypto";
import fs from "node:fs";
import { performance } from "node:perf_hooks";
import { fail, ok, type Result } from "../../shared/errors.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";
import type { ForkHelper } from "../helper-process.ts";
import { readLong, removeLong, writeLong, type LongValue } from "./chunks.ts";
import { createKeychainLink, type KeychainItems, type KeychainLink, type Step } from "./keychain-link.ts";
import { keychainError, keychainStatus, noBus, troubleOf, type KeychainTrouble } from "./keychain-trouble.ts";
import { unfitValue } from "./secret-value.ts";
import type { SecretOutcome, SecretStore } from "./vault.ts";

// The OS keychain, behind a helper process that is killed when it does not answer. A locked keychain answers like an empty one, so a
// sentinel item of our own tells the two apart: while it can be read, what is not there is missing; when it cannot, the keychain is locked
// (or was emptied). Reading shares one helper; every write has one of its own, and is read back through a third.

export interface KeychainDeps {
  /** What our items are filed under; see `keychainService`. */
  readonly service: string;
  readonly fork: ForkHelper;
  /** Of this process; only what the keychain needs of it is handed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Whether our sentinel was ever written here, and the note that it now is. */
  readonly sentinel: { known(): boolean; written(): void };
  /** Milliseconds: for reading (default 5,000), for writing, where an unlock prompt may show (30,000), and until an unused helper ends (20,000). */
  readonly deadlines?: { readonly get?: number; readonly put?: number; readonly idle?: number };
}

export interface Keychain extends SecretStore {
  /** Without the reading back, for values of our own that are written often. */
  putUnverified(name: string, value: string): Promise<Result<void>>;
  /** Asks with the longer deadline, so that a person can answer the operating system's prompt. */
  unlock(): Promise<VaultStatus>;
}

/** Names below this are ours: the sentinel, and what `writePrivate` keeps. */
export const ownPrefix = "portcullis.";
const sentinelAccount = `${ownPrefix}probe`;
const mostReads = 64;
const mostWrites = 16;
/** A helper may be lost to a crash, and to another call's deadline. */
const attempts = 3;

/** Each home has items of its own, so that a portable one or a test never touches the person's. */
export function keychainService(dataDir: string, portable: boolean): string {
  return portable ? `Portcullis ${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}` : "Portcullis";
}

/** All that a keychain client library looks at, on any system. */
const passedOn =
  "DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR DISPLAY WAYLAND_DISPLAY XAUTHORITY HOME USER LOGNAME PATH LANG LC_ALL TMPDIR " +
  "SystemRoot windir USERPROFILE USERNAME APPDATA LOCALAPPDATA TEMP TMP";

export function createKeychain(deps: KeychainDeps): Keychain {
  const { service, platform, sentinel } = deps;
  const getMs = deps.deadlines?.get ?? 5_000;
  const putMs = deps.deadlines?.put ?? 30_000;
  const idleMs = deps.deadlines?.idle ?? 20_000;
  const env: Record<string, string> = {};
  for (const name of passedOn.split(" ")) {
    const value = deps.env[name];
    if (value !== undefined) env[name] = value;
  }
  const links = new Set<KeychainLink>();
  let reader: KeychainLink | undefined;
  let idle: NodeJS.Timeout | undefined;
  let reading = 0;
  let writing = 0;
  let lastWrite: Promise<unknown> = Promise.resolve();
  let closed = false;

  const open = (): KeychainLink => {
    for (const link of links) if (!link.alive()) links.delete(link);
    const link = createKeychainLink(deps.fork, env, service);
    links.add(link);
    return link;
  };

  /** One step with a helper of its own. */
  const alone = async <T>(deadline: number, step: (items: KeychainItems) => Promise<T>): Promise<T> => {
    const link = open();
    try {
      return await step(link.items(deadline));
    } finally {
      link.close();
    }
  };

  /** A reading step with the shared helper, again if that was lost on the way. */
  const shared = async <T>(deadline: number, step: (items: KeychainItems) => Promise<Step<T>>): Promise<Step<T>> => {
    clearTimeout(idle);
    reading++;
    try {
      for (let attempt = 1; ; attempt++) {
        const used = reader?.alive() === true ? reader : undefined;
        const link = used ?? open();
        reader = link;
        const answer = await step(link.items(deadline));
        if (answer.ok || answer.failure.kind === "timed-out" || attempt === attempts || closed) return answer;
        // A keyring daemon that was restarted is a stranger to a helper that knew the one before.
        if (answer.failure.kind === "error") {
          if (used === undefined) return answer;
          used.close();
        }
      }
    } finally {
      reading--;
      if (reading === 0) {
        idle = setTimeout(() => reader?.close(), idleMs);
        idle.unref();
      }
    }
  };

  /** What needs no helper to be known. */
  const hindrance = (): KeychainTrouble | undefined => {
    if (closed) return { kind: "unavailable", reason: "The vault is closed." };
    // Without an address the library would start a bus of its own, which nobody else is on.
    if (platform !== "linux" || (env["DBUS_SESSION_BUS_ADDRESS"] ?? "") !== "") return undefined;
    const runtime = env["XDG_RUNTIME_DIR"];
    return runtime !== undefined && fs.existsSync(`${runtime}/bus`) ? undefined : { kind: "unavailable", reason: noBus };
  };

  const writes = async (doing: string, step: (deadline: number) => Promise<Result<void>>): Promise<Result<void>> => {
    const trouble = hindrance();
    if (trouble !== undefined) return { ok: false, error: keychainError(trouble, doing) };
    if (writing >= mostWrites) return fail("too-many", "Too many secrets are being stored at once; try again in a moment.");
    writing++;
    const before = lastWrite;
    const deadline = performance.now() + putMs;
    const mine = (async () => {
      await before;
      return step(deadline);
    })();
    lastWrite = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      writing--;
    }
  };

  const ensureSentinel = async (items: KeychainItems): Promise<Step<void>> => {
    const there = await items.read(sentinelAccount);
    if (!there.ok) return there;
    if (there.value === null) {
      const written = await items.write(sentinelAccount, "Portcullis keeps this to see whether the keychain is unlocked.");
      if (!written.ok) return written;
    }
    sentinel.written();
    return { ok: true, value: undefined };
  };

  const put = (name: string, value: string, verify: boolean): Promise<Result<void>> => {
    const doing = `storing ${name}`;
    const unfit = unfitValue(value);
    if (unfit !== undefined) return Promise.resolve(fail("bad-input", unfit));
    return writes(doing, async (deadline) => {
      let earlier: LongValue | undefined;
      const written = await alone(deadline, async (items): Promise<Step<void>> => {
        const sentinelThere = await ensureSentinel(items);
        if (!sentinelThere.ok) return sentinelThere;
        const before = await readLong(items, name);
        if (!before.ok) return before;
        earlier = before.value;
        return writeLong(items, name, value);
      });
      // A helper that was lost may have done its work: the reading back tells.
      if (!written.ok && written.failure.kind !== "gone") return failed(written, doing);
      if (written.ok && !verify) return ok(undefined);
      const back = await alone(deadline, (items) => readLong(items, name));
      if (!back.ok) return failed(back, doing);
      if (back.value.kind === "value" && back.value.value === value) return ok(undefined);
      if (!written.ok && back.value.kind !== "torn") {
        // The header is switched last, so what is whole and not the new value is what was there before.
        return fail("vault-unavailable", `The keychain's helper process was lost while ${doing}; nothing was changed. Try again.`);
      }
      return rollBack(name, earlier, deadline);
    });
  };

  const rollBack = async (name: string, earlier: LongValue | undefined, deadline: number): Promise<Result<void>> => {
    const undone = await alone(deadline, async (items): Promise<Step<unknown>> => {
      if (earlier?.kind === "value") return writeLong(items, name, earlier.value);
      // What was never seen is not deleted on a guess.
      return earlier === undefined ? { ok: false, failure: { kind: "gone" } } : removeLong(items, name);
    });
    const state = undone.ok ? "What was there before has been put back." : "What was there before could not be put back either.";
    return fail("vault-unavailable", `The keychain did not give ${name} back as it was stored. ${state}`);
  };

  const failed = (step: { readonly failure: Parameters<typeof troubleOf>[0] }, doing: string): Result<never> => ({
    ok: false,
    error: keychainError(troubleOf(step.failure, platform), doing),
  });

  /** What "there is nothing" means just now. */
  const absence = async (items: KeychainItems): Promise<Step<"missing" | "locked">> => {
    const there = await items.read(sentinelAccount);
    if (!there.ok) return there;
    return { ok: true, value: there.value === null && sentinel.known() ? "locked" : "missing" };
  };

  const ask = async (within: number): Promise<VaultStatus> => {
    const hindered = hindrance();
    if (hindered !== undefined) return keychainStatus(hindered);
    const deadline = performance.now() + within;
    const there = await shared(deadline, (items) => items.read(sentinelAccount));
    if (!there.ok) return keychainStatus(troubleOf(there.failure, platform));
    if (there.value !== null) {
      sentinel.written();
      return { kind: "ready", store: "keychain" };
    }
    if (sentinel.known()) return keychainStatus({ kind: "locked" });
    // First use: only writing tells whether it is locked.
    const written = await alone(performance.now() + putMs, ensureSentinel);
    return written.ok ? { kind: "ready", store: "keychain" } : keychainStatus(troubleOf(written.failure, platform));
  };

  return {
    kind: "keychain",
    status: () => ask(getMs),
    unlock: () => ask(putMs),
    async get(name): Promise<SecretOutcome> {
      const hindered = hindrance();
      if (hindered !== undefined) return hindered;
      if (reading >= mostReads) return { kind: "unavailable", reason: "Too many secrets are being asked for at once." };
      const answer = await shared(performance.now() + getMs, async (items): Promise<Step<SecretOutcome>> => {
        const read = await readLong(items, name);
        if (!read.ok) return read;
        if (read.value.kind === "value") return { ok: true, value: { kind: "found", value: read.value.value } };
        const why = await absence(items);
        if (!why.ok) return why;
        if (read.value.kind === "none" || why.value === "locked") return { ok: true, value: { kind: why.value } };
        return { ok: true, value: { kind: "unavailable", reason: `The keychain holds only a part of ${name}; store it again.` } };
      });
      return answer.ok ? answer.value : troubleOf(answer.failure, platform);
    },
    put: (name, value) => put(name, value, true),
    putUnverified: (name, value) => put(name, value, false),
    delete(name) {
      const doing = `deleting ${name}`;
      return writes(doing, async (deadline) => {
        const remove = (): Promise<Step<"missing" | "locked">> =>
          alone(deadline, async (items) => {
            const gone = await removeLong(items, name);
            if (!gone.ok) return gone;
            return gone.value ? { ok: true, value: "missing" } : absence(items);
          });
        let removed = await remove();
        // A helper that was lost may have done its work, or a part of it: to delete once more does no harm, and tells.
        for (let attempt = 2; attempt <= attempts && !removed.ok && removed.failure.kind === "gone"; attempt++) removed = await remove();
        if (!removed.ok) return failed(removed, doing);
        return removed.value === "missing" ? ok(undefined) : { ok: false, error: keychainError({ kind: "locked" }, doing) };
      });
    },
    close() {
      closed = true;
      clearTimeout(idle);
      for (const link of links) link.close();
      links.clear();
      return Promise.resolve();
    },
  };
}
