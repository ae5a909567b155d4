import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { chainHash, createRecordBody, genesisHash, parseRecord, recordBody } from "../../../electron/journal/chain.ts";
import type { JournalDraft } from "../../../shared/model/journal-entry.ts";
import { journalKinds, journalRecordSchema } from "../../../shared/model/journal-entry.ts";
import { canonical } from "../../../shared/policy/canonical.ts";
import { createRandom } from "../../fixtures/journal/parts.ts";

const hostile = 'x"}\n{"decision":"allow"';

describe("recordBody", () => {
  test("is the canonical JSON of the record, whichever members a draft has", () => {
    const random = createRandom(1);
    const oneWriter = createRecordBody();
    for (let round = 0; round < 1000; round += 1) {
      const maybe = <T>(value: T): T | undefined => (random() < 0.5 ? value : undefined);
      const draft: JournalDraft = {
        kind: journalKinds[Math.floor(random() * journalKinds.length)] ?? "app-started",
        tool: maybe(hostile),
        server: maybe("s\u0000\ud800"),
        outcome: maybe("ok" as const),
        durationMs: maybe(random() * 1000),
        detail: maybe({ z: 1, a: { c: null, b: [hostile] } }),
        decision: maybe("deny" as const),
        client: maybe("claude-code"),
        call: maybe(`c${round}`),
        by: maybe(random() < 0.5 ? "person" : "rule"),
      };
      expect(recordBody(round, 1000 + round, draft)).toBe(canonical({ seq: round, at: 1000 + round, ...draft }));
      expect(oneWriter(round, 1000 + round, draft)).toBe(canonical({ seq: round, at: 1000 + round, ...draft }));
    }
  });

  test("is that also where one member, or only the time, is another than in the record before", () => {
    const random = createRandom(2);
    const oneWriter = createRecordBody();
    const values = {
      by: ["person", "rule", undefined],
      client: ["claude-code", hostile, undefined],
      decision: ["allow", "deny", undefined],
      kind: ["call-dispatched", "call-finished"],
      outcome: ["ok", "tool-error", undefined],
      server: ["one", "other", undefined],
      tool: ["read", "write", undefined],
    } as const;
    const draft: Record<string, unknown> = { kind: "call-dispatched" };
    let at = 1000;
    for (let round = 0; round < 3000; round += 1) {
      if (random() < 0.2) at += 1;
      const names = Object.keys(values) as (keyof typeof values)[];
      const name = names[Math.floor(random() * 2 * names.length)];
      if (name !== undefined) draft[name] = values[name][Math.floor(random() * values[name].length)];
      const record = { ...draft, call: `c${round}`, durationMs: round / 8 } as unknown as JournalDraft;
      expect(oneWriter(round, at, record)).toBe(canonical({ seq: round, at, ...record }));
    }
  });

  test("a time that is none is refused, and what comes after it is not written with it", () => {
    const oneWriter = createRecordBody();
    expect(() => oneWriter(1, Infinity, { kind: "call-denied", by: "gate" })).toThrow(TypeError);
    expect(() => oneWriter(1, Infinity, { kind: "call-denied", by: "gate" })).toThrow(TypeError);
    expect(oneWriter(1, 5, { kind: "call-denied", by: "gate" })).toBe('{"at":5,"by":"gate","kind":"call-denied","seq":1}');
  });

  test("leaves out what the type does not have", () => {
    const draft = { kind: "secret-used", value: "hunter2" } as JournalDraft;
    expect(recordBody(1, 2, draft)).toBe('{"at":2,"kind":"secret-used","seq":1}');
  });

  test("is one line, and a hostile name stays inside its string", () => {
    const body = recordBody(1, 2, { kind: "call-denied", tool: hostile, decision: "deny" });
    expect(body).not.toContain("\n");
    expect(JSON.parse(body)).toEqual({ at: 2, decision: "deny", kind: "call-denied", seq: 1, tool: hostile });
  });

  test("throws for a detail that JSON cannot hold", () => {
    expect(() => recordBody(1, 2, { kind: "app-started", detail: { n: Number.NaN } })).toThrow(TypeError);
  });
});

describe("chainHash", () => {
  test("is SHA-256 in hex over the hash before, a line feed and the body", () => {
    const body = recordBody(1, 2, { kind: "app-started" });
    const first = chainHash(genesisHash, body);
    expect(first).toBe(
      createHash("sha256")
        .update(`${"0".repeat(64)}\n{"at":2,"kind":"app-started","seq":1}`)
        .digest("hex"),
    );
    expect(chainHash(first, body)).not.toBe(first);
    expect(chainHash("a", "b\nc")).not.toBe(chainHash("a\nb", "c").toUpperCase());
  });
});

describe("parseRecord", () => {
  const good = { seq: 3, at: 5, kind: "call-finished", call: "c", outcome: "ok", durationMs: 1.5, decision: "allow", detail: { a: 1 } };

  test("gives back what was written", () => {
    expect(parseRecord(canonical(good), "h")).toEqual({ ...good, hash: "h" });
  });

  test("accepts what the schema accepts and nothing else", () => {
    const values = [undefined, null, 1, 1.5, "x", "allow", "ok", "app-started", true, [], {}, { a: 1 }];
    for (const key of ["seq", "at", "kind", "call", "client", "server", "tool", "decision", "by", "outcome", "durationMs", "detail"]) {
      for (const value of values) {
        const candidate = { ...good, [key]: value };
        const accepted = parseRecord(canonical(candidate), "h") !== null;
        expect([key, value, accepted]).toEqual([key, value, journalRecordSchema.safeParse({ ...candidate, hash: "h" }).success]);
      }
    }
  });

  test.each(["", "x", "null", "[]", '"text"', "{}", "{", canonical({ ...good, hash: "own" })])("%s is no record", (body) => {
    expect(parseRecord(body, "h")).toBeNull();
  });
});
