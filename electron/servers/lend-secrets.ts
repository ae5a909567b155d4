import { assertNever, fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { secretNameSchema } from "../../shared/model/secret-reference.ts";
import type { Vault } from "../vault/vault.ts";

/** The values that a server's settings refer to, all of them or the first failure in words. A missing secret is never an empty one. */
export async function lendSecrets(
  vault: Pick<Vault, "get">,
  names: readonly string[],
  server: string,
): Promise<Result<ReadonlyMap<string, string>>> {
  const values = new Map<string, string>();
  for (const name of names) {
    if (!secretNameSchema.safeParse(name).success) {
      return fail("secret-missing", `The server refers to a secret by a name that cannot be one: "${name}".`);
    }
    const outcome = await vault.get(name, server);
    switch (outcome.kind) {
      case "found":
        values.set(name, outcome.value);
        break;
      case "missing":
        return fail("secret-missing", `The secret ${name} does not exist.`, `Store it: portcullis secret set ${name}`);
      case "locked":
        return fail("vault-locked", `The secret ${name} could not be read: the keychain is locked.`, "Unlock it and try again.");
      case "timed-out":
        return fail(
          "vault-unavailable",
          `The secret ${name} could not be read: the keychain did not answer.`,
          "Look for a window that asks to unlock it.",
        );
      case "unavailable":
        return fail("vault-unavailable", `The secret ${name} could not be read: ${outcome.reason}`);
      default:
        return assertNever(outcome);
    }
  }
  return ok(values);
}
