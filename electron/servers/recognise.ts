/**
 * What a server's command line really is. Most entries in the wild start a package runner (`npx -y PKG`, `uvx PKG` …) that would
 * download and run whatever is newest at every start (threat 31). Those are recognised here, installed once and run directly.
 * Pure: nothing is looked up. An option that is not known is refused instead of guessed at, because guessing wrong would run
 * something else than what the person read.
 */
export type Recognised =
  | { readonly kind: "plain" }
  | {
      readonly kind: "npm";
      readonly name: string;
      /** Version, range or tag as written; null: the newest. */
      readonly range: string | null;
      /** The executable asked for with `--package`; null: the package's own. */
      readonly bin: string | null;
      readonly args: readonly string[];
    }
  | {
      readonly kind: "pypi";
      readonly name: string;
      readonly extras: readonly string[];
      /** `==1.2.3`, `>=1`, …; null: the newest. */
      readonly range: string | null;
      readonly bin: string | null;
      /** The interpreter asked for (`3.12`), or null. */
      readonly python: string | null;
      readonly args: readonly string[];
    }
  | { readonly kind: "refused"; readonly reason: string };

interface Runner {
  readonly flags: readonly string[];
  readonly packageOptions: readonly string[];
  /** Options that take a value and change nothing about what is run. */
  readonly valueOptions: readonly string[];
  readonly pythonOptions?: readonly string[];
  /** Whether options may still follow the first word, up to `--` (npm exec). */
  readonly optionsAnywhere?: boolean;
}

const quietFlags = ["-q", "--quiet", "-s", "--silent", "--verbose"] as const;
const npxRunner: Runner = {
  flags: [...quietFlags, "-y", "--yes", "--no", "--no-install", "--ignore-existing", "--prefer-offline", "--prefer-online", "--offline"],
  packageOptions: ["-p", "--package"],
  valueOptions: ["--loglevel"],
};
const npmRunner: Runner = { ...npxRunner, optionsAnywhere: true };
const pnpmRunner: Runner = { flags: quietFlags, packageOptions: ["-p", "--package"], valueOptions: ["--loglevel", "--reporter"] };
const yarnRunner: Runner = { flags: quietFlags, packageOptions: ["-p", "--package"], valueOptions: [] };
const bunRunner: Runner = { flags: [...quietFlags, "--no-install", "-y", "--yes"], packageOptions: ["-p", "--package"], valueOptions: [] };
const uvRunner: Runner = {
  flags: ["-q", "--quiet", "-v", "--verbose", "--refresh", "--isolated", "--no-cache", "-n", "--no-progress", "--no-config"],
  packageOptions: ["--from"],
  valueOptions: ["--color"],
  pythonOptions: ["-p", "--python"],
};
const pipxRunner: Runner = {
  flags: ["-q", "--quiet", "-v", "--verbose", "--no-cache"],
  packageOptions: ["--spec"],
  valueOptions: [],
  pythonOptions: ["--python"],
};

/** What this command line is. Never throws; does not look at the machine. */
export function recognise(command: string, args: readonly string[]): Recognised {
  const program = programName(command);
  switch (program) {
    case "npx":
      return npm(parse(args, npxRunner));
    case "npm": {
      const rest = afterWord(args, ["exec", "x"]);
      return rest === null ? { kind: "plain" } : npm(parse(rest, npmRunner));
    }
    case "pnpx":
      return npm(parse(args, pnpmRunner));
    case "pnpm": {
      const rest = afterWord(args, ["dlx"]);
      return rest === null ? { kind: "plain" } : npm(parse(rest, pnpmRunner));
    }
    case "yarn": {
      const rest = afterWord(args, ["dlx"]);
      return rest === null ? { kind: "plain" } : npm(parse(rest, yarnRunner));
    }
    case "bunx":
      return npm(parse(args, bunRunner));
    case "bun": {
      const rest = afterWord(args, ["x"]);
      return rest === null ? { kind: "plain" } : npm(parse(rest, bunRunner));
    }
    case "uvx":
      return pypi(parse(args, uvRunner));
    case "uv":
      if (args[0] !== "tool" || args[1] !== "run") return { kind: "plain" };
      return pypi(parse(args.slice(2), uvRunner));
    case "pipx":
      if (args[0] !== "run") return { kind: "plain" };
      return pypi(parse(args.slice(1), pipxRunner));
    case "cmd":
      return windowsShell(args);
    default:
      return { kind: "plain" };
  }
}

/** `npx` for `/opt/homebrew/bin/npx`, `C:\nodejs\npx.cmd` and `NPX.EXE`. */
export function programName(command: string): string {
  const base = command.split(/[\\/]/).at(-1) ?? command;
  return base.replace(/\.(?:cmd|exe|bat|ps1)$/iu, "").toLowerCase();
}

/** `cmd /c npx …` is what people write on Windows, where npx is a batch file: read through it. Anything more is a shell script. */
function windowsShell(args: readonly string[]): Recognised {
  let at = 0;
  while (/^\/[dsq]$/iu.test(args[at] ?? "")) at += 1;
  const inner = args[at + 1];
  if (!/^\/c$/iu.test(args[at] ?? "") || inner === undefined || /\s/u.test(inner)) return { kind: "plain" };
  return recognise(inner, args.slice(at + 2));
}

/** What follows the subcommand. Options before it are carried over; null if another subcommand comes first. */
function afterWord(args: readonly string[], words: readonly string[]): readonly string[] | null {
  const at = args.findIndex((arg) => !arg.startsWith("-"));
  if (at < 0 || !words.includes(args[at] ?? "")) return null;
  return [...args.slice(0, at), ...args.slice(at + 1)];
}

interface Parsed {
  readonly packages: readonly string[];
  readonly python: string | null;
  readonly words: readonly string[];
  readonly problem: string | null;
}

function parse(args: readonly string[], runner: Runner): Parsed {
  const packages: string[] = [];
  const words: string[] = [];
  let python: string | null = null;
  const stop = (problem: string): Parsed => ({ packages, python, words, problem });
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "--") return { packages, python, words: [...words, ...args.slice(at + 1)], problem: null };
    if (!arg.startsWith("-") || arg === "-") {
      if (runner.optionsAnywhere !== true) return { packages, python, words: args.slice(at), problem: null };
      words.push(arg);
      continue;
    }
    const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
    const option = equals < 0 ? arg : arg.slice(0, equals);
    if (equals < 0 && runner.flags.includes(option)) continue;
    if (equals > 0 && runner.flags.includes(option) && /^(?:true|false)$/u.test(arg.slice(equals + 1))) continue;
    const takesPackage = runner.packageOptions.includes(option);
    const takesPython = runner.pythonOptions?.includes(option) ?? false;
    if (!takesPackage && !takesPython && !runner.valueOptions.includes(option)) {
      const hint = words.length > 0 ? " Put the server's own options after `--`." : "";
      return stop(`the package runner's option ${option} is not supported.${hint}`);
    }
    const value = equals < 0 ? args[(at += 1)] : arg.slice(equals + 1);
    if (value === undefined) return stop(`${option} has no value`);
    if (takesPackage) packages.push(value);
    if (takesPython) python = value;
  }
  return { packages, python, words, problem: null };
}

function npm(parsed: Parsed): Recognised {
  const chosen = choose(parsed);
  if (chosen.kind === "refused") return chosen;
  const spec = npmSpec(chosen.spec);
  if (spec === null) return { kind: "refused", reason: unpinnable(chosen.spec) };
  return { kind: "npm", ...spec, bin: chosen.bin, args: chosen.args };
}

function pypi(parsed: Parsed): Recognised {
  const chosen = choose(parsed);
  if (chosen.kind === "refused") return chosen;
  const spec = pypiSpec(chosen.spec);
  if (spec === null) return { kind: "refused", reason: unpinnable(chosen.spec) };
  if (parsed.python !== null && !/^(?:(?:c?python|pypy)@?)?\d[\d.]*$/u.test(parsed.python)) {
    return { kind: "refused", reason: `the Python asked for (${parsed.python}) is not a version number` };
  }
  return { kind: "pypi", ...spec, bin: chosen.bin, python: parsed.python, args: chosen.args };
}

function choose(
  parsed: Parsed,
): { kind: "chosen"; spec: string; bin: string | null; args: readonly string[] } | { kind: "refused"; reason: string } {
  if (parsed.problem !== null) return { kind: "refused", reason: parsed.problem };
  const [first, ...rest] = parsed.words;
  const [only, second] = parsed.packages;
  if (second !== undefined) return { kind: "refused", reason: "more than one package is named; only one can be installed for a server" };
  if (first === undefined) return { kind: "refused", reason: "no package is named" };
  if (only === undefined) return { kind: "chosen", spec: first, bin: null, args: rest };
  if (!/^[A-Za-z0-9@][A-Za-z0-9@/._-]*$/u.test(first)) return { kind: "refused", reason: `"${first}" is not the name of an executable` };
  return { kind: "chosen", spec: only, bin: first, args: rest };
}

function unpinnable(spec: string): string {
  return (
    `"${spec}" is not a package of the registry. A git address, url, archive or folder has no version and integrity that could be pinned: ` +
    "get it yourself, look at it, and give the command that starts it (node /path/to/its/entry.js)"
  );
}

const npmName = /^(?:@[A-Za-z0-9_~][A-Za-z0-9._~-]*\/)?[A-Za-z0-9_~][A-Za-z0-9._~-]*$/u;

/** `@scope/name@range` → its parts; null for anything that the registry could not answer (git, url, file, alias). */
export function npmSpec(spec: string): { name: string; range: string | null } | null {
  const at = spec.indexOf("@", 1);
  const name = at < 0 ? spec : spec.slice(0, at);
  const range = at < 0 ? null : spec.slice(at + 1);
  if (!npmName.test(name) || name.length > 214 || /\.(?:tgz|tar|tar\.gz)$/iu.test(name)) return null;
  if (range === null || range === "") return { name, range: null };
  // Versions, ranges and tags; a colon or slash would be an alias, a url or a path, a leading dash an option.
  return /^[A-Za-z0-9^~<>=*.][A-Za-z0-9^~<>=*.+|\s-]*$/u.test(range) ? { name, range } : null;
}

/** A Python package's name in its normal form (PEP 503). */
export function pypiName(name: string): string {
  return name.toLowerCase().replaceAll(/[._-]+/gu, "-");
}

/** `name[extra]==1.2`, `name@1.2`, `name@latest` → its parts, the name in its normal form (PEP 503); null for urls, git and files. */
export function pypiSpec(spec: string): { name: string; extras: readonly string[]; range: string | null } | null {
  const match = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[([A-Za-z0-9._,\s-]*)\])?(.*)$/u.exec(spec.trim());
  if (match === null) return null;
  const [, rawName = "", rawExtras, rest = ""] = match;
  if (/\.(?:whl|zip|gz)$/iu.test(rawName)) return null;
  const name = pypiName(rawName);
  const extras = (rawExtras ?? "")
    .split(",")
    .map((extra) => extra.trim())
    .filter((extra) => extra !== "");
  const version = rest.replaceAll(/\s/gu, "");
  if (version === "" || version === "@latest") return { name, extras, range: null };
  const pinned = /^@(\d[A-Za-z0-9.+!-]*)$/u.exec(version);
  if (pinned !== null) return { name, extras, range: `==${pinned[1] ?? ""}` };
  return /^(?:[<>=~!]{1,3}[A-Za-z0-9.*+-]+(?:,|$))+$/u.test(version) ? { name, extras, range: version } : null;
}

/** The version itself when the range can only mean one. */
export function exactVersion(range: string | null): string | null {
  const match = /^(?:={0,3}|v)?(\d+(?:\.\d+){2}(?:[-+.][0-9A-Za-z.+-]+)?)$/u.exec(range ?? "");
  return match?.[1] ?? null;
}
