import { assertNever, fail, ok, type Result } from "../../shared/errors.ts";
import { replaceReferences, secretNameSchema, secretReferences } from "../../shared/model/secret-reference.ts";
import type { SecretOutcome } from "./vault.ts";

// Puts values in the place of `${keychain:NAME}`. Whatever is not a value is an error that says which of the five outcomes it was:
// no server is ever started with an empty secret. Neither a value nor the text around a reference is part of an error.

/**
 * @param texts env values, args, headers; a value that itself looks like a reference is left as it is
 * @param get asked once for each name
 * @returns the texts in the same order, or the first failure in the order of the references
 */
export async function resolveReferences(
  texts: readonly string[],
  get: (name: string) => Promise<SecretOutcome>,
): Promise<Result<readonly string[]>> {
  const names = [...new Set(texts.flatMap((text) => secretReferences(text)))];
  if (names.some((name) => !secretNameSchema.safeParse(name).success)) {
    // Not repeated: it may be a value that was pasted where its name belongs.
    return fail("bad-input", "A secret reference holds what cannot be a secret's name.", nameHint);
  }
  if (texts.some((text) => replaceReferences(text, () => "").includes("${keychain:"))) {
    return fail("bad-input", "A secret reference is not closed: it must read ${keychain:NAME}.", nameHint);
  }
  const outcomes = await Promise.all(names.map(async (name) => [name, await get(name)] as const));
  const values = new Map<string, string>();
  for (const [name, outcome] of outcomes) {
    if (outcome.kind !== "found") return outcomeError(name, outcome);
    if (outcome.value === "" || outcome.value.includes("\0")) {
      return fail(
        "secret-missing",
        `What is kept as ${name} cannot be handed to a program (empty, or a NUL character in it).`,
        setHint(name),
      );
    }
    values.set(name, outcome.value);
  }
  return ok(texts.map((text) => replaceReferences(text, (name) => values.get(name) ?? "")));
}

const nameHint = "A name has letters, digits, dot, dash and underscore, and up to three slashes: ${keychain:github/GITHUB_TOKEN}";

function outcomeError(name: string, outcome: Exclude<SecretOutcome, { kind: "found" }>): ReturnType<typeof fail> {
  switch (outcome.kind) {
    case "missing":
      return fail("secret-missing", `The secret ${name} is not in the vault.`, setHint(name));
    case "locked":
      return fail("vault-locked", `The secret ${name} cannot be read: the vault is locked.`, "Unlock it and try again.");
    case "unavailable":
      return fail("vault-unavailable", `The secret ${name} cannot be read. ${outcome.reason}`, "portcullis doctor");
    case "timed-out":
      return fail(
        "timed-out",
        `The secret ${name} could not be read: the keychain did not answer in time.`,
        "If it shows an unlock prompt, answer it and try again.",
      );
    default:
      return assertNever(outcome);
  }
}

function setHint(name: string): string {
  return `portcullis secret set ${name}`;
}
