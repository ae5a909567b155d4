/** The way of a migration, in its order: look → what was found → review → apply → done. */
export type WizardStep = "look" | "found" | "review" | "apply" | "done";

/** The parts of applying, in their order. */
export const applyParts = ["store", "verify", "write"] as const;
export type ApplyPart = (typeof applyParts)[number];
