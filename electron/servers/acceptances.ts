import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import { acceptanceSubjectSchema, acceptedPackageSchema } from "./acceptance.ts";

const acceptedServerSchema = z.object({
  subject: acceptanceSubjectSchema,
  /** Filled in by the first install (trust on first install); from then on another version or integrity is a change. */
  package: acceptedPackageSchema.nullable(),
  acceptedAt: z.number(),
});
export type AcceptedServer = z.infer<typeof acceptedServerSchema>;

const fileSchema = z.object({
  version: z.literal(1),
  salt: z.string().regex(/^[0-9a-f]{64}$/u),
  servers: z.record(z.string(), acceptedServerSchema),
});

/** What the person accepted, in `accepted.json` (0600, replaced atomically). A file that cannot be read accepts nothing. */
export interface Acceptances {
  /** Random, made once with the file. */
  readonly salt: string;
  get(name: string): AcceptedServer | undefined;
  set(name: string, accepted: AcceptedServer): Promise<Result<void>>;
  remove(name: string): Promise<Result<void>>;
}

/**
 * Opens the store. A broken file is kept aside as `accepted.json.broken-TIME` and everything must be accepted again: an attacker
 * who can damage it gains nothing.
 */
export async function openAcceptances(file: string, now: () => number): Promise<Acceptances> {
  const read = await readFile(file, now);
  const salt = read?.salt ?? randomBytes(32).toString("hex");
  const servers = new Map<string, AcceptedServer>(read === null ? [] : Object.entries(read.servers));
  /** What the file says, or must say at the next write. */
  const stored = new Map(servers);
  let writing: Promise<unknown> = Promise.resolve();

  async function save(next: ReadonlyMap<string, AcceptedServer>): Promise<Result<void>> {
    try {
      await writeFileAtomic(file, `${JSON.stringify({ version: 1, salt, servers: Object.fromEntries(next) }, null, 2)}\n`);
      return ok(undefined);
    } catch (error) {
      return fail("internal", `What you accepted could not be saved: ${error instanceof Error ? error.message : "unknown"}`);
    }
  }

  /** One after the other, each on what the one before left in the file. */
  function inOrder(step: () => Promise<Result<void>>): Promise<Result<void>> {
    const done = writing.then(step);
    writing = done;
    return done;
  }

  function set(name: string, accepted: AcceptedServer): Promise<Result<void>> {
    servers.set(name, accepted);
    return inOrder(async () => {
      const saved = await save(new Map(stored).set(name, accepted));
      if (saved.ok) stored.set(name, accepted);
      // What is not on disk is not accepted: it would be forgotten at the next start without anybody noticing.
      else if (servers.get(name) === accepted) {
        const before = stored.get(name);
        if (before === undefined) servers.delete(name);
        else servers.set(name, before);
      }
      return saved;
    });
  }

  /** What is taken back is so at once, whatever becomes of the file. */
  function remove(name: string): Promise<Result<void>> {
    servers.delete(name);
    return inOrder(async () => (stored.delete(name) ? save(stored) : ok(undefined)));
  }

  return {
    salt,
    get: (name) => servers.get(name),
    set,
    remove,
  };
}

async function readFile(file: string, now: () => number): Promise<z.infer<typeof fileSchema> | null> {
  let text: string;
  try {
    text = await fs.readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    await fs.rename(file, `${file}.broken-${new Date(now()).toISOString().replaceAll(/[:.]/gu, "-")}`);
    return null;
  }
}
