import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDocument } from "../../../electron/migration/formats/open-document.ts";
import { filesWith, snapshot } from "../../fixtures/migrate/configs.ts";
import { createHome } from "../../fixtures/migrate/engine-rig.ts";
import { createMemoryRig } from "../../fixtures/migrate/memory-rig.ts";
import { loadCorpus, type CorpusFile } from "../../fixtures/migration/corpus.ts";
import { seededRandom } from "../../fixtures/migration/mutate.ts";

// Over every file of the corpus and random changes of it: what is applied and undone is as it was, byte for byte; what was moved is in no
// file any more; what is refused is not touched.

const corpus = loadCorpus().filter(({ expected }) => expected.platform !== "win32");
/** A few bytes taken out, doubled, or replaced: half of these still parse. */
function changed(bytes: Buffer, seed: number): Buffer {
  const random = seededRandom(seed);
  let out = Buffer.from(bytes);
  for (let edits = 1 + random.below(3); edits > 0; edits -= 1) {
    const at = random.below(out.length);
    const end = Math.min(out.length, at + 1 + random.below(4));
    const between = random.pick([
      Buffer.alloc(0),
      Buffer.concat([out.subarray(at, end), out.subarray(at, end)]),
      Buffer.from(random.pick([" ", "\n", "x", "é", "0", ",", '"', "#"])),
    ]);
    out = Buffer.concat([out.subarray(0, at), between, out.subarray(end)]);
  }
  return out;
}

function contentOf(toml: Buffer): unknown {
  const document = openDocument("toml", toml);
  return document.ok ? document.value.get([]) : document.error;
}

const none = (): void => undefined;

describe("the corpus, migrated and put back", { timeout: 120_000 }, () => {
  let home: string;
  beforeEach(() => {
    home = createHome();
  });
  afterEach(() => {
    fs.rmSync(home, { recursive: true, force: true });
  });
  const ours = (file: string): boolean => file.startsWith(path.join(home, ".portcullis"));

  const install = (file: CorpusFile, bytes: Buffer): string => {
    const base = file.expected.platform === "darwin" ? "/Users/ada" : "/home/ada";
    const target = path.join(home, path.relative(base, file.expected.path));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, bytes.toString("latin1").replaceAll(base, home), { encoding: "latin1", mode: 0o600 });
    return target;
  };
  const begin = async (file: CorpusFile) => {
    const rig = await createMemoryRig(home, file.expected.platform === undefined ? {} : { platform: file.expected.platform });
    const project = file.expected.project === null ? [] : [file.expected.project.replace(/^\/(home|Users)\/ada/, home)];
    await rig.migrations.scan(project, none);
    const plan = await rig.migrations.plan({ folders: project });
    return { ...rig, plan };
  };

  it.each(corpus.map((file) => [file.name, file] as const))("%s", async (_name, file) => {
    const target = install(file, file.bytes);
    const before = snapshot(home);
    const original = fs.readFileSync(target);
    const { migrations, plan, vault, settings } = await begin(file);
    expect(snapshot(home)).toEqual(before);
    if (!plan.ok) {
      if (plan.error.code !== "not-found") throw new Error(plan.error.message);
      return;
    }
    const shown = JSON.stringify(plan.value);
    const moved = new Set(plan.value.secrets.flatMap(({ ids }) => ids)).size > 0;
    const known = file.expected.secrets.map(({ value }) => value).filter((value) => value.length >= 8);
    expect(known.filter((value) => shown.includes(value))).toEqual([]);
    const applied = await migrations.apply(plan.value.id, none);
    expect(applied.ok && applied.value.files.map(({ state, reason }) => [state, reason])).toEqual(
      plan.value.files.map(() => ["applied", null]),
    );
    expect(fs.readFileSync(target).equals(original)).toBe(false);
    const values = await Promise.all(vault.list().map(({ name }) => vault.get(name, null)));
    expect(values.length > 0).toBe(moved);
    const long = values.flatMap((held) => (held.kind === "found" && held.value.length >= 8 ? [held.value] : []));
    expect(long.flatMap((value) => filesWith(value, [path.join(home, ".portcullis")]))).toEqual([]);
    expect((await migrations.plan({})).ok).toBe(false);

    // A change elsewhere: our edit is taken out of it, and nothing else.
    const added = Buffer.from(original.includes("\r\n") ? "\r\n" : "\n");
    fs.appendFileSync(target, added);
    const undone = await migrations.undo(plan.value.id, undefined, none);
    expect(undone.ok || undone.error.message).toBe(true);
    const back = fs.readFileSync(target);
    const wanted = Buffer.concat([original, added]);
    // TOML's dotted keys have no source in one piece: what they say is put back, not how.
    const look = file.name === "codex/dotted.toml" ? contentOf : (bytes: Buffer): unknown => bytes.toString("latin1");
    expect(look(back)).toEqual(look(wanted));
    expect(settings).toEqual({});
    expect(vault.list()).toEqual([]);

    // Once more from the start, this time put back as it was left.
    fs.writeFileSync(target, original);
    const again = await begin(file);
    if (!again.plan.ok) throw new Error(again.plan.error.message);
    expect((await again.migrations.apply(again.plan.value.id, none)).ok).toBe(true);
    await again.migrations.undo(again.plan.value.id, undefined, none);
    expect(snapshot(home, ours)).toEqual(before);
  });

  it("random changes of it: the identity where it is moved, untouched where it is refused", async () => {
    let moved = 0;
    let refused = 0;
    for (const [index, file] of corpus.entries()) {
      for (let round = 0; round < 4; round += 1) {
        const target = install(file, changed(file.bytes, index * 16 + round));
        const before = snapshot(home);
        const { migrations, plan } = await begin(file);
        if (plan.ok) {
          moved += 1;
          const applied = await migrations.apply(plan.value.id, none);
          if (!applied.ok) throw new Error(`${file.name}, round ${round}: ${applied.error.message}`);
          const undone = await migrations.undo(plan.value.id, undefined, none);
          if (!undone.ok) throw new Error(`${file.name}, round ${round}: ${undone.error.message}`);
        } else refused += 1;
        expect(snapshot(home, ours), `${file.name}, round ${round}`).toEqual(
          new Map([...before].filter(([name]) => !name.startsWith(".portcullis"))),
        );
        fs.rmSync(target);
        fs.rmSync(path.join(home, ".portcullis"), { recursive: true, force: true });
      }
    }
    expect(moved).toBeGreaterThan(40);
    expect(refused).toBeGreaterThan(40);
  });
});
