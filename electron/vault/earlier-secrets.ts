import type { SecretEntry } from "./vault.ts";

/** What a secret was before it was replaced or deleted. */
export interface EarlierSecret {
  readonly entry: SecretEntry;
  readonly value: string;
}

/** The way back from a mistake, for a minute. In memory only: the redactor knows these values as long as the app runs anyway. */
export interface EarlierSecrets {
  keep(store: "keychain" | "file", earlier: EarlierSecret): void;
  /** Hands it out and forgets it; null: there is none, or the minute is over. */
  take(store: "keychain" | "file", name: string): EarlierSecret | null;
  clear(): void;
}

const keptMs = 60_000;

export function createEarlierSecrets(): EarlierSecrets {
  const kept = new Map<string, { readonly earlier: EarlierSecret; readonly timer: NodeJS.Timeout }>();
  const take: EarlierSecrets["take"] = (store, name) => {
    const key = `${store} ${name}`;
    const found = kept.get(key);
    clearTimeout(found?.timer);
    kept.delete(key);
    return found?.earlier ?? null;
  };
  return {
    keep(store, earlier) {
      const { name } = earlier.entry;
      take(store, name);
      const timer = setTimeout(() => take(store, name), keptMs);
      timer.unref();
      kept.set(`${store} ${name}`, { earlier, timer });
    },
    take,
    clear() {
      for (const { timer } of kept.values()) clearTimeout(timer);
      kept.clear();
    },
  };
}
