import fs from "node:fs/promises";
import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { JournalDraft } from "../../shared/model/journal-entry.ts";
import { ruleSchema } from "../../shared/model/rule.ts";
import type { Rule } from "../../shared/model/rule.ts";
import { holds } from "../../shared/policy/match.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import type { Rules } from "./rules.ts";

// `rules.json`. Fails closed: a file that cannot be read is reported, never overwritten, and nothing is allowed by it; a lasting allow
// counts only once it is on disk, a deny from the moment it is given. A rule with a condition that this version does not know
// cannot be applied as it was meant, so an allow of that kind is left out. No rule goes without a record, and what was recorded and could
// not be written is on record as refused, too.

export interface RulesDeps {
  readonly file: string;
  now(): number;
  newId(): string;
  /** Journals what was added and removed. @throws when the journal cannot be written: the rule is then not made */
  record(draft: JournalDraft): void;
}

const fileSchema = z.looseObject({ version: z.literal(1), rules: z.array(ruleSchema) });
const knownKeys = new Set(Object.keys(ruleSchema.shape));
const mostRules = 10_000;
/** So many removed rules can be put back. */
const mostRemoved = 100;
/** An expired rule is not in force, but stays this long: a clock that is wrong for a while must not cost a deny. */
const keptExpiredMs = 30 * 24 * 3_600_000;

export async function createRules(deps: RulesDeps): Promise<Rules> {
  const loaded = await load(deps.file);
  const problem: string | null = loaded.ok ? null : loaded.error.message;
  let lasting: readonly Rule[] = loaded.ok ? loaded.value : [];
  let ofSessions: readonly Rule[] = [];
  let waitingDenials: readonly Rule[] = [];
  let removed: readonly Rule[] = [];
  let writing: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const listeners = new Set<() => void>();

  // Read for every call, so it is put together only when something has changed or expired, or the clock was set back.
  let listed: { readonly rules: readonly Rule[]; readonly from: number; readonly until: number } | null = null;
  const list = (): readonly Rule[] => {
    const now = deps.now();
    if (listed !== null && now >= listed.from && now < listed.until) return listed.rules;
    const rules = [...waitingDenials, ...ofSessions, ...lasting.filter(canApply)].filter((rule) => holds(rule, now));
    listed = { rules, from: now, until: Math.min(...rules.map((rule) => rule.expiresAt ?? Infinity), Infinity) };
    return rules;
  };

  const changed = (): void => {
    listed = null;
    armExpiry();
    for (const listener of listeners) listener();
  };

  /** The rule list shows an expired rule gone when it goes, not at the next change. */
  const armExpiry = (): void => {
    clearTimeout(timer);
    if (closed) return;
    const now = deps.now();
    const next = Math.min(...[...lasting, ...ofSessions].map((rule) => rule.expiresAt ?? Infinity).filter((at) => at > now));
    if (!Number.isFinite(next)) return;
    timer = setTimeout(changed, Math.min(next - now + 1, 2 ** 31 - 1));
    timer.unref();
  };

  /** One write at a time; the list changes only after its file has. */
  const write = <T>(change: () => Promise<Result<T>>): Promise<Result<T>> => {
    const next = writing.then(change);
    writing = next.catch(() => undefined);
    return next;
  };

  /** Writes the rules, without those that expired long ago; what is dropped is on record, or it stays. */
  const store = async (rules: readonly Rule[]): Promise<Result<void>> => {
    const kept = rules.filter((rule) => {
      if (holds(rule, deps.now() - keptExpiredMs)) return true;
      return !tryRecord(deps, { kind: "rule-removed", ...columns(rule), by: "expiry", detail: { rule } }).ok;
    });
    try {
      await writeFileAtomic(deps.file, `${JSON.stringify({ version: 1, rules: kept }, null, 2)}\n`);
      lasting = kept;
      return ok(undefined);
    } catch (error) {
      return fail("settings-broken", `The rules could not be written to ${deps.file} (${reasonOf(error)}).`);
    }
  };

  const storeRecorded = async (rules: readonly Rule[], draft: JournalDraft): Promise<Result<void>> => {
    const stored = await store(rules);
    if (!stored.ok) tryRecord(deps, { ...draft, outcome: "refused", detail: { ...draft.detail, reason: stored.error.message } });
    return stored;
  };

  const keep = (rule: Rule): Promise<Result<Rule>> => {
    if (rule.effect === "deny") {
      waitingDenials = [...waitingDenials, rule];
      changed();
    }
    return write(async () => {
      const result = await keepNow(rule);
      waitingDenials = waitingDenials.filter((waiting) => waiting !== rule);
      changed();
      return result;
    });
  };

  const keepNow = async (rule: Rule): Promise<Result<Rule>> => {
    if (closed) return fail("closing", "Portcullis is closing.");
    if (problem !== null) return fail("settings-broken", problem, "Correct or move the file, then restart.");
    if (lasting.filter((known) => holds(known, deps.now())).length >= mostRules)
      return fail("too-many", `There are ${mostRules} rules already; revoke some first.`);
    const draft = { kind: "rule-added", ...columns(rule), detail: { rule } } as const;
    const recorded = tryRecord(deps, draft);
    if (!recorded.ok) return recorded;
    const stored = await storeRecorded([rule, ...lasting], draft);
    return stored.ok ? ok(rule) : stored;
  };

  const rememberForSession = (rule: Rule): Result<Rule> => {
    const recorded = tryRecord(deps, { kind: "rule-added", ...columns(rule), detail: { rule } });
    // A no is kept even if it cannot be journaled.
    if (!recorded.ok && rule.effect !== "deny") return recorded;
    ofSessions = [rule, ...ofSessions];
    changed();
    return ok(rule);
  };

  const remember: Rules["remember"] = (rule) => (rule.sessionId === undefined ? keep(rule) : Promise.resolve(rememberForSession(rule)));

  armExpiry();
  return {
    list,
    problem: () => problem,
    add: (draft) =>
      keep({
        id: deps.newId(),
        effect: draft.effect,
        ...(draft.client === undefined ? {} : { client: draft.client }),
        ...(draft.server === undefined ? {} : { server: draft.server }),
        ...(draft.tool === undefined ? {} : { tool: draft.tool }),
        createdAt: deps.now(),
        ...(draft.expiresInMs === undefined ? {} : { expiresAt: deps.now() + draft.expiresInMs }),
        origin: "person",
      }),
    remember,
    remove: (id) =>
      write(async () => {
        const rule = [...ofSessions, ...lasting].find((candidate) => candidate.id === id);
        if (rule === undefined) return fail("not-found", "There is no such rule.");
        const draft = { kind: "rule-removed", ...columns(rule), detail: { rule } } as const;
        const recorded = tryRecord(deps, draft);
        // Taking back an allow is never refused; taking back a deny or an ask opens something and must be on record.
        if (!recorded.ok && rule.effect !== "allow") return recorded;
        if (ofSessions.includes(rule)) {
          ofSessions = ofSessions.filter((candidate) => candidate !== rule);
        } else {
          const stored = await storeRecorded(
            lasting.filter((candidate) => candidate !== rule),
            draft,
          );
          if (!stored.ok) return stored;
        }
        removed = [...removed, rule].slice(-mostRemoved);
        changed();
        return ok(undefined);
      }),
    async restore(id) {
      const rule = removed.find((candidate) => candidate.id === id);
      removed = removed.filter((candidate) => candidate !== rule);
      if (rule === undefined || !holds(rule, deps.now())) return fail("not-found", "There is no such rule to put back.", "Make it again.");
      const restored = await remember(rule);
      if (!restored.ok) removed = [...removed, rule];
      return restored;
    },
    endSession: (sessionId) => {
      removed = removed.filter((rule) => rule.sessionId !== sessionId);
      const left = ofSessions.filter((rule) => rule.sessionId !== sessionId);
      if (left.length === ofSessions.length) return;
      ofSessions = left;
      changed();
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      listeners.clear();
    },
  };
}

/** An allow with a condition that is not understood would be broader than it was meant. */
function canApply(rule: Rule): boolean {
  return rule.effect !== "allow" || Object.keys(rule).every((key) => knownKeys.has(key));
}

function columns(rule: Rule): Pick<JournalDraft, "client" | "server" | "tool"> {
  return { client: rule.client, server: rule.server, tool: rule.tool };
}

function tryRecord(deps: RulesDeps, draft: JournalDraft): Result<void> {
  try {
    deps.record(draft);
    return ok(undefined);
  } catch {
    return fail("journal-unavailable", "The journal cannot be written, so no rule is changed.");
  }
}

async function load(file: string): Promise<Result<readonly Rule[]>> {
  let text: string;
  try {
    text = await fs.readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return ok([]);
    return fail("settings-broken", `${file} cannot be read (${reasonOf(error)}).`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail("settings-broken", `${file} is not valid JSON (${reasonOf(error)}).`);
  }
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return ok(parsed.data.rules);
  const [issue] = parsed.error.issues;
  return fail("settings-broken", `${file} does not hold rules: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown form"}.`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
