import type { AppError } from "../../shared/errors.ts";
import { report } from "./context.ts";
import type { Context, Run } from "./context.ts";

// A config.json that cannot be used is said wherever somebody looks at servers: else it passes for one that holds none.

/** Why config.json cannot be used, or null. Needs no app, changes nothing. */
export async function settingsFault({ paths }: Context): Promise<AppError | null> {
  const { readSettings } = await import("./offline.ts");
  return (await readSettings(paths)).problem;
}

/** Commands that first say what is wrong with config.json; none of them ends with status 0 then. */
export function sayingFault(context: Context, run: Run): Run {
  return (action) =>
    run(async (...given) => {
      const fault = await settingsFault(context);
      if (fault !== null) report(context, fault);
      const status = await action(...given);
      return fault === null || status !== 0 ? status : 1;
    });
}
