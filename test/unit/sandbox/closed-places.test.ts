import { describe, expect, it } from "vitest";
import { diskOf } from "../../fixtures/sandbox/disk-of.ts";
import { plainRequest } from "../../fixtures/sandbox/plain-request.ts";
import { etcShown, systemClosed, systemShown } from "../../../electron/sandbox/linux.ts";
import { isWithin } from "../../../electron/sandbox/places.ts";
import { planBox } from "../../../electron/sandbox/plan.ts";
import type { Layer } from "../../../electron/sandbox/plan.ts";
import type { BoxRequest } from "../../../electron/sandbox/sandbox.ts";

// Written out a second time on purpose: a place that is lost from the list of the code must be missed by somebody. Whoever takes one out
// means it, and takes it out here too.

// prettier-ignore
const keysAndTokens = [
  ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".oci", ".netrc", "_netrc", ".npmrc", ".yarnrc.yml", ".pypirc",
  ".git-credentials", ".pgpass", ".my.cnf", ".vault-token", ".terraform.d", ".password-store", ".cargo/credentials",
  ".cargo/credentials.toml", ".gem/credentials", ".config/gcloud", ".config/gh", ".config/hub", ".config/glab-cli", ".config/op",
  ".config/rclone", ".config/doctl", ".config/git/credentials", ".config/sops", ".config/containers/auth.json",
  ".cache/huggingface/token", ".cache/huggingface/stored_tokens", ".local/share/keyrings", ".local/share/kwalletd", ".bash_history",
  ".zsh_history", ".python_history", ".node_repl_history", ".psql_history", "Library/Keychains",
  "AppData/Roaming/Microsoft/Credentials", "AppData/Local/Microsoft/Credentials", "AppData/Roaming/gcloud",
];

// prettier-ignore
const loginsOfClients = [
  ".claude.json", ".claude/.credentials.json", ".codex/auth.json", ".codex/config.toml", ".gemini/oauth_creds.json",
  ".gemini/mcp-oauth-tokens.json", ".gemini/settings.json", ".gemini/.env", ".qwen/oauth_creds.json", ".qwen/settings.json",
  ".qwen/.env", ".cursor/mcp.json", ".codeium/windsurf/mcp_config.json", ".copilot", ".kiro/settings/mcp.json", ".lmstudio/mcp.json",
  ".continue/config.yaml", ".continue/config.json", ".continue/.env", ".config/Claude", ".config/github-copilot",
  ".config/goose/secrets.yaml", ".local/share/opencode/auth.json", ".local/share/opencode/mcp-auth.json",
  ".local/share/amp/secrets.json", "Library/Application Support/Claude", "AppData/Roaming/Claude", "AppData/Local/github-copilot",
  ".config/Code/User/mcp.json", ".config/Code/User/globalStorage", "Library/Application Support/Code/User/mcp.json",
  "Library/Application Support/Code/User/globalStorage", "AppData/Roaming/Code/User/mcp.json",
  "AppData/Roaming/Code/User/globalStorage", ".config/Code - Insiders/User/mcp.json", ".config/Code - Insiders/User/globalStorage",
  "Library/Application Support/Code - Insiders/User/mcp.json", "Library/Application Support/Code - Insiders/User/globalStorage",
  "AppData/Roaming/Code - Insiders/User/mcp.json", "AppData/Roaming/Code - Insiders/User/globalStorage",
  ".config/VSCodium/User/mcp.json", ".config/VSCodium/User/globalStorage", "Library/Application Support/VSCodium/User/mcp.json",
  "Library/Application Support/VSCodium/User/globalStorage", "AppData/Roaming/VSCodium/User/mcp.json",
  "AppData/Roaming/VSCodium/User/globalStorage", ".config/Cursor/User/mcp.json", ".config/Cursor/User/globalStorage",
  "Library/Application Support/Cursor/User/mcp.json", "Library/Application Support/Cursor/User/globalStorage",
  "AppData/Roaming/Cursor/User/mcp.json", "AppData/Roaming/Cursor/User/globalStorage", ".config/Windsurf/User/mcp.json",
  ".config/Windsurf/User/globalStorage", "Library/Application Support/Windsurf/User/mcp.json",
  "Library/Application Support/Windsurf/User/globalStorage", "AppData/Roaming/Windsurf/User/mcp.json",
  "AppData/Roaming/Windsurf/User/globalStorage",
];

// prettier-ignore
const browsers = [
  ".mozilla", ".thunderbird", ".librewolf", ".zen", ".config/google-chrome", ".config/google-chrome-beta",
  ".config/google-chrome-unstable", ".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge", ".config/vivaldi",
  ".config/opera", ".var/app/app.zen_browser.zen", ".var/app/com.brave.Browser", ".var/app/com.google.Chrome",
  ".var/app/com.google.ChromeDev", ".var/app/com.microsoft.Edge", ".var/app/com.opera.Opera", ".var/app/com.vivaldi.Vivaldi",
  ".var/app/io.github.ungoogled_software.ungoogled_chromium", ".var/app/io.gitlab.librewolf-community",
  ".var/app/org.chromium.Chromium", ".var/app/org.mozilla.firefox", ".var/app/org.mozilla.Thunderbird",
  ".var/app/org.mozilla.thunderbird", "snap/brave", "snap/chromium", "snap/firefox", "snap/opera", "snap/thunderbird", "snap/vivaldi",
  "Library/Cookies", "Library/Application Support/BraveSoftware", "Library/Application Support/Chromium",
  "Library/Application Support/Firefox", "Library/Application Support/Google/Chrome", "Library/Application Support/Microsoft Edge",
  "AppData/Local/BraveSoftware", "AppData/Local/Chromium", "AppData/Local/Google/Chrome/User Data", "AppData/Local/Microsoft/Edge",
  "AppData/Roaming/Mozilla", "AppData/Roaming/Thunderbird",
];

// prettier-ignore
const obeyed = [
  ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".xprofile",
  ".xsessionrc", ".pam_environment", ".config/fish", ".config/nushell", ".config/autostart", ".config/systemd",
  ".config/environment.d", ".config/git", ".gitconfig", ".local/bin", "bin", ".local/share/applications", ".claude", ".cursor",
  ".codex", ".gemini", ".codeium", ".config/Code/User", ".config/zed", ".config/goose", ".config/opencode", ".config/amp",
  ".config/Cursor/User", ".config/VSCodium/User", ".qwen", ".kiro", "Library/LaunchAgents", "Library/Application Support/Code/User",
];

// prettier-ignore
const obeyedInAProject = [
  ".git/hooks", ".git/config", ".mcp.json", ".cursor/mcp.json", ".cursor/rules", ".vscode", ".claude", ".gemini", ".codex", ".envrc",
];

// prettier-ignore
const ofTheMachine = [
  "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssh", "/etc/ssl/private",
  "/etc/krb5.keytab", "/etc/wireguard", "/etc/NetworkManager/system-connections",
];

const secrets = [...keysAndTokens, ...loginsOfClients, ...browsers];
const home = "/home/ann";
const site = `${home}/site`;
const stateDir = `${home}/.local/share/portcullis/state/a`;

/** The layers of one kind where all of the places are there. */
function layersOf(kind: Layer["kind"], over: Pick<Partial<BoxRequest>, "read" | "write">): ReadonlySet<string> {
  const places = [
    ...[...secrets, ...obeyed].map((place) => `${home}/${place}`),
    ...obeyedInAProject.map((place) => `${site}/${place}`),
    ...ofTheMachine,
    "/usr/bin/node",
  ];
  // One that holds another is a folder.
  const holds = (place: string): boolean => places.some((other) => other.startsWith(`${place}/`));
  const disk = diskOf({
    ...Object.fromEntries(places.map((place) => [place, holds(place) ? ("folder" as const) : ("file" as const)])),
    [stateDir]: "folder",
  });
  const planned = planBox(
    { ...plainRequest, cwd: home, stateDir, ...over },
    { home, protectedPaths: [], packagesDir: undefined, system: ["/usr"], disk, makesLinks: true },
  );
  if (!planned.ok) throw new Error(planned.error.message);
  return new Set(planned.value.layers.filter((layer) => layer.kind === kind).map((layer) => layer.path));
}

function missing(places: readonly string[], layers: ReadonlySet<string>): readonly string[] {
  return places.filter((place) => !layers.has(place));
}

describe("where the home folder is opened", () => {
  it.each(["read", "write"] as const)("keys, tokens, logins and browser profiles stay closed (%s)", (access) => {
    const closed = layersOf("closed", { [access]: ["~"] });
    expect(
      missing(
        secrets.map((place) => `${home}/${place}`),
        closed,
      ),
    ).toEqual([]);
  });

  it("what other programs run or obey stays unwritable", () => {
    const frozen = layersOf("frozen", { write: ["~"] });
    expect(
      missing(
        obeyed.map((place) => `${home}/${place}`),
        frozen,
      ),
    ).toEqual([]);
  });
});

describe("where more, or less, is opened", () => {
  it("a project's own hooks, settings and tools of other programs stay unwritable", () => {
    const frozen = layersOf("frozen", { write: [site] });
    expect(
      missing(
        obeyedInAProject.map((place) => `${site}/${place}`),
        frozen,
      ),
    ).toEqual([]);
  });

  it("the machine's own secrets stay closed when the whole disk is readable", () => {
    expect(missing(ofTheMachine, layersOf("closed", { read: ["/"] }))).toEqual([]);
  });

  it("the machine's own secrets are not among what every box is shown, or closed in it", () => {
    const shown = ofTheMachine.filter((place) => [...etcShown, ...systemShown].some((open) => isWithin(place, open)));
    expect(shown.filter((place) => !systemClosed.some((closed) => isWithin(place, closed)))).toEqual([]);
    expect(shown).toEqual(["/etc/ssl/private"]);
  });
});
