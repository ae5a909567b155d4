import { defineClient } from "./define-client.ts";
import { appConfig, place, xdgConfig } from "./places.ts";

// A map of extensions, most of them built in. `env_keys` names secrets in Goose's own keychain items, which only Goose can lend.
export const goose = defineClient({
  id: "goose",
  name: "Goose",
  places: (machine) =>
    (machine.platform === "win32"
      ? [appConfig(machine, "Block", "goose", "config", "config.yaml")]
      : [xdgConfig(machine, "goose", "config.yaml")]
    ).map((file) => place(file, { format: "yaml", at: ["extensions"] })),
  entry: {
    command: { key: "cmd", kind: "string" },
    env: "envs",
    urls: [{ key: "uri", transport: "http" }],
    off: { key: "enabled", when: false },
    ignore: { key: "type", values: ["builtin", "platform", "frontend", "inline_python"] },
    lends: [{ key: "env_keys", reason: "it takes secrets from Goose’s own keychain (env_keys)" }],
  },
  restart: "Start a new Goose session.",
  processes: ["goose", "goosed", "Goose"],
  copies: (machine) =>
    machine.platform === "win32"
      ? [appConfig(machine, "Block", "goose", "config", "config.yaml.*")]
      : [xdgConfig(machine, "goose", "config.yaml.*")],
});
