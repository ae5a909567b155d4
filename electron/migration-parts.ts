import { randomUUID } from "node:crypto";
import { ok, type Result } from "../shared/errors.ts";
import type { Settings } from "../shared/model/settings.ts";
import { allClients } from "./migration/clients/all-clients.ts";
import { detectSecrets } from "./migration/detect/detect.ts";
import { findGit } from "./migration/find-git.ts";
import { openDocument } from "./migration/formats/open-document.ts";
import { createMachine } from "./migration/machine.ts";
import type { MigrationDeps, MigrationServers } from "./migration/ports.ts";
import { listRunning } from "./migration/running.ts";
import { scanClients, type ScanOutcome } from "./migration/scan.ts";
import { foreignWarnings, lendsInArgs, packageOfCommand } from "./servers/foreign-command.ts";
import type { Registry } from "./servers/registry.ts";

// What ties migrations to the rest, for the app and for the commands that work without it.

export interface MigrationParts extends Pick<MigrationDeps, "vault" | "servers" | "record" | "dataDir" | "bridge"> {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly now: () => number;
}

/** All that `createMigrations` needs, on this machine. */
export function migrationDeps(parts: MigrationParts): MigrationDeps {
  const { env, home, now, vault, servers, record, dataDir, bridge } = parts;
  const machine = createMachine(env, home);
  const scan: MigrationDeps["scan"] = async (folders, onStep): Promise<ScanOutcome> => {
    const [git, running] = await Promise.all([findGit(machine), listRunning()]);
    return scanClients({ clients: allClients, machine, openDocument, detectSecrets, git, running, now }, folders, onStep);
  };
  return { clients: allClients, machine, scan, vault, servers, record, dataDir, bridge, now, newId: randomUUID };
}

/** What is known of a command without looking: the same with and without the app. */
export function commandFacts(platform: NodeJS.Platform): Pick<MigrationServers, "lendsInArgs" | "packageOf" | "warnings"> {
  return {
    lendsInArgs,
    packageOf: packageOfCommand,
    warnings: (settings) => foreignWarnings(settings, platform),
  };
}

/** The registry as migrations use it. */
export function registryServers(
  registry: Registry,
  settings: { current(): Settings; problem(): string | null },
  platform: NodeJS.Platform,
): MigrationServers {
  return {
    ...commandFacts(platform),
    settings: () => settings.current().mcpServers ?? {},
    problem: () => settings.problem(),
    add: (name, added) => registry.add(name, added, true),
    async inspect(name): Promise<Result<void>> {
      const tools = await registry.inspect(name);
      return tools.ok ? ok(undefined) : tools;
    },
    remove: (name) => registry.remove(name),
  };
}
