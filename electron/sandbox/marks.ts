// Environment variables by which processes of ours are found again when the tree that the OS knows no longer leads to them. bubblewrap takes
// them away from what it starts; its own processes keep them.

/** The mark of this run of the app: what carries it ends with the app; see `reaper.ts`. */
export const RUN_VARIABLE = "PORTCULLIS_RUN";
/** The mark of one started tree: what carries it ends with that tree; see `start-boxed.ts`. */
export const INSTANCE_VARIABLE = "PORTCULLIS_INSTANCE";

/** bubblewrap's arguments that keep the marks from what it starts. */
export const withoutMarks: readonly string[] = ["--unsetenv", RUN_VARIABLE, "--unsetenv", INSTANCE_VARIABLE];
