import { beforeEach, describe, expect, it } from "vitest";
import { createHandlers } from "../../../electron/api/handlers.ts";
import type { HandlerPorts } from "../../../electron/api/handlers.ts";
import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import type { JournalDraft } from "../../../shared/model/journal-entry.ts";

let journal: JournalDraft[];
let journalWorks: boolean;
let done: string[];
let outcome: Result<void>;

beforeEach(() => {
  journal = [];
  journalWorks = true;
  done = [];
  outcome = ok(undefined);
});

function handlers(): ReturnType<typeof createHandlers> {
  const act = (what: string) => (): Promise<Result<void>> => {
    done.push(what);
    return Promise.resolve(outcome);
  };
  const ports: Partial<HandlerPorts> = {
    record: (draft) => {
      if (!journalWorks) return fail("journal-unavailable", "The disk is full.");
      journal.push(draft);
      return ok(undefined);
    },
    vault: {
      list: () => [{ name: "known", createdAt: 1, updatedAt: 1, lastUsedAt: null, lastUsedBy: null }],
      put: act("put"),
      delete: act("delete"),
      restore: act("restore"),
      choose: act("choose"),
      changePassphrase: act("changePassphrase"),
      status: () => ({ kind: "ready", store: "keychain" }),
    } satisfies Partial<HandlerPorts["vault"]> as unknown as HandlerPorts["vault"],
  };
  return createHandlers(ports as HandlerPorts);
}

describe("the journal says what happened", () => {
  it("a change is on record before it is made, and is not made when it cannot be", async () => {
    expect(await handlers()["secret.put"]({ name: "a", value: "v" }, "window")).toEqual(ok({ replaced: false }));
    expect(await handlers()["secret.put"]({ name: "known", value: "v" }, "window")).toEqual(ok({ replaced: true }));
    expect(await handlers()["secret.delete"]({ name: "known" }, "window")).toEqual(ok(undefined));
    expect(await handlers()["secret.restore"]({ name: "known" }, "window")).toEqual(ok(undefined));
    expect(journal).toEqual([
      { kind: "secret-stored", by: "person", detail: { name: "a" } },
      { kind: "secret-stored", by: "person", detail: { name: "known" } },
      { kind: "secret-deleted", by: "person", detail: { name: "known" } },
      { kind: "secret-stored", by: "person", detail: { name: "known", change: "put back" } },
    ]);
    journalWorks = false;
    done = [];
    expect(await handlers()["secret.put"]({ name: "a", value: "v" }, "window")).toMatchObject({ error: { code: "journal-unavailable" } });
    expect(done).toEqual([]);
  });

  it("what cannot be is not on record", async () => {
    expect(await handlers()["secret.delete"]({ name: "unknown" }, "window")).toMatchObject({ error: { code: "not-found" } });
    expect(await handlers()["secret.put"]({ name: "a", value: "a\0b" }, "window")).toMatchObject({ error: { code: "bad-input" } });
    expect(await handlers()["vault.choose"]({ store: "file" }, "window")).toMatchObject({ error: { code: "bad-input" } });
    expect(journal).toEqual([]);
    expect(done).toEqual([]);
  });

  it("what was refused after it was on record is on record as refused, with the reason", async () => {
    outcome = fail("vault-locked", "The keychain is locked.");
    await handlers()["secret.put"]({ name: "a", value: "hunter2" }, "window");
    await handlers()["secret.delete"]({ name: "known" }, "window");
    await handlers()["vault.choose"]({ store: "file", passphrase: "hunter3" }, "window");
    const reason = "The keychain is locked.";
    expect(journal.filter((draft) => draft.outcome === "refused")).toEqual([
      { kind: "secret-stored", by: "person", outcome: "refused", detail: { name: "a", reason } },
      { kind: "secret-deleted", by: "person", outcome: "refused", detail: { name: "known", reason } },
      { kind: "settings-changed", by: "person", outcome: "refused", detail: { "vault.store": "file", reason } },
    ]);
    await handlers()["vault.changePassphrase"]({ current: "hunter4", next: "hunter5" }, "window");
    expect(journal.slice(-2)).toEqual([
      { kind: "settings-changed", by: "person", detail: { "vault.passphrase": "changed" } },
      { kind: "settings-changed", by: "person", outcome: "refused", detail: { "vault.passphrase": "changed", reason } },
    ]);
    expect(JSON.stringify(journal)).not.toContain("hunter");
  });
});
