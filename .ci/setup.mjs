// The set-up step of `npm start` and `npm test`: what these need beyond npm is installed where that is allowed (root, or sudo
// without a password), and otherwise named in one command. Runs on any Node >= 20 with no dependencies.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";

/** Each need: how to see that it is there, and its package by distribution; of several the first one that there is. `test` marks what only the tests use. */
const needs = [
  { has: "bwrap", apt: "bubblewrap", dnf: "bubblewrap", pacman: "bubblewrap", why: "the sandbox" },
  { has: "socat", apt: "socat", dnf: "socat", pacman: "socat", why: "the sandbox with network hosts" },
  { has: "rg", apt: "ripgrep", dnf: "ripgrep", pacman: "ripgrep", why: "the sandbox with network hosts" },
  { has: "lib:libsecret-1.so.0", apt: "libsecret-1-0", dnf: "libsecret", pacman: "libsecret", why: "the keychain" },
  { has: "lib:libgtk-3.so.0", apt: "libgtk-3-0", dnf: "gtk3", pacman: "gtk3", why: "Electron" },
  { has: "lib:libnotify.so.4", apt: "libnotify4", dnf: "libnotify", pacman: "libnotify", why: "notifications" },
  { has: "lib:libnss3.so", apt: "libnss3", dnf: "nss", pacman: "nss", why: "Electron" },
  { has: "lib:libgbm.so.1", apt: "libgbm1", dnf: "mesa-libgbm", pacman: "mesa", why: "Electron" },
  { has: "lib:libasound.so.2", apt: "libasound2", dnf: "alsa-lib", pacman: "alsa-lib", why: "Electron" },
  {
    has: "gnome-keyring-daemon",
    apt: "gnome-keyring",
    dnf: "gnome-keyring",
    pacman: "gnome-keyring",
    why: "a keyring of the tests' own",
    test: true,
  },
  { has: "dbus-run-session", apt: "dbus", dnf: "dbus-daemon", pacman: "dbus", why: "a D-Bus session of the tests' own", test: true },
  {
    has: "secret-tool",
    apt: "libsecret-tools",
    dnf: "libsecret",
    pacman: "libsecret",
    why: "sandbox tests against the keyring",
    test: true,
  },
  { has: "xvfb-run", apt: "xvfb", dnf: "xorg-x11-server-Xvfb", pacman: "xorg-server-xvfb", why: "a display of the tests' own", test: true },
  { has: "xauth", apt: "xauth", dnf: "xorg-x11-xauth", pacman: "xorg-xauth", why: "a display of the tests' own", test: true },
  { has: "xdotool", apt: "xdotool", dnf: "xdotool", pacman: "xdotool", why: "keyboard tests on the real window", test: true },
  { has: "strace", apt: "strace", dnf: "strace", pacman: "strace", why: "tests that count what is started", test: true },
  {
    has: "chromium-headless-shell|chromium|chromium-browser|google-chrome",
    // Without the browser's own windows a page opens in a third of the time.
    apt: "chromium-headless-shell|chromium",
    dnf: "chromium",
    pacman: "chromium",
    why: "browser tests",
    test: true,
  },
];

const installers = {
  apt: { probe: "apt-get", update: ["apt-get", "update", "-qq"], install: ["apt-get", "install", "-y", "-qq", "--no-install-recommends"] },
  dnf: { probe: "dnf", update: null, install: ["dnf", "install", "-y", "-q"] },
  pacman: { probe: "pacman", update: null, install: ["pacman", "-S", "--needed", "--noconfirm"] },
};

function onPath(name) {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => folder !== "" && existsSync(path.join(folder, name)));
}

let libraries;
function has(need) {
  if (need.has.startsWith("lib:")) {
    libraries ??=
      spawnSync("ldconfig", ["-p"], { encoding: "utf8", env: { ...process.env, PATH: `${process.env.PATH}:/sbin:/usr/sbin` } }).stdout ??
      "";
    return libraries.includes(need.has.slice(4));
  }
  return need.has.split("|").some(onPath);
}

function run(command) {
  return (
    spawnSync(command[0], command.slice(1), {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0
  );
}

/** The package's name here. */
function packageOf(need, kind) {
  const names = need[kind].split("|");
  if (kind !== "apt" || names.length === 1) return names[0];
  const known = (name) => spawnSync("apt-cache", ["show", name], { stdio: "ignore" }).status === 0;
  return names.find(known) ?? names.at(-1);
}

function main() {
  const forTests = process.argv.includes("--for-tests");
  if (process.platform !== "linux") return;
  const missing = needs.filter((need) => (forTests || need.test !== true) && !has(need));
  if (missing.length === 0) return;
  const kind = Object.keys(installers).find((name) => onPath(installers[name].probe));
  const listed = (names) => missing.map(({ why }, index) => `${names[index]} (${why})`).join(", ");
  if (kind === undefined) {
    console.error(`set-up: missing: ${listed(missing.map((need) => need.has))}. Install them with this system's package manager.`);
    return;
  }
  const { update, install } = installers[kind];
  const root = process.getuid() === 0;
  const sudo = root ? [] : ["sudo", "-n"];
  const allowed = root || (onPath("sudo") && spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0);
  if (allowed && update !== null) run([...sudo, ...update]);
  const names = missing.map((need) => packageOf(need, kind));
  const packages = [...new Set(names)];
  const list = listed(names);
  const byHand = [...(root ? [] : ["sudo"]), ...install.filter((part) => part !== "-qq" && part !== "-q"), ...packages].join(" ");
  if (!allowed) {
    console.error(`set-up: missing: ${list}.\nset-up: to install them, run:  ${byHand}`);
    return;
  }
  console.error(`set-up: installing ${list}`);
  if (!run([...sudo, ...install, ...packages])) console.error(`set-up: that did not work. Run:  ${byHand}`);
}

main();
