import { ok } from "../../shared/errors.ts";
import type { MigrationStep } from "../../shared/model/migration.ts";
import type { Migrations } from "../migration/migration.ts";
import type { Handlers } from "./dispatch.ts";

/** The migration's part of the contract. Progress goes to everyone who is subscribed. */
export function createMigrationHandlers(
  migrations: Migrations,
  progressed: (step: MigrationStep) => void,
): Pick<Handlers, Extract<keyof Handlers, `migration.${string}`>> {
  return {
    "migration.scan": ({ folders }) => migrations.scan(folders, progressed),
    "migration.plan": (selection) => migrations.plan(selection),
    "migration.apply": ({ plan }) => migrations.apply(plan, progressed),
    "migration.undo": ({ migration, file }) => migrations.undo(migration, file, progressed),
    "migration.history": () => ok([...migrations.history()]),
    "migration.drift": () => ok([...migrations.drift()]),
    "migration.repair": ({ drift }) => migrations.repair(drift),
  };
}
