import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import { useApp } from "../app-context.tsx";
import { createMigrationLog, type MigrationLog, type MigrationLogState } from "./migration-log.ts";
import { createWizard, type Wizard, type WizardState } from "./wizard.ts";

interface Migrating {
  readonly wizard: Wizard;
  readonly log: MigrationLog;
}

const MigrationContext = createContext<Migrating | null>(null);

/** Keeps the wizard and what is known of migrations while the person goes from screen to screen. */
export function MigrationProvider({ children }: { readonly children: ReactNode }) {
  const { api } = useApp();
  const [migrating] = useState((): Migrating => ({ wizard: createWizard(api), log: createMigrationLog(api) }));
  useEffect(() => {
    const stops = [migrating.wizard.follow(), migrating.log.follow()];
    return () => {
      for (const stop of stops) stop();
    };
  }, [migrating]);
  return <MigrationContext value={migrating}>{children}</MigrationContext>;
}

function useMigrating(): Migrating {
  const migrating = useContext(MigrationContext);
  if (migrating === null) throw new Error("this needs a MigrationProvider");
  return migrating;
}

export function useWizard(): Wizard {
  return useMigrating().wizard;
}

export function useWizardState<T>(select: (state: WizardState) => T): T {
  return useStore(useMigrating().wizard.store, select);
}

export function useMigrationLog(): MigrationLog {
  return useMigrating().log;
}

export function useLogState<T>(select: (state: MigrationLogState) => T): T {
  return useStore(useMigrating().log.store, select);
}
