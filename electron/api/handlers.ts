import { fail, ok, type Result } from "../../shared/errors.ts";
import type { Opened } from "../../shared/ipc/contract.ts";
import type { JournalDraft, JournalPage, JournalQuery, JournalRecord } from "../../shared/model/journal-entry.ts";
import { viewSettings, type SettingsPatch } from "../../shared/model/settings.ts";
import type { Check } from "../../shared/model/snapshot.ts";
import type { Approvals } from "../gate/approvals.ts";
import type { Rules } from "../gate/rules.ts";
import type { Journal } from "../journal/journal.ts";
import type { Registry } from "../servers/registry.ts";
import { noServer } from "../servers/server-changes.ts";
import type { SettingsStore } from "../settings/settings-store.ts";
import type { Publisher } from "../state/publisher.ts";
import { unfitValue } from "../vault/secret-value.ts";
import type { Vault } from "../vault/vault.ts";
import type { Handlers } from "./dispatch.ts";

/** What the handlers act on: the owners of the truth, and the few things that only the composition root can do. */
export interface HandlerPorts {
  readonly publisher: Publisher;
  readonly approvals: Approvals;
  readonly rules: Rules;
  readonly registry: Registry;
  readonly vault: Vault;
  readonly journal: Journal;
  readonly settings: SettingsStore;
  /** Journals a change by a person; a journal that cannot be written refuses the change. */
  record(draft: JournalDraft): Result<void>;
  setPaused(paused: boolean): Promise<Result<void>>;
  exportRecords(format: "jsonl" | "csv", records: readonly JournalRecord[]): string;
  /** Puts a journal with a fault aside; a new one begins at the next start. */
  archiveJournal(): Promise<Result<{ file: string; anchored: boolean }>>;
  doctor(): Promise<readonly Check[]>;
  open(screen: string | undefined): Promise<Opened>;
  quit(): void;
}

/** An export is one text in the memory of two processes; what is larger is written by the command line, piece by piece. */
const mostExported = 10_000;
const mostExportedBytes = 32 << 20;
/** Of a page. Details may be long, and every surface bounds what it queues for a reader that is slow. */
const mostPageBytes = 4 << 20;

/** The contract's handlers over the ports. Everything that changes something is in the journal before it happens. */
export function createHandlers(ports: HandlerPorts): Omit<Handlers, `migration.${string}`> {
  const { approvals, journal, publisher, registry, rules, settings, vault } = ports;

  /** Records first; the change happens only if that worked. A change that is then refused is on record as that, too. */
  const recorded = async <T>(draft: JournalDraft, change: () => Result<T> | Promise<Result<T>>): Promise<Result<T>> => {
    const written = ports.record(draft);
    if (!written.ok) return written;
    const changed = await change();
    if (!changed.ok) ports.record({ ...draft, outcome: "refused", detail: { ...draft.detail, reason: changed.error.message } });
    return changed;
  };

  /** Oldest first; null when they are too many or too large for one answer. */
  const exported = async (query: {
    readonly [K in keyof JournalQuery]?: JournalQuery[K] | undefined;
  }): Promise<readonly JournalRecord[] | null> => {
    const records: JournalRecord[] = [];
    let bytes = 0;
    let before = query.before;
    for (;;) {
      const page = await journal.page({ ...query, limit: 500, ...(before === undefined ? {} : { before }) });
      records.push(...page.records);
      for (const record of page.records) bytes += sizeOf(record);
      if (records.length > mostExported || bytes > mostExportedBytes) return null;
      before = page.records.at(-1)?.seq;
      if (!page.more || before === undefined) return records.toReversed();
    }
  };

  const isListed = (name: string): boolean => vault.list().some((secret) => secret.name === name);

  return {
    "state.get": () => ok(publisher.snapshot()),

    "approval.get": ({ id }) => approvals.detail(id),
    "approval.answer": (answer) => done(approvals.answer(answer)),
    "approval.denyAll": ({ server }) => ok({ denied: approvals.denyAll("person", server) }),

    "rule.add": (draft) => rules.add(draft),
    "rule.remove": async ({ id }) => done(await rules.remove(id)),
    "rule.restore": ({ id }) => rules.restore(id),

    "server.add": ({ name, settings: added, accept }) => registry.add(name, added, accept),
    "server.edit": ({ name, edit }) => registry.edit(name, edit),
    "server.remove": async ({ name }) => done(await registry.remove(name)),
    "server.restore": ({ name }) => registry.restore(name),
    "server.accept": ({ name, fingerprint }) => registry.accept(name, fingerprint),
    "server.setDisabled": ({ name, disabled }) => registry.setDisabled(name, disabled),
    "server.waive": ({ name, waived }) => registry.waive(name, waived),
    "server.setSandbox": ({ name, sandbox }) => registry.setSandbox(name, sandbox),
    "server.start": async ({ name }) => {
      const inspected = await registry.inspect(name);
      if (!inspected.ok) return inspected;
      const view = registry.get(name);
      return view === undefined ? noServer(name) : ok(view);
    },
    "server.stop": async ({ name }) => {
      if (registry.get(name) === undefined) return noServer(name);
      await registry.stop(name);
      return ok(undefined);
    },
    "server.tools": async ({ name }) => {
      const inspected = await registry.inspect(name);
      return inspected.ok ? ok([...inspected.value]) : inspected;
    },
    "server.knownTools": ({ name }) => {
      if (registry.get(name) === undefined) return noServer(name);
      const tools = registry.tools(name);
      return ok(tools === null ? null : [...tools]);
    },
    "server.log": async ({ name, lines }) => {
      if (registry.get(name) === undefined) return noServer(name);
      return ok([...(await registry.log(name, lines))]);
    },
    "server.explain": ({ name }) => registry.explain(name),

    "secret.put": async ({ name, value }) => {
      const unfit = unfitValue(value);
      if (unfit !== undefined) return fail("bad-input", unfit);
      const replaced = isListed(name);
      const stored = await recorded({ kind: "secret-stored", by: "person", detail: { name } }, () => vault.put(name, value));
      return stored.ok ? ok({ replaced }) : stored;
    },
    "secret.delete": async ({ name }) => {
      if (!isListed(name)) return fail("not-found", `There is no secret ${name}.`, "portcullis secret list shows them.");
      return done(await recorded({ kind: "secret-deleted", by: "person", detail: { name } }, () => vault.delete(name)));
    },
    "secret.restore": async ({ name }) =>
      done(await recorded({ kind: "secret-stored", by: "person", detail: { name, change: "put back" } }, () => vault.restore(name))),
    "vault.unlock": async ({ passphrase }) => {
      const unlocked = await vault.unlock(passphrase);
      return unlocked.ok ? ok(vault.status()) : unlocked;
    },
    "vault.choose": async ({ store, passphrase }) => {
      if (store === "file" && passphrase === undefined) return fail("bad-input", "The encrypted file needs a passphrase.");
      const chosen = await recorded({ kind: "settings-changed", by: "person", detail: { "vault.store": store } }, () =>
        vault.choose(store, passphrase),
      );
      return chosen.ok ? ok(vault.status()) : chosen;
    },
    "vault.file": async () => ok({ exists: await vault.fileExists() }),
    "vault.changePassphrase": async ({ current, next }) =>
      done(
        await recorded({ kind: "settings-changed", by: "person", detail: { "vault.passphrase": "changed" } }, () =>
          vault.changePassphrase(current, next),
        ),
      ),

    "journal.page": async (query) => ok(boundedPage(await journal.page(query))),
    "journal.verify": async () => ok(await journal.verify()),
    "journal.export": async ({ format, query }) => {
      const records = await exported(query);
      if (records === null) {
        return fail(
          "too-large",
          "These are more records than can be handed over at once. Nothing was exported.",
          "Narrow the filters, or export with `portcullis journal export`, which has no such bound.",
        );
      }
      const note: JournalDraft = { kind: "journal-exported", by: "person", detail: { format } };
      return recorded(note, () => ok({ text: ports.exportRecords(format, records), records: records.length }));
    },
    "journal.noteExport": async ({ format }) =>
      done(await recorded({ kind: "journal-exported", by: "person", detail: { format } }, () => ok(undefined))),
    "journal.archive": () => ports.archiveJournal(),

    "gate.pause": async () => done(await ports.setPaused(true)),
    "gate.resume": async () => done(await ports.setPaused(false)),
    "settings.update": async (patch) => {
      const changed = await recorded({ kind: "settings-changed", by: "person", detail: { ...patch } }, () =>
        settings.edit(settingsChanges(patch)),
      );
      return changed.ok ? ok(viewSettings(changed.value)) : changed;
    },
    "doctor.run": async () => ok([...(await ports.doctor())]),

    "app.open": async ({ screen }) => ok(await ports.open(screen)),
    "app.quit": () => {
      // After the answer is on its way.
      setTimeout(() => ports.quit(), 50);
      return ok(undefined);
    },
    // The surface that owns windows answers this itself, before the dispatcher.
    "view.resize": () => fail("not-allowed", "There is no approval window here to resize."),
  };
}

/** As many of a page's records as fit, and at least one. */
function boundedPage(page: JournalPage): JournalPage {
  let bytes = 0;
  const fits = page.records.findIndex((record, index) => (bytes += sizeOf(record)) > mostPageBytes && index > 0);
  return fits === -1 ? page : { records: page.records.slice(0, fits), more: true };
}

/** Characters of its JSON. */
function sizeOf(record: JournalRecord): number {
  return JSON.stringify(record).length;
}

const settingsPaths = {
  defaultEffect: ["gate", "default"],
  deadlineSeconds: ["gate", "deadlineSeconds"],
  maxPendingPerServer: ["gate", "maxPendingPerServer"],
  theme: ["desktop", "theme"],
  focusApprovals: ["desktop", "focusApprovals"],
  notify: ["desktop", "notify"],
} as const satisfies Record<keyof SettingsPatch, readonly string[]>;

function settingsChanges(patch: SettingsPatch): { path: readonly string[]; value: unknown }[] {
  return Object.entries(patch).map(([key, value]) => ({ path: settingsPaths[key as keyof SettingsPatch], value }));
}

/** A result whose value is of no interest to the caller. */
function done(result: Result<unknown>): Result<undefined> {
  return result.ok ? ok(undefined) : result;
}
