import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { ServerSettings, ServerView } from "../../shared/model/server.ts";
import type { SettingsStore } from "../settings/settings-store.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import type { Acceptances } from "./acceptances.ts";
import { knownLimits } from "./acceptance.ts";
import { editServer } from "./edit-server.ts";
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
  /** What servers that are there were before their last edit, and what came of it. */
  const edited = new Map<string, { readonly before: ServerSettings; readonly after: ServerSettings }>();

  async function viewAfter(name: string): Promise<Result<ServerView>> {
    await refresh(name);
    changed();
    const shown = entries.view(name);
    return shown === undefined ? noServer(name) : ok(shown);
  }

  const stateOf = (name: string): string => path.join(deps.stateDir, name);

  async function write(name: string, tail: readonly string[], value: unknown, what: Record<string, unknown>): Promise<Result<void>> {
    const written = record(deps, { kind: "settings-changed", server: name, by: "person", detail: what });
    if (!written.ok) return written;
    const saved = await deps.settings.edit([{ path: ["mcpServers", name, ...tail], value }]);
    return saved.ok ? ok(undefined) : saved;
  }

  async function writeAndStop(
    name: string,
    tail: readonly string[],
    value: unknown,
    what: Record<string, unknown>,
  ): Promise<Result<ServerView>> {
    if (configured(name) === undefined) return noServer(name);
    const written = await write(name, tail, value, what);
    if (!written.ok) return written;
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

  return {
    async add(name, settings, accept) {
      if (configured(name) !== undefined) return nameTaken(name);
      // A name that was taken out of the file by hand starts without what was accepted for it then.
      const cleared = await acceptances.remove(name);
      if (!cleared.ok) return cleared;
      edited.delete(name);
      const added = await write(name, [], settings, { change: "added" });
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
      if (fields.length === 0) return viewAfter(name);
      const changed = await writeAndStop(name, [], settings, { change: "edited", fields });
      if (changed.ok) edited.set(name, { before, after: settings });
      return changed;
    },

    async remove(name) {
      const settings = configured(name);
      if (settings === undefined) return noServer(name);
      const gone = await write(name, [], undefined, { change: "removed" });
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
        const back = await writeAndStop(name, [], earlier.before, { change: "put back" });
        if (back.ok) edited.delete(name);
        return back;
      }
      const kept = removed.get(name);
      if (kept === undefined)
        return fail("not-found", `No server named "${name}" was removed or edited since Portcullis was started.`, "Add or edit it again.");
      if (configured(name) !== undefined) return nameTaken(name);
      const back = await write(name, [], kept.settings, { change: "put back" });
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
      writeAndStop(name, ["disabled"], disabled ? true : undefined, { change: disabled ? "disabled" : "enabled" }),

    setSandbox(name, opens) {
      // Keys that this version does not know, and the waiver, are the file's own.
      const before = configured(name)?.sandbox ?? {};
      const kept = Object.entries(before).filter(([key]) => !sandboxOpenings.has(key) && (key !== "limits" || opens.limits === undefined));
      const { limits, ...lists } = opens;
      const known = knownLimits(before.limits);
      const others = Object.entries(before.limits ?? {}).filter(([key]) => !Object.hasOwn(known, key));
      const limited = limits === undefined ? {} : { ...Object.fromEntries(others), ...knownLimits(limits) };
      const next = { ...Object.fromEntries(kept), ...lists, ...(Object.keys(limited).length === 0 ? {} : { limits: limited }) };
      return writeAndStop(name, ["sandbox"], Object.keys(next).length === 0 ? undefined : next, { change: "sandbox changed" });
    },

    waive: (name, waived) =>
      writeAndStop(name, ["sandbox", "waived"], waived ? true : undefined, { change: waived ? "sandbox waived" : "sandbox restored" }),
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
