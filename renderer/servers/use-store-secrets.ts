import { useCallback } from "react";
import { useSnapshot } from "../app-context.tsx";
import { useAct } from "../use-act.ts";
import { isKnown, secretName, type Variable } from "./server-draft.ts";

/** Stores the values of secrets that are new; false where one could not be stored, which was told. */
export function useStoreSecrets(): (server: string, variables: readonly Variable[]) => Promise<boolean> {
  const known = useSnapshot((snapshot) => snapshot.secrets);
  const act = useAct();
  return useCallback(
    async (server, variables) => {
      for (const variable of variables) {
        // A value that was typed before the name was that of a secret which is there: its field is gone, and so is what it said.
        if (variable.kind !== "secret" || variable.value === "" || isKnown(known, server, variable)) continue;
        const stored = await act("secret.put", { name: secretName(server, variable), value: variable.value });
        if (!stored.ok) return false;
      }
      return true;
    },
    [act, known],
  );
}
