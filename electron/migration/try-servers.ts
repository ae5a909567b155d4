import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { MigrationStep } from "../../shared/model/migration.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import type { Engine } from "./engine.ts";
import type { MigrationRecord } from "./records.ts";
import { ownSettings } from "./settle.ts";
import type { WorkingPlan } from "./working-plan.ts";

const atOnce = 3;

/** Adds and starts each once. A failure is the server's own: its entries stay as they are. */
export async function tryServers(
  engine: Engine,
  plan: WorkingPlan,
  record: MigrationRecord,
  needed: ReadonlySet<string>,
  onStep: (step: MigrationStep) => void,
): Promise<void> {
  const waiting = [...plan.servers].filter(([name]) => needed.has(name));
  const total = waiting.length;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, { settings, exists }] = next;
      onStep({ kind: "verify", done, total, text: `Starting ${name} through Portcullis` });
      const tried = await tryServer(engine, name, settings, exists);
      const recorded = record.servers.find((server) => server.name === name);
      if (recorded !== undefined) {
        recorded.state = tried.ok ? "verified" : "failed";
        recorded.reason = tried.ok ? null : [tried.error.message, tried.error.hint ?? ""].join(" ").trim();
      }
      done += 1;
      onStep({ kind: "verify", done, total, text: tried.ok ? `${name} works` : `${name} does not start` });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function tryServer(engine: Engine, name: string, settings: ServerSettings, exists: boolean): Promise<Result<unknown>> {
  const { servers } = engine.deps;
  if (!exists) {
    const added = await servers.add(name, settings);
    if (!added.ok) return added;
  } else if (ownSettings(servers.settings(), name) === undefined) {
    return fail("not-found", `There is no server ${name} any more.`);
  }
  return settings.disabled === true ? ok(undefined) : servers.inspect(name);
}
