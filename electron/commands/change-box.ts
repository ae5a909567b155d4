import type { Result } from "../../shared/errors.ts";
import type { AcceptanceChange, Limits, ServerView } from "../../shared/model/server.ts";
import { limitsText } from "../../shared/policy/limits-text.ts";
import { boxWarnings } from "../sandbox/explain.ts";
import type { AppClient } from "./app-client.ts";
import { accept, isAgreed, settle, showConsent } from "./consent.ts";
import type { ConsentOptions } from "./consent.ts";
import { homeOf, report } from "./context.ts";
import type { Context, Status } from "./context.ts";
import { withServer } from "./servers.ts";

// A box is changed only after the person has seen the server with it and said yes: a no, Ctrl+C or a terminal that goes away leaves
// config.json as it was. What the app then makes of the change must be what was shown, or it is shown and asked again.

/** What a box opens, as it is written. */
interface Box {
  readonly read: string[];
  readonly write: string[];
  readonly hosts: string[];
  readonly limits: Limits;
  readonly waived: boolean;
}

interface BoxChange {
  /** The box that is wanted, from the one that is there. */
  box(before: Box): Box;
  /** Writes it; what it was before is put back by the same. */
  write(app: AppClient, box: Box): Promise<Result<ServerView>>;
}

/** Shows the server as it would be, asks, and only then changes and accepts it. With `--yes` nobody is asked. */
export async function changeBox(context: Context, name: string, options: ConsentOptions, change: BoxChange): Promise<Status> {
  const { terminal } = context;
  const unchanged = (reason: string): Status => {
    terminal.note(reason);
    return 1;
  };
  if (options.yes !== true && !terminal.interactive) {
    const message = "nobody can be asked here, so nothing was changed";
    return report(context, { code: "not-allowed", message, hint: "Add --yes to do it without a question." });
  }
  return withServer(context, name, async (view, app) => {
    const before = boxOf(view);
    const wanted = change.box(before);
    const shown = preview(view, before, wanted, homeOf(context));
    if (options.yes !== true) {
      showConsent(context, shown);
      if (!(await isAgreed(context, name))) return unchanged("Nothing was changed.");
      const state = await app.call("state.get", undefined);
      if (!state.ok) return report(context, state.error);
      const now = state.value.snapshot.servers.find((server) => server.name === name);
      if (now?.fingerprint !== view.fingerprint) return unchanged(`Nothing was changed: ${name} is not as it was shown any more.`);
    }
    const changed = await change.write(app, wanted);
    if (!changed.ok) return report(context, changed.error);
    if (options.yes !== true && isAsShown(changed.value, shown)) return accept(context, app, changed.value, options);
    return settle(context, app, changed.value, options, async () => {
      const undone = await change.write(app, before);
      return undone.ok ? unchanged("Nothing was changed.") : report(context, undone.error);
    });
  });
}

function boxOf({ sandbox }: ServerView): Box {
  const { read, write, hosts, limits = {}, kind } = sandbox;
  return { read: [...read], write: [...write], hosts: [...hosts], limits, waived: kind === "waived" };
}

/** The server as it would be shown after the change. Whether such a box can be had here only the app knows. */
function preview(view: ServerView, before: Box, { waived, limits, ...lists }: Box, home: string): ServerView {
  const kind = waived ? "waived" : view.sandbox.kind === "waived" ? "boxed" : view.sandbox.kind;
  const old = boxWarnings(before, view.command, home);
  const changes: AcceptanceChange[] = (["read", "write", "hosts"] as const)
    .map((key) => ({ field: `sandbox.${key}`, before: listText(before[key]), after: listText(lists[key]) }))
    .filter((change) => change.before !== change.after);
  if (limitsText(before.limits) !== limitsText(limits)) {
    changes.push({ field: "sandbox.limits", before: limitsText(before.limits), after: limitsText(limits) });
  }
  if (before.waived !== waived) changes.push({ field: "sandbox.waived", before: boxedText(before.waived), after: boxedText(waived) });
  const others = otherChanges(view);
  return {
    ...view,
    sandbox: {
      ...lists,
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
      kind,
      reason: kind === "cannot-box" ? view.sandbox.reason : null,
    },
    state: view.state.kind === "new" ? view.state : { kind: "changed", changes: [...others, ...changes] },
    warnings: [...view.warnings.filter((warning) => !old.includes(warning)), ...boxWarnings({ ...lists, waived }, view.command, home)],
  };
}

const listText = (items: readonly string[]): string | null => (items.length === 0 ? null : JSON.stringify(items));
const boxedText = (waived: boolean): string => (waived ? "no sandbox" : "boxed");

/** What differs from what was accepted beside what a box opens. */
function otherChanges({ state }: ServerView): readonly AcceptanceChange[] {
  return state.kind === "changed" ? state.changes.filter(({ field }) => !/^sandbox\.(?:read|write|hosts|limits|waived)$/.test(field)) : [];
}

function isAsShown(view: ServerView, shown: ServerView): boolean {
  const facts = (of: ServerView): string =>
    JSON.stringify([of.command, of.args, of.env, of.cwd, of.sandbox.kind, boxOf(of), [...of.warnings].sort(), otherChanges(of)]);
  return facts(view) === facts(shown);
}
