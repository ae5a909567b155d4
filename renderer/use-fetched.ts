import { useCallback, useEffect, useState } from "react";
import type { Result } from "../shared/errors.ts";
import type { CallChannel } from "../shared/ipc/channels.ts";
import type { Output } from "../shared/ipc/contract.ts";
import { onReconnected, type Arguments } from "./api.ts";
import { useApp } from "./app-context.tsx";

export interface Fetched<T> {
  /** Null until the first answer to this input; the last one stays while the same is asked again. */
  readonly result: Result<T> | null;
  /** Whether an answer is on its way. */
  readonly busy: boolean;
  readonly again: () => void;
}

interface Answer<T> {
  readonly asked: string;
  readonly key: string;
  readonly result: Result<T>;
}

/** Something that is asked for when it is shown, anew when `version` changes, and once more when a lost connection, which it failed by, is back. */
export function useFetched<C extends CallChannel>(channel: C, input: Arguments<C>[0], version: string): Fetched<Output<C>> {
  const { api } = useApp();
  const [answer, setAnswer] = useState<Answer<Output<C>> | null>(null);
  const [round, setRound] = useState(0);
  // Texts, so that a caller may pass a new object each time.
  const asked = JSON.stringify(input ?? null);
  const key = JSON.stringify([asked, version, round]);
  useEffect(() => {
    let wanted = true;
    const given = JSON.parse(asked) as Arguments<C>[0] | null;
    const ask = async (): Promise<void> => {
      const result = await api.call(channel, ...([given ?? undefined] as Arguments<C>));
      if (wanted) setAnswer({ asked, key, result });
    };
    void ask();
    return () => {
      wanted = false;
    };
  }, [api, channel, asked, key]);
  const again = useCallback(() => setRound((now) => now + 1), []);
  const failed = answer?.result.ok === false;
  useEffect(() => (failed ? onReconnected(api, again) : undefined), [api, again, failed]);
  // What was said of something else, another server's tools say, is no answer.
  return { result: answer?.asked === asked ? answer.result : null, busy: answer?.key !== key, again };
}
