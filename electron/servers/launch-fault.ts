import { fail } from "../../shared/errors.ts";

/**
 * What a start comes to that threw: a folder of ours that cannot be used, or a mistake of ours, which must not end the app. Of that only
 * its name is told: its text may hold what nobody else is to see.
 */
export function launchFault(error: unknown): ReturnType<typeof fail> {
  if (error instanceof Error && "syscall" in error) return fail("cannot-start", `A folder of Portcullis cannot be used: ${error.message}`);
  const name = error instanceof Error ? error.name : "unknown error";
  return fail("internal", `The server could not be started, because something failed inside Portcullis (${name}).`, "This is a bug.");
}
