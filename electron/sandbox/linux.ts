// The plan in bubblewrap's words. What holds (threats 28 and 29): a root of its own with nothing in it but what is listed here, no
// network, no capabilities, private process, IPC, host name and control group namespaces, and a seccomp filter that refuses unix
// sockets, so that D-Bus, X11, Wayland, ssh-agent, docker and our own socket are out of reach even where their files can be seen.
// Values of the environment travel in the environment of the process, never in its arguments, where every user could read them.
import type { Handed } from "./hand-over.ts";
import { PROXY_PORT } from "./hosts.ts";
import { isLoaderVariable } from "./loader-variables.ts";
import { withoutMarks } from "./marks.ts";
import { isWithin } from "./places.ts";
import type { BoxPlan, Layer } from "./plan.ts";

/** Absolute paths of what a box is made with. */
export interface LinuxTools {
  readonly bwrap: string;
  readonly prlimit: string;
  /** sandbox-runtime's apply-seccomp: refuses socket(AF_UNIX) and io_uring, in one more pid namespace. */
  readonly seccomp: string;
  readonly sh: string;
  readonly env: string;
  readonly sleep: string;
  readonly stat: string;
  /** Only for boxes with hosts. */
  readonly socat: string | undefined;
}

/** The parts of the running system that every box is built on. */
export interface LinuxSystem {
  /** Folders and files shown read-only at the same place; only those that exist. */
  readonly shown: readonly string[];
  /** `/bin` -> `usr/bin` and so on, where the system has links. */
  readonly links: readonly { readonly at: string; readonly to: string }[];
  /** Inside what is shown, but closed: private keys of the machine. Only those that exist. */
  readonly closed: readonly string[];
  /** Whether the app runs as root: the server then gets another number in its box. */
  readonly root: boolean;
}

/** The supervisor's folder with its sockets and a hosts file. */
export interface LinuxNetwork {
  readonly folder: string;
}

/**
 * What a runtime needs of /etc, each a mount of its own. Not among them: shadow, machine-id, ssh, the network's configuration, and what only
 * installers and the linker's cache builder read.
 */
export const etcShown: readonly string[] = [
  "alternatives",
  "crypto-policies",
  "fonts",
  "group",
  "hosts",
  "java",
  "ld.so.cache",
  "localtime",
  "mime.types",
  "nsswitch.conf",
  "os-release",
  "passwd",
  "pki/ca-trust",
  "pki/tls/cert.pem",
  "pki/tls/certs",
  "pki/tls/openssl.cnf",
  "protocols",
  "services",
  "ssl",
  "terminfo",
  "timezone",
].map((name) => `/etc/${name}`);

/** Top-level folders with programs and libraries. */
export const systemShown: readonly string[] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];
export const systemClosed: readonly string[] = ["/etc/ssl/private"];

/**
 * Who root is in a box. As root it would be root of the filter's namespaces too, and could write into the memory of the filter's own process,
 * which is not filtered. On the disk it is still root: what it writes belongs to root, and root's files are its own.
 */
const NOBODY = "65534";
const KERNEL_SWITCHES = "/proc/sys";
const SOCKETS = "/run/portcullis/net";
const SECCOMP = "/run/portcullis/seccomp";

/**
 * Starts the box's ends of the network (one socat for each pair of arguments), waits until they listen, and becomes the server. This runs
 * before the seccomp filter, so nothing in it goes by the server's PATH.
 */
const RELAYS = [
  "pc_socat=$1 pc_sleep=$2 pc_pairs=$3 pc_expected=$4; shift 4",
  'while [ "$pc_pairs" -gt 0 ]; do "$pc_socat" "$1" "$2" </dev/null >/dev/null 2>&1 & shift 2; pc_pairs=$((pc_pairs - 1)); done',
  "pc_tries=0",
  'while [ "$pc_tries" -lt 300 ]; do',
  "  pc_up=0",
  '  while read -r _ _ _ pc_state _; do if [ "$pc_state" = 0A ]; then pc_up=$((pc_up + 1)); fi; done </proc/net/tcp',
  '  if [ "$pc_up" -ge "$pc_expected" ]; then exec "$@"; fi',
  '  pc_tries=$((pc_tries + 1)); "$pc_sleep" 0.01',
  "done",
  'echo "the network of the sandbox did not start" >&2; exit 126',
].join("\n");

/**
 * Whether every place is what it was when the plan was made, for a bubblewrap that does not see to it. What is mounted stays mounted: from here
 * on nobody can replace it.
 */
const COMPARE = [
  "pc_stat=$1 pc_places=$2; shift 2",
  'while [ "$pc_places" -gt 0 ]; do',
  '  if [ "$("$pc_stat" -c %d:%i -- "$1")" != "$2" ]; then echo "$1 was replaced while the sandbox was made" >&2; exit 126; fi',
  "  shift 2; pc_places=$((pc_places - 1))",
  "done",
  'exec "$@"',
].join("\n");

function layerArguments(layer: Layer, handed: Handed): readonly string[] {
  if (layer.kind !== "closed") {
    // What is held is a mount too, and a mount point is busy: whoever may write around it cannot rename it.
    const bind = layer.kind === "write" || layer.kind === "held" ? "--bind" : "--ro-bind";
    const pin = handed.places.get(layer.path);
    return pin?.kind === "descriptor" ? [`${bind}-fd`, String(pin.number), layer.path] : [bind, layer.path, layer.path];
  }
  // A folder becomes an empty one; a file becomes a device without permission to be one: opening it is refused.
  return layer.directory ? ["--tmpfs", layer.path] : ["--ro-bind", "/dev/null", layer.path];
}

/** Whether the innermost place around it (they come outer before inner) is open for reading too: a mount of its own would change nothing. */
function isShownAlready(layer: Layer, layers: readonly Layer[]): boolean {
  const around = layers.findLast((outer) => outer !== layer && outer.path !== "/" && isWithin(layer.path, outer.path));
  return layer.kind === "read" && around?.kind === "read";
}

/** The places that are mounted on their own, outer before inner. */
function mountedLayers(plan: BoxPlan): readonly Layer[] {
  return plan.layers.filter((layer) => layer.path !== "/" && !isShownAlready(layer, plan.layers));
}

/** Those among them that something else could be put in the stead of. */
export function placesToPin(plan: BoxPlan): readonly string[] {
  return mountedLayers(plan).flatMap((layer) => (layer.kind === "closed" ? [] : [layer.path]));
}

/** The limits of each process, as the kernel counts them; see `explainLimits`. */
function limitArguments(limits: BoxPlan["limits"], handed: Handed): readonly string[] {
  // Numbers that are taken count for the kernel, too. What is named is asked for even where it is more than can be had: that is said then.
  const openFiles = Math.max(limits.openFiles, Math.min(limits.openFiles + handed.taken, handed.mostFiles));
  return [`--nproc=${limits.processes}`, `--nofile=${openFiles}`, `--data=${limits.memoryMb * 1024 * 1024}`, "--core=0"];
}

/** A file system in memory of its own. What is in it is no process's memory, and would be limited by nothing but the machine's. */
function inMemory(place: string, limits: BoxPlan["limits"], handed: Handed): readonly string[] {
  return [...(handed.sizes ? ["--size", String(limits.memoryMb * 1024 * 1024)] : []), "--tmpfs", place];
}

/**
 * Addresses for socat. Each connection is a process of its own, and these run before the limits: without one of their own a server could have as
 * many as it opens connections.
 */
function relayPairs({ network, limits }: BoxPlan): { readonly pairs: readonly string[]; readonly ipv4: number } {
  if (network.kind === "none") return { pairs: [], ipv4: 0 };
  const options = `fork,max-children=${limits.processes},reuseaddr`;
  const pairs = [`TCP4-LISTEN:${PROXY_PORT},bind=127.0.0.1,${options}`, `UNIX-CONNECT:${SOCKETS}/proxy.sock`];
  let ipv4 = 1;
  for (const [index, forward] of network.forwards.entries()) {
    for (const address of forward.listen) {
      const six = address.includes(":");
      if (!six) ipv4 += 1;
      pairs.push(
        six ? `TCP6-LISTEN:${forward.port},bind=[${address}],${options}` : `TCP4-LISTEN:${forward.port},bind=${address},${options}`,
        `UNIX-CONNECT:${SOCKETS}/${index}.sock`,
      );
    }
  }
  return { pairs, ipv4 };
}

/** The whole command line. `network` is there exactly when the plan has hosts; `handed` has all of `placesToPin`. */
export function bwrapArguments(
  plan: BoxPlan,
  tools: LinuxTools,
  system: LinuxSystem,
  network: LinuxNetwork | undefined,
  handed: Handed,
): readonly string[] {
  const everything = plan.layers.some((layer) => layer.path === "/");
  const argv = [
    tools.bwrap,
    "--unshare-user",
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--hostname",
    "portcullis",
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
    ...withoutMarks,
    "--seccomp",
    String(handed.filter),
  ];
  if (system.root) argv.push("--uid", NOBODY, "--gid", NOBODY);
  if (everything) argv.push("--ro-bind", "/", "/");
  else {
    for (const place of system.shown) argv.push("--ro-bind", place, place);
    for (const link of system.links) argv.push("--symlink", link.to, link.at);
  }
  argv.push("--dev", "/dev", ...inMemory("/dev/shm", plan.limits, handed), "--remount-ro", "/dev", "--proc", "/proc");
  // The kernel's switches are files of root's, and most belong to no namespace: one of them names a program that the machine itself then runs.
  if (system.root) argv.push("--ro-bind", KERNEL_SWITCHES, KERNEL_SWITCHES);
  argv.push(...inMemory("/tmp", plan.limits, handed), ...inMemory("/var/tmp", plan.limits, handed), "--tmpfs", "/run");
  for (const place of system.closed) argv.push("--tmpfs", place);
  const layers = mountedLayers(plan);
  for (const layer of layers) argv.push(...layerArguments(layer, handed));
  for (const link of plan.links) argv.push("--symlink", link.to, link.at);
  // Not before: a place in one that is opened on its own is made there first. One that is opened itself, or with what is around it, is another.
  for (const place of system.closed) if (!layers.some((layer) => isWithin(place, layer.path))) argv.push("--remount-ro", place);
  for (const layer of plan.layers) if (layer.kind === "closed" && layer.directory) argv.push("--remount-ro", layer.path);
  argv.push("--ro-bind", tools.seccomp, SECCOMP);
  if (network !== undefined) {
    argv.push("--ro-bind", network.folder, SOCKETS, "--ro-bind", `${network.folder}/hosts`, "/etc/hosts");
  }
  argv.push("--remount-ro", "/run", "--remount-ro", "/");
  argv.push("--chdir", plan.cwd, "--");
  const compared = [...handed.places].flatMap(([place, pin]) => (pin.kind === "identity" ? [place, pin.text] : []));
  if (compared.length > 0) argv.push(tools.sh, "-c", COMPARE, "portcullis", tools.stat, String(compared.length / 2), ...compared);
  if (network !== undefined) {
    const { pairs, ipv4 } = relayPairs(plan);
    argv.push(tools.sh, "-c", RELAYS, "portcullis", tools.socat ?? "socat", tools.sleep, String(pairs.length / 2), String(ipv4), ...pairs);
  }
  argv.push(tools.prlimit, ...limitArguments(plan.limits, handed), "--", SECCOMP);
  // bubblewrap runs outside the box, and the shell and prlimit before the filter: these are for the server itself, behind both.
  const loader = Object.entries(plan.env).filter(([name]) => isLoaderVariable(name));
  if (loader.length > 0) argv.push(tools.env, ...loader.map(([name, value]) => `${name}=${value}`));
  argv.push(...plan.argv);
  return argv;
}

/** The environment to spawn it with. `token` opens the box's proxy and nothing else. */
export function boxEnvironment(plan: BoxPlan, token: string | undefined): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  // SRT_: the filter's own switches.
  for (const [name, value] of Object.entries(plan.env)) if (!isLoaderVariable(name) && !name.startsWith("SRT_")) env[name] = value;
  Object.assign(env, { TMPDIR: "/tmp" });
  if (plan.network.kind === "none" || token === undefined) return env;
  const proxy = `http://srt:${token}@127.0.0.1:${PROXY_PORT}`;
  // A named localhost port below 1024 has no forward of its own: programs must then ask the proxy for localhost too.
  const viaProxy = plan.network.rules.some((rule) => rule.host === "localhost" && rule.ports.some((port) => port < 1024));
  const direct = ["127.0.0.0/8", "::1", ...(viaProxy ? [] : ["localhost", "127.0.0.1"])].join(",");
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]) Object.assign(env, { [name]: proxy, [name.toLowerCase()]: proxy });
  return Object.assign(env, { NO_PROXY: direct, no_proxy: direct, NODE_USE_ENV_PROXY: "1" });
}

/** A waived server: everything as outside, but in a pid namespace, so that the whole tree dies with us. */
export function waivedArguments(bwrap: string, argv: readonly string[], cwd: string): readonly string[] {
  const held = ["--unshare-pid", "--proc", "/proc", "--die-with-parent", ...withoutMarks];
  return [bwrap, "--dev-bind", "/", "/", ...held, "--chdir", cwd, "--", ...argv];
}
