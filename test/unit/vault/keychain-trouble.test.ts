import { describe, expect, it } from "vitest";
import { keychainError, keychainStatus, troubleOf } from "../../../electron/vault/keychain-trouble.ts";

const said = (message: string, platform: NodeJS.Platform = "linux"): unknown => troubleOf({ kind: "error", message }, platform);

describe("what the operating systems say", () => {
  it("locked, or its prompt was turned down", () => {
    for (const words of ["Cannot create an item in a locked collection", "Prompt was dismissed"])
      expect(said(words)).toEqual({ kind: "locked" });
    for (const words of ["User interaction is not allowed.", "User canceled the operation."])
      expect(said(words, "darwin")).toEqual({ kind: "locked" });
  });

  it("not there, with what to install", () => {
    const reason = (message: string): unknown => (said(message) as { reason?: string }).reason;
    expect(reason("Cannot autolaunch D-Bus without X11 $DISPLAY")).toContain("D-Bus");
    expect(reason("Could not connect: No such file or directory")).toContain("D-Bus");
    expect(reason("The name org.freedesktop.secrets was not provided by any .service files")).toContain("gnome-keyring");
    expect(reason("Failed to load keytar native addon, checked [...]")).toContain("libsecret");
    expect(reason("something new")).toContain("something new");
    expect((said("something new", "win32") as { reason: string }).reason).not.toContain("D-Bus");
  });

  it("each trouble has an error and a status of its own", () => {
    const troubles = [{ kind: "locked" }, { kind: "timed-out" }, { kind: "unavailable", reason: "why" }] as const;
    expect(troubles.map((trouble) => keychainError(trouble, "storing x").code)).toEqual(["vault-locked", "timed-out", "vault-unavailable"]);
    expect(troubles.map((trouble) => keychainStatus(trouble).kind)).toEqual(["locked", "unavailable", "unavailable"]);
  });
});
