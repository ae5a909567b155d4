import { z } from "zod";

/** A secret's name: `github/GITHUB_TOKEN`. */
export const secretNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,3}$/, "letters, digits, dot, dash, underscore, up to three slashes")
  .max(128);

const referencePattern = /\$\{keychain:([^{}]*)\}/g;

/** The names a text refers to, in order, each once. Names that are no valid names are returned too: resolving them fails clearly. */
export function secretReferences(text: string): readonly string[] {
  return [...new Set([...text.matchAll(referencePattern)].map((match) => match[1] ?? ""))];
}

/** The text with every reference replaced by its value. */
export function replaceReferences(text: string, value: (name: string) => string): string {
  return text.replace(referencePattern, (_whole, name: string) => value(name));
}

/** A secret as the UI and the command line know it. The value is never part of it. */
export const secretViewSchema = z.object({
  name: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  lastUsedAt: z.number().nullable(),
  lastUsedBy: z.string().nullable(),
  /** Servers whose settings refer to it. */
  usedBy: z.array(z.string()),
});
export type SecretView = z.infer<typeof secretViewSchema>;

/** Where secrets are kept on this machine, and whether that works right now. */
export const vaultStatusSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready"), store: z.enum(["keychain", "file"]) }),
  z.object({ kind: z.literal("locked"), store: z.enum(["keychain", "file"]) }),
  z.object({ kind: z.literal("unavailable"), store: z.enum(["keychain", "file"]), reason: z.string() }),
]);
export type VaultStatus = z.infer<typeof vaultStatusSchema>;
