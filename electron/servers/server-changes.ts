import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { knownLimits } from "../../shared/model/limits.ts";
import type { ServerSettings, ServerView } from "../../shared/model/server.ts";
import type { SettingsStore } from "../settings/settings-store.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import type { Acceptances } from "./acceptances.ts";
import { editServer, settingsChanges } from "./edit-server.ts";
import type { SettingsChange } from "./edit-server.ts";
import { record } from "./launch.ts";
import type { LaunchDeps } from "./launch.ts";
import type { Registry } from "./registry.ts";
import { sameSettings, stopInstances } from "./server-entries.ts";
import type { Entries } from "./server-entries.ts";
import { keepsPackage, packageOf } from "./standing.ts";
import type { Standing } from "./standing.ts";

export interface ServerChangesDeps extends Pick<LaunchDeps, "record" | "now"> {
  readonly settings: Pick<SettingsStore, "edit">;
  readonly redactor: () => Redactor;
  readonly stateDir: string;
  readonly entries: Entries;
  readonly acceptances: Acceptances;
  readonly changed: () => void;
}

/** So many removed servers can be put back. */
const mostRemoved = 50;

/** What the person does to servers. Each is in the journal before it is done, and only `accept` (or `add` with `accept`) accepts anything. */
export function createServerChanges(
  deps: ServerChangesDeps,
): Pick<Registry, "add" | "edit" | "remove" | "restore" | "accept" | "setDisabled" | "waive" | "setSandbox"> {
  const { entries, acceptances, changed } = deps;
  const { configured, refresh } = entries;
  /** What can be put back, with where its private folder is: here and not with who asks, who never sees its environment. */
  const removed = new Map<string, { readonly settings: ServerSettings; readonly aside: string }>();
  /** What the last edit of servers that are there has made of them, and the way back. */
  const edited = new Map<string, { readonly after: ServerSettings; readonly back: readonly SettingsChange[] }>();
  const turns = new Map<string, Promise<unknown>>();

  /** The changes of one server come one after the other: each is made of what the one before it has left. */
  async function inTurn<T>(name: string, change: () => Promise<T>): Promise<T> {
    const mine = (turns.get(name) ?? Promise.resolve()).then(change, change);
    turns.set(name, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(name) === mine) turns.delete(name);
    }
  }

  async function viewAfter(name: string): Promise<Result<ServerView>> {
    await refresh(name);
    changed();
    const shown = entries.view(name);
    return shown === undefined ? noServer(name) : ok(shown);
  }

  const stateOf = (name: string): string => path.join(deps.stateDir, name);

  async function write(name: string, changes: readonly SettingsChange[], what: Record<string, unknown>): Promise<Result<void>> {
    const written = record(deps, { kind: "settings-changed", server: name, by: "person", detail: what });
    if (!written.ok) return written;
    const saved = await deps.settings.edit(changes.map(({ tail, value }) => ({ path: ["mcpServers", name, ...tail], value })));
    return saved.ok ? ok(undefined) : saved;
  }

  async function writeAndStop(
    name: string,
    changes: readonly SettingsChange[],
    what: Record<string, unknown>,
  ): Promise<Result<ServerView>> {
    if (configured(name) === undefined) return noServer(name);
    const written = await write(name, changes, what);
    return written.ok ? stopAndView(name) : written;
  }

  async function stopAndView(name: string): Promise<Result<ServerView>> {
    const entry = entries.get(name);
    if (entry !== undefined) await stopInstances(entry);
    return viewAfter(name);
  }

  async function acceptNow(name: string, standing: Standing): Promise<Result<void>> {
    const command = deps.redactor().text([standing.settings.command, ...(standing.settings.args ?? [])].join(" "));
    const written = record(deps, {
      kind: "server-accepted",
      server: name,
      by: "person",
      detail: { fingerprint: standing.fingerprint, command },
    });
    if (!written.ok) return written;
    const kept = keepsPackage(standing.accepted, standing.subject);
    const installed = standing.installed?.ok === true ? packageOf(standing.installed.value) : kept;
    return acceptances.set(name, { subject: standing.subject, package: kept === null ? null : installed, acceptedAt: deps.now() });
  }

  const changes: ReturnType<typeof createServerChanges> = {
    async add(name, settings, accept) {
      if (configured(name) !== undefined) return nameTaken(name);
      // A name that was taken out of the file by hand starts without what was accepted for it then.
      const cleared = await acceptances.remove(name);
      if (!cleared.ok) return cleared;
      edited.delete(name);
      const added = await write(name, [{ tail: [], value: settings }], { change: "added" });
      if (!added.ok) return added;
      const standing = await refresh(name);
      if (standing === undefined) return noServer(name);
      if (accept) {
        const accepted = await acceptNow(name, standing);
        if (!accepted.ok) return accepted;
      }
      return viewAfter(name);
    },

    async edit(name, change) {
      const before = configured(name);
      if (before === undefined) return noServer(name);
      const next = editServer(before, change, (text) => deps.redactor().text(text));
      if (!next.ok) return next;
      const { settings, fields } = next.value;
      if (fields.length === 0) {
        // Whoever takes this one back does not mean the one before.
        edited.set(name, { after: before, back: [] });
        return viewAfter(name);
      }
      const written = await write(name, settingsChanges(before, settings), { change: "edited", fields });
      if (!written.ok) return written;
      // As it is read from the file, whatever the order of its keys there.
      const after = configured(name);
      if (after !== undefined) edited.set(name, { after, back: settingsChanges(settings, before) });
      return stopAndView(name);
    },

    async remove(name) {
      const settings = configured(name);
      if (settings === undefined) return noServer(name);
      const gone = await write(name, [{ tail: [], value: undefined }], { change: "removed" });
      if (!gone.ok) return gone;
      edited.delete(name);
      await entries.forget(name);
      const aside = `${stateOf(name)}.removed-${deps.now()}`;
      await moveFolder(stateOf(name), aside);
      removed.delete(name);
      removed.set(name, { settings, aside });
      for (const oldest of [...removed.keys()].slice(0, -mostRemoved)) removed.delete(oldest);
      const forgotten = await acceptances.remove(name);
      changed();
      return forgotten;
    },

    async restore(name) {
      const earlier = edited.get(name);
      if (earlier !== undefined && configured(name) !== undefined) {
        // What was done to it since would be lost.
        if (!sameSettings(configured(name), earlier.after))
          return fail("not-found", `The server "${name}" was changed again since.`, "Edit it again.");
        const back = earlier.back.length === 0 ? await viewAfter(name) : await writeAndStop(name, earlier.back, { change: "put back" });
        if (back.ok) edited.delete(name);
        return back;
      }
      const kept = removed.get(name);
      if (kept === undefined)
        return fail("not-found", `No server named "${name}" was removed or edited since Portcullis was started.`, "Add or edit it again.");
      if (configured(name) !== undefined) return nameTaken(name);
      const back = await write(name, [{ tail: [], value: kept.settings }], { change: "put back" });
      if (!back.ok) return back;
      removed.delete(name);
      await moveFolder(kept.aside, stateOf(name));
      return viewAfter(name);
    },

    async accept(name, fingerprint) {
      const standing = await refresh(name);
      if (standing === undefined) return noServer(name);
      if (standing.fingerprint !== fingerprint) {
        changed();
        return fail("not-accepted", `The server "${name}" is not as it was shown any more, so it was not accepted.`, "Look at it again.");
      }
      const accepted = await acceptNow(name, standing);
      if (!accepted.ok) return accepted;
      entries.of(name).failed = null;
      return viewAfter(name);
    },

    setDisabled: (name, disabled) =>
      writeAndStop(name, [{ tail: ["disabled"], value: disabled ? true : undefined }], { change: disabled ? "disabled" : "enabled" }),

    setSandbox(name, opens) {
      // Keys that this version does not know, and the waiver, are the file's own.
      const before = configured(name)?.sandbox ?? {};
      const kept = Object.entries(before).filter(([key]) => !sandboxOpenings.has(key) && (key !== "limits" || opens.limits === undefined));
      const { limits, ...lists } = opens;
      const known = knownLimits(before.limits);
      const others = Object.entries(before.limits ?? {}).filter(([key]) => !Object.hasOwn(known, key));
      const limited = limits === undefined ? {} : { ...Object.fromEntries(others), ...knownLimits(limits) };
      const next = { ...Object.fromEntries(kept), ...lists, ...(Object.keys(limited).length === 0 ? {} : { limits: limited }) };
      const value = Object.keys(next).length === 0 ? undefined : next;
      return writeAndStop(name, [{ tail: ["sandbox"], value }], { change: "sandbox changed" });
    },

    waive: (name, waived) =>
      writeAndStop(name, [{ tail: ["sandbox", "waived"], value: waived ? true : undefined }], {
        change: waived ? "sandbox waived" : "sandbox restored",
      }),
  };
  return {
    add: (name, settings, accept) => inTurn(name, () => changes.add(name, settings, accept)),
    edit: (name, change) => inTurn(name, () => changes.edit(name, change)),
    remove: (name) => inTurn(name, () => changes.remove(name)),
    restore: (name) => inTurn(name, () => changes.restore(name)),
    accept: (name, fingerprint) => inTurn(name, () => changes.accept(name, fingerprint)),
    setDisabled: (name, disabled) => inTurn(name, () => changes.setDisabled(name, disabled)),
    waive: (name, waived) => inTurn(name, () => changes.waive(name, waived)),
    setSandbox: (name, opens) => inTurn(name, () => changes.setSandbox(name, opens)),
  };
}

/** The keys of `sandbox` that open something. Limits that are not named stay as they are. */
const sandboxOpenings: ReadonlySet<string> = new Set(["read", "write", "hosts"]);

export function noServer(name: string): ReturnType<typeof fail> {
  return fail("not-found", `There is no server named "${name}".`, "portcullis server list shows them.");
}

function nameTaken(name: string): ReturnType<typeof fail> {
  return fail("already-exists", `There already is a server named "${name}".`, "portcullis server list shows them.");
}

/** A removed server's private folder is kept, but not given to another server that gets its name. There is none before a first start. */
async function moveFolder(from: string, to: string): Promise<void> {
  await fs.rename(from, to).catch(() => undefined);
}
