import { createStore, type StoreApi } from "zustand/vanilla";
import type { AppError } from "../../shared/errors.ts";
import type { Migration, MigrationStep, Plan, PlannedServer, Scan } from "../../shared/model/migration.ts";
import type { SandboxSettings } from "../../shared/model/server.ts";
import type { Api } from "../api.ts";
import { messages } from "../messages.ts";
import { firstChoice, keptChoice, namedSandboxes, openInstead, selectionOf, takeAlong, tick, type Choice } from "./choice.ts";
import type { WizardStep } from "./steps.ts";

/**
 * What is shown in the review is always the app's own plan for the choice as it is; while a newer one is on its way nothing can be applied.
 */
export interface WizardState {
  readonly step: WizardStep;
  /** Only this client's files (its id), or null. */
  readonly client: string | null;
  /** Projects that the person named. */
  readonly folders: readonly string[];
  readonly scan: Scan | null;
  readonly choice: Choice;
  readonly plan: Plan | null;
  readonly planning: boolean;
  /** What went wrong in this step, or why there is nothing to do. */
  readonly problem: AppError | null;
  /** What is being done, by kind; what has no entry has not begun. */
  readonly progress: Partial<Record<MigrationStep["kind"], MigrationStep>>;
  readonly migration: Migration | null;
  readonly undoing: boolean;
}

export interface Wizard {
  readonly store: StoreApi<WizardState>;
  /** Comes to the wizard: what was begun for this client goes on, anything else begins. */
  open(client: string | null): Promise<void>;
  /** Looks anew, unless an apply is under way. What was chosen for the same client is kept. */
  begin(client: string | null): Promise<void>;
  /** Looks again, in this project, too. */
  lookIn(folder: string): Promise<void>;
  review(): void;
  /** Back from the review to what was found. */
  back(): void;
  tick(ids: readonly string[], on: boolean): void;
  takeAlong(names: readonly string[], on: boolean): void;
  openInstead(server: PlannedServer, sandbox: SandboxSettings | null): void;
  /** Whether what git shares with others moves, too. */
  takeShared(on: boolean): void;
  apply(): Promise<void>;
  undo(): Promise<void>;
  /** Follows the app's progress until the answer is called. */
  follow(): () => void;
}

const noChoice: Choice = { ticked: new Set(), left: new Set(), sandboxes: new Map(), shared: false };

const empty: WizardState = {
  step: "look",
  client: null,
  folders: [],
  scan: null,
  choice: noChoice,
  plan: null,
  planning: false,
  problem: null,
  progress: {},
  migration: null,
  undoing: false,
};

/** A changed name of a changed sandbox is asked for again at most so often. */
const mostPlans = 3;

export function createWizard(api: Pick<Api, "call" | "on">): Wizard {
  const store = createStore<WizardState>(() => empty);
  const get = store.getState;
  const set = store.setState;
  let looks = 0;
  /** What the choice was made of. */
  let chosenFrom: Scan | null = null;
  let planner: Promise<void> | null = null;
  let stale = false;

  const look = async (): Promise<void> => {
    looks += 1;
    const mine = looks;
    set({ step: "look", scan: null, plan: null, problem: null, progress: {}, migration: null });
    const scanned = await api.call("migration.scan", { folders: [...get().folders] });
    if (mine !== looks) return;
    if (!scanned.ok) set({ step: "found", problem: scanned.error });
    else {
      const scan = scanned.value;
      const choice = chosenFrom === null ? firstChoice(scan) : keptChoice(get().choice, chosenFrom, scan);
      chosenFrom = scan;
      set({ step: "found", scan, choice, problem: null });
    }
  };

  const planOnce = async (): Promise<void> => {
    const { scan } = get();
    if (scan === null) return;
    let named = namedSandboxes(get().choice, get().plan);
    for (let tries = 1; ; tries += 1) {
      const { choice, client, folders } = get();
      const selection = selectionOf(choice, scan, { client, folders }, named);
      if (selection === null) return set({ plan: null, problem: { code: "not-found", message: messages.migration.review.nothingChosen } });
      const planned = await api.call("migration.plan", selection);
      if (stale || get().scan !== scan) return;
      if (!planned.ok) return set({ plan: null, problem: planned.error });
      set({ plan: planned.value, problem: null });
      const now = namedSandboxes(get().choice, planned.value);
      if (JSON.stringify(now) === JSON.stringify(named) || tries === mostPlans) return;
      named = now;
    }
  };

  /** One at a time; what changes meanwhile makes another one. */
  const replan = (): void => {
    stale = true;
    set({ planning: true });
    planner ??= (async () => {
      while (stale) {
        stale = false;
        await planOnce();
      }
    })().finally(() => {
      planner = null;
      if (stale) replan();
      else set({ planning: false });
    });
  };

  const choose = (choice: Choice): void => {
    set({ choice });
    replan();
  };

  const begin = async (client: string | null): Promise<void> => {
    const { step, client: last, folders, choice } = get();
    if (step === "apply") return;
    if (client !== last) chosenFrom = null;
    set({ ...empty, client, ...(client === last ? { folders, choice } : {}) });
    await look();
  };

  return {
    store,
    begin,

    async open(client) {
      const { step, scan, client: last } = get();
      if (scan === null || step === "done" || client !== last) await begin(client);
    },

    async lookIn(folder) {
      set(({ folders }) => ({ folders: [...new Set([...folders, folder])] }));
      await look();
    },

    review() {
      if (get().scan === null) return;
      set({ step: "review", problem: null });
      replan();
    },

    back: () => set({ step: "found", problem: null }),

    tick(ids, on) {
      const { scan, choice } = get();
      if (scan !== null) choose(tick(choice, scan, ids, on));
    },

    takeAlong: (names, on) => choose(takeAlong(get().choice, names, on)),

    openInstead: (server, sandbox) => choose(openInstead(get().choice, server, sandbox)),

    takeShared: (shared) => choose({ ...get().choice, shared }),

    async apply() {
      const { plan, planning, step } = get();
      if (plan === null || planning || step !== "review") return;
      set({ step: "apply", progress: {}, problem: null });
      const applied = await api.call("migration.apply", { plan: plan.id });
      if (applied.ok) {
        set({ step: "done", migration: applied.value });
        return;
      }
      replan();
      await planner;
      // After the new plan, which would have taken the words away.
      set({ step: "review", problem: applied.error });
    },

    async undo() {
      const { migration, undoing } = get();
      if (migration === null || undoing) return;
      set({ undoing: true, problem: null, progress: {} });
      const undone = await api.call("migration.undo", { migration: migration.id });
      if (undone.ok) set({ migration: undone.value, undoing: false });
      else set({ problem: undone.error, undoing: false });
    },

    follow: () =>
      api.on("migration.progressed", ({ step }) => {
        if (step !== null) set(({ progress }) => ({ progress: { ...progress, [step.kind]: step } }));
      }),
  };
}
