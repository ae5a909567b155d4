/** Keys and values in the order in which they came, for what comes and goes all the time. */
export interface PassingMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  /** Whether it was there. */
  delete(key: string): boolean;
  size(): number;
  values(): readonly V[];
  /** Takes all out. */
  takeAll(): ReadonlyMap<string, V>;
}

const fewest = 32;

/**
 * A Map of the language grows, or is cleaned, into a new table, which the one before points to. Once one of them counts as old for the
 * garbage collector, so does all that is put into those after it, and is moved about twice instead of being forgotten: a fifth of the
 * app's time under a load of calls. So what is in it moves now and then to another Map, which nothing old points to.
 */
export function createPassingMap<V>(): PassingMap<V> {
  let entries = new Map<string, V>();
  let added = 0;
  const takeAll = (): ReadonlyMap<string, V> => {
    const all = entries;
    entries = new Map();
    added = 0;
    return all;
  };
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      added += 1;
      if (added > 2 * entries.size + fewest) {
        entries = new Map(entries);
        added = 0;
      }
      entries.set(key, value);
    },
    delete: (key) => entries.delete(key),
    size: () => entries.size,
    values: () => [...entries.values()],
    takeAll,
  };
}
