import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCommandBench, snapshot } from "../../fixtures/clients/command-bench.ts";
import type { CommandBench } from "../../fixtures/clients/command-bench.ts";

let bench: CommandBench;
beforeEach(() => {
  bench = createCommandBench();
});
afterEach(() => bench.close());

const sent = () => bench.asked.filter(({ channel }) => channel !== "vault.file" && channel !== "state.get");

/** An app whose store is the encrypted file. */
const withFile = (answer: unknown) => {
  const state = snapshot();
  const app = { ...state.snapshot.app, vault: { kind: "ready", store: "file" } as const };
  return bench.startApp({ "state.get": { ...state, snapshot: { ...state.snapshot, app } }, "vault.changePassphrase": answer });
};

describe("the encrypted file's passphrase", () => {
  const ready = { kind: "ready", store: "file" };

  it("is chosen for a new file by typing it twice", async () => {
    await bench.startApp({ "vault.file": { exists: false }, "vault.choose": ready });
    const { status, out, errors } = await bench.run(["vault", "use", "file"], ["correct horse\n", "correct horse\n"], true);
    expect([status, out]).toEqual([0, "Secrets are kept in an encrypted file. It is ready.\n"]);
    expect(sent()).toEqual([{ channel: "vault.choose", input: { store: "file", passphrase: "correct horse" } }]);
    expect(errors).toContain("cannot recover it");
    expect(out + errors).not.toContain("horse");
  });

  it.each([
    ["another one the second time", ["correct horse\n", "correct house\n"], "not the same; nothing was changed"],
    ["nothing the second time", ["correct horse\n", "\n"], "no passphrase was given"],
    ["Ctrl+C the second time", ["correct horse\n", "\u0003"], "no passphrase was given"],
  ])("is not taken with %s", async (_name, typed, said) => {
    await bench.startApp({ "vault.file": { exists: false }, "vault.choose": ready });
    const { status, errors } = await bench.run(["vault", "use", "file"], typed, true);
    expect(status).toBe(1);
    expect(errors).toContain(said);
    expect(sent()).toEqual([]);
  });

  it("of a file that is there is asked for once, and so is one from a pipe", async () => {
    await bench.startApp({ "vault.file": { exists: true }, "vault.choose": ready });
    expect(await bench.run(["vault", "use", "file"], ["correct horse\n"], true)).toMatchObject({ status: 0 });
    expect(await bench.run(["vault", "use", "file"], "battery staple\n")).toMatchObject({ status: 0 });
    expect(sent()).toEqual([
      { channel: "vault.choose", input: { store: "file", passphrase: "correct horse" } },
      { channel: "vault.choose", input: { store: "file", passphrase: "battery staple" } },
    ]);
  });

  it("is changed with the current one and twice the new one", async () => {
    await withFile(undefined);
    const typed = ["correct horse\n", "battery staple\n", "battery staple\n"];
    const { status, out, errors } = await bench.run(["vault", "passphrase"], typed, true);
    expect([status, out]).toEqual([0, "The passphrase is changed. It is asked for after the next start of Portcullis.\n"]);
    expect(sent()).toEqual([{ channel: "vault.changePassphrase", input: { current: "correct horse", next: "battery staple" } }]);
    expect(out + errors).not.toMatch(/horse|staple/);
    expect(await bench.run(["vault", "passphrase"], ["correct horse\n", "battery staple\n", "battery stable\n"], true)).toMatchObject({
      status: 1,
    });
    expect(sent()).toHaveLength(1);
  });

  it("is changed from a pipe by two lines, and by nothing else", async () => {
    await withFile(undefined);
    for (const stdin of ["", "only one\n", "one\ntwo\nthree\n", "\nnew one\n", "one\n\n"]) {
      const { status, errors } = await bench.run(["vault", "passphrase"], stdin);
      expect([stdin, status]).toEqual([stdin, 1]);
      expect(errors).not.toBe("");
    }
    expect(sent()).toEqual([]);
    expect(await bench.run(["vault", "passphrase"], "one\r\ntwo\r\n")).toMatchObject({ status: 0 });
    expect(sent()).toEqual([{ channel: "vault.changePassphrase", input: { current: "one", next: "two" } }]);
  });

  it("is not asked for where secrets are in the keychain", async () => {
    await bench.startApp({ "state.get": snapshot(), "vault.changePassphrase": undefined });
    const { status, errors } = await bench.run(["vault", "passphrase"], "", true);
    expect(status).toBe(1);
    expect(errors).toContain("the operating system's to change");
    expect(errors).not.toContain("not shown");
    expect(sent()).toEqual([]);
  });

  it("that is refused says why", async () => {
    await withFile({ error: { code: "not-allowed", message: "The passphrase is wrong." } });
    const { status, errors } = await bench.run(["vault", "passphrase"], "one\ntwo\n");
    expect(status).toBe(1);
    expect(errors).toContain("The passphrase is wrong.");
  });
});
