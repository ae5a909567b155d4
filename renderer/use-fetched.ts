import { useCallback, useEffect, useState } from "react";
import type { Result } from "../shared/errors.ts";
import type { CallChannel } from "../shared/ipc/channels.ts";
import type { Output } from "../shared/ipc/contract.ts";
import type { Arguments } from "./api.ts";
import { useApp } from "./app-context.tsx";

export interface Fetched<T> {
  /** Null until the first answer; the last answer stays while a new one is on its way. */
  readonly result: Result<T> | null;
  readonly again: () => void;
}

/** Something that is asked for when it is shown, anew when `version` changes. */
export function useFetched<C extends CallChannel>(channel: C, input: Arguments<C>[0], version: string): Fetched<Output<C>> {
  const { api } = useApp();
  const [result, setResult] = useState<Result<Output<C>> | null>(null);
  const [round, setRound] = useState(0);
  // One text for all that makes it ask again, so that a caller may pass a new object each time.
  const key = JSON.stringify([input ?? null, version, round]);
  useEffect(() => {
    let wanted = true;
    const [given] = JSON.parse(key) as [Arguments<C>[0] | null];
    const ask = async (): Promise<void> => {
      const answer = await api.call(channel, ...([given ?? undefined] as Arguments<C>));
      if (wanted) setResult(answer);
    };
    void ask();
    return () => {
      wanted = false;
    };
  }, [api, channel, key]);
  const again = useCallback(() => setRound((now) => now + 1), []);
  return { result, again };
}
