import { describe, expect, it } from "vitest";
import { resolvePaths, socketPath, tokenPath } from "../../../electron/settings/paths.ts";

describe("where our files are", () => {
  it("PORTCULLIS_HOME moves all of them", () => {
    const paths = resolvePaths({ PORTCULLIS_HOME: "/tmp/p", HOME: "/home/ann", XDG_RUNTIME_DIR: "/run/user/1" }, "linux");
    expect(Object.values({ ...paths }).every((folder) => folder.startsWith("/tmp/p/"))).toBe(true);
    expect(tokenPath(paths)).toBe("/tmp/p/run/token");
  });

  it("follows the XDG base directories and ignores relative ones, as their specification asks", () => {
    expect(
      resolvePaths({ HOME: "/home/ann", XDG_CONFIG_HOME: "conf", XDG_DATA_HOME: "/d", XDG_RUNTIME_DIR: "/run/user/1" }, "linux"),
    ).toEqual({
      config: "/home/ann/.config/portcullis",
      data: "/d/portcullis",
      logs: "/home/ann/.local/state/portcullis/logs",
      run: "/run/user/1/portcullis",
    });
  });

  it("takes an empty PORTCULLIS_HOME for none, and a relative run folder for none", () => {
    const paths = resolvePaths({ PORTCULLIS_HOME: "", HOME: "/home/ann", XDG_RUNTIME_DIR: "run" }, "linux");
    expect([paths.config, paths.run]).toEqual(["/home/ann/.config/portcullis", "/home/ann/.local/state/portcullis/run"]);
  });

  it("uses Library on macOS and AppData on Windows, where the socket is a named pipe", () => {
    expect(resolvePaths({ HOME: "/Users/ann" }, "darwin").config).toBe("/Users/ann/Library/Application Support/Portcullis");
    const windows = resolvePaths({ APPDATA: "C:/R", LOCALAPPDATA: "C:/L" }, "win32");
    expect(windows.config).toContain("Portcullis");
    expect(socketPath(windows, "win32")).toMatch(/^\\\\\.\\pipe\\portcullis-[0-9a-f]+$/);
  });
});
