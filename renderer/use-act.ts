import { useCallback } from "react";
import type { Result } from "../shared/errors.ts";
import type { CallChannel } from "../shared/ipc/channels.ts";
import type { Output } from "../shared/ipc/contract.ts";
import type { Api, Arguments } from "./api.ts";
import { useApp } from "./app-context.tsx";
import { useToasts } from "./ui/toaster.tsx";

/** A call whose failure is shown to the person as a toast, besides being answered. */
export function useAct(): Api["call"] {
  const { api } = useApp();
  const toasts = useToasts();
  return useCallback(
    async <C extends CallChannel>(channel: C, ...input: Arguments<C>): Promise<Result<Output<C>>> => {
      const result = await api.call(channel, ...input);
      if (!result.ok) toasts.fail(result.error);
      return result;
    },
    [api, toasts],
  );
}
