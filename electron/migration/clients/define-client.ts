import type { ClientDefinition, ConfigPlace, EntryShape, Machine } from "./client-definition.ts";
import { join, projectPlace } from "./places.ts";

/** What one client's file says. */
export interface ClientFacts {
  readonly id: string;
  readonly name: string;
  readonly unsure?: string;
  readonly places: (machine: Machine) => readonly ConfigPlace[] | Promise<readonly ConfigPlace[]>;
  /** Files in a project: paths relative to it, with `/`. */
  readonly inProject?: readonly { readonly file: string; readonly of: ConfigPlace }[];
  /** Project places that are not a fixed path. */
  readonly projectPlaces?: (project: string, machine: Machine) => readonly ConfigPlace[] | Promise<readonly ConfigPlace[]>;
  readonly projects?: ClientDefinition["projects"];
  readonly applies?: ClientDefinition["applies"];
  readonly entry?: EntryShape | ClientDefinition["entry"];
  readonly restart?: string | null;
  readonly processes: readonly string[];
  readonly placeholders?: readonly RegExp[];
  readonly copies?: (machine: Machine) => readonly string[];
}

/** A definition from its facts; what is not said is the usual: a `mcpServers` map, nothing in projects, no placeholders. */
export function defineClient(facts: ClientFacts): ClientDefinition {
  const shape = facts.entry ?? {};
  return {
    id: facts.id,
    name: facts.name,
    unsure: facts.unsure ?? null,
    places: async (machine) => facts.places(machine),
    projectPlaces: async (project, machine) => [
      ...(facts.inProject ?? []).map(({ file, of }) => projectPlace(project, { ...of, path: join(machine, project, ...file.split("/")) })),
      ...((await facts.projectPlaces?.(project, machine)) ?? []),
    ],
    ...(facts.projects === undefined ? {} : { projects: facts.projects }),
    ...(facts.applies === undefined ? {} : { applies: facts.applies }),
    entry: typeof shape === "function" ? shape : () => shape,
    restart: facts.restart ?? null,
    processes: facts.processes,
    placeholders: facts.placeholders ?? [],
    copies: facts.copies ?? (() => []),
  };
}

/** How clients spell what they fill in themselves. Without flags: whoever searches adds them. */
export const placeholders = {
  /** `${NAME}` */
  braces: /\$\{[A-Za-z_][A-Za-z0-9_]*\}/,
  /** `${NAME:-default}` */
  bracesDefault: /\$\{[A-Za-z_][A-Za-z0-9_]*:-[^{}]*\}/,
  /** `$NAME` */
  dollar: /\$[A-Za-z_][A-Za-z0-9_]*/,
  /** `${env:NAME}` */
  env: /\$\{env:[^{}]*\}/,
  /** `${file:/path}` */
  file: /\$\{file:[^{}]*\}/,
  /** VS Code's: `${workspaceFolder}`, `${userHome}`, `${input:id}`, `${config:x}`, `${command:x}`, `${/}` */
  editor: /\$\{(?:(?:input|env|config|command):[^{}]*|workspaceFolder(?:Basename)?(?::[^{}]*)?|userHome|cwd|pathSeparator|\/)\}/,
} as const;
