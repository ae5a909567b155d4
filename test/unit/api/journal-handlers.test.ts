// What one answer of the app may hold of the journal: a page is cut where it gets large, an export that is too large is refused whole.
import { describe, expect, it } from "vitest";
import type { HandlerPorts } from "../../../electron/api/handlers.ts";
import { createHandlers } from "../../../electron/api/handlers.ts";
import { exportRecords } from "../../../electron/journal/export.ts";
import type { Journal } from "../../../electron/journal/journal.ts";
import { ok } from "../../../shared/errors.ts";
import type { JournalDraft, JournalRecord } from "../../../shared/model/journal-entry.ts";

function handlersOver(count: number, text = "") {
  const drafts: JournalDraft[] = [];
  const records: JournalRecord[] = Array.from({ length: count }, (_item, index) => ({
    seq: index + 1,
    at: index,
    kind: "app-started",
    detail: { text },
    hash: "h",
  }));
  const page: Journal["page"] = ({ before = Infinity, limit }) => {
    const older = records.slice(0, Math.min(count, before - 1)).toReversed();
    return Promise.resolve({ records: older.slice(0, limit), more: older.length > limit });
  };
  const record = (draft: JournalDraft) => {
    drafts.push(draft);
    return ok(undefined);
  };
  const ports = { journal: { page }, record, exportRecords } as unknown as HandlerPorts;
  return { handlers: createHandlers(ports), drafts };
}

describe("journal.export", () => {
  it("gives every record, oldest first, and is on record", async () => {
    const { handlers, drafts } = handlersOver(10_000);
    const result = await handlers["journal.export"]({ format: "jsonl", query: {} }, "window");
    if (!result.ok) throw new Error(result.error.message);
    expect(result.value.records).toBe(10_000);
    const lines = result.value.text.trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as JournalRecord).seq)).toEqual(
      Array.from({ length: 10_000 }, (_item, index) => index + 1),
    );
    expect(drafts).toEqual([{ kind: "journal-exported", by: "person", detail: { format: "jsonl" } }]);
  });

  it.each([
    ["too many", 10_001, ""],
    ["too large", 40, "x".repeat(1 << 20)],
  ])("says so where the records are %s, and exports nothing", async (_what, count, text) => {
    const { handlers, drafts } = handlersOver(count, text);
    expect(await handlers["journal.export"]({ format: "csv", query: {} }, "window")).toMatchObject({
      ok: false,
      error: { code: "too-large" },
    });
    expect(drafts).toEqual([]);
  });
});

describe("journal.page", () => {
  it("ends early where records are large, with at least one, and says that there are more", async () => {
    const { handlers } = handlersOver(40, "x".repeat(1 << 20));
    const seen: number[] = [];
    for (let before = 41, more = true; more;) {
      const result = await handlers["journal.page"]({ before, limit: 500 }, "window");
      if (!result.ok) throw new Error(result.error.message);
      expect(JSON.stringify(result.value).length).toBeLessThan(5 << 20);
      expect(result.value.records.length).toBeGreaterThan(0);
      seen.push(...result.value.records.map(({ seq }) => seq));
      before = seen.at(-1) ?? 0;
      ({ more } = result.value);
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_item, index) => 40 - index));
    const huge = handlersOver(2, "x".repeat(8 << 20));
    expect(await huge.handlers["journal.page"]({ limit: 10 }, "window")).toMatchObject({
      ok: true,
      value: { records: [{ seq: 2 }], more: true },
    });
  });

  it("is whole where they are not", async () => {
    const { handlers } = handlersOver(500, "short");
    expect(await handlers["journal.page"]({ limit: 500 }, "window")).toMatchObject({
      ok: true,
      value: { records: { length: 500 }, more: false },
    });
  });
});

it("journal.noteExport puts an export on record", async () => {
  const { handlers, drafts } = handlersOver(0);
  expect(await handlers["journal.noteExport"]({ format: "csv" }, "command")).toEqual(ok(undefined));
  expect(drafts).toEqual([{ kind: "journal-exported", by: "person", detail: { format: "csv" } }]);
});
