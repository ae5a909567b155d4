// Which of an interpreter's arguments is the script that it runs. The script is opened to its server, so a word that is the value of an
// option must never be taken for one: the lists below hold every option of these interpreters that takes the next word.
interface InterpreterOptions {
  /** Letters that take a value: the rest of their word, or the next word. */
  readonly valueLetters: string;
  /** Letters whose value is only ever the rest of their word. */
  readonly attachedLetters: string;
  /** Letters and names after which there is no script: code, a module, a task. */
  readonly codeLetters: string;
  readonly codeNames: ReadonlySet<string>;
  /** Names that take the next word when there is no `=` in their own. */
  readonly valueNames: ReadonlySet<string>;
  /** Letters and names whose value is the script. */
  readonly scriptLetters: string;
  readonly scriptNames: ReadonlySet<string>;
  /** First words that come before a script and are none. */
  readonly commands: ReadonlySet<string>;
  /** First words after which there is no script. */
  readonly otherCommands: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/u).filter((word) => word !== ""));

function options(over: { readonly [Key in keyof InterpreterOptions]?: string }): InterpreterOptions {
  return {
    valueLetters: over.valueLetters ?? "",
    attachedLetters: over.attachedLetters ?? "",
    codeLetters: over.codeLetters ?? "",
    scriptLetters: over.scriptLetters ?? "",
    codeNames: words(over.codeNames ?? ""),
    valueNames: words(over.valueNames ?? ""),
    scriptNames: words(over.scriptNames ?? ""),
    commands: words(over.commands ?? ""),
    otherCommands: words(over.otherCommands ?? ""),
  };
}

const python = options({ valueLetters: "WX", codeLetters: "cm", valueNames: "check-hash-based-pycs jit" });

const known: Readonly<Record<string, InterpreterOptions>> = {
  // Node 18 to 26, and their aliases. V8's own options take a value only behind a `=`.
  node: options({
    valueLetters: "rC",
    codeLetters: "ep",
    codeNames: "eval print run",
    valueNames: `allow-fs-read allow-fs-write build-snapshot-config conditions cpu-prof-dir cpu-prof-interval cpu-prof-name debug-port
      diagnostic-dir disable-proto disable-warning dns-result-order env-file env-file-if-exists es-module-specifier-resolution
      experimental-config-file experimental-default-type experimental-loader experimental-package-map experimental-policy
      experimental-sea-config experimental-specifier-resolution experimental-test-isolation experimental-test-tag-filter heap-prof-dir
      heap-prof-interval heap-prof-name heapsnapshot-near-heap-limit heapsnapshot-signal icu-data-dir import input-type inspect-port
      inspect-publish-uid loader localstorage-file max-http-header-size max-old-space-size-percentage
      network-family-autoselection-attempt-timeout openssl-config policy-integrity redirect-warnings report-dir report-directory
      report-filename report-signal require secure-heap secure-heap-min security-revert security-reverts snapshot-blob stack-trace-limit
      test-concurrency test-coverage-branches test-coverage-exclude test-coverage-functions test-coverage-include test-coverage-lines
      test-global-setup test-isolation test-name-pattern test-random-seed test-reporter test-reporter-destination test-rerun-failures
      test-shard test-skip-pattern test-timeout title tls-cipher-list tls-keylog trace-event-categories trace-event-file-pattern
      trace-require-module unhandled-rejections use-largepages v8-pool-size watch-kill-signal watch-path`,
  }),
  deno: options({
    valueLetters: "cL",
    valueNames: `cert conditions config cpu-prof-dir cpu-prof-interval cpu-prof-name ext host import import-map location lock log-level
      minimum-dependency-age port preload require seed`,
    commands: "run serve",
    otherCommands: "eval repl task x",
  }),
  bun: options({
    valueLetters: "rdluFc",
    codeLetters: "ep",
    codeNames: "eval print",
    valueNames: `conditions config console-depth cpu-prof-dir cpu-prof-interval cpu-prof-name cwd define dns-result-order drop elide-lines
      env-file extension-order fetch-preconnect filter heap-prof-dir heap-prof-name import install jsx-factory jsx-fragment
      jsx-import-source jsx-runtime loader main-fields max-http-header-size origin port preload require shell title tsconfig-override
      unhandled-rejections user-agent`,
    commands: "run",
    otherCommands: "x exec",
  }),
  python,
  pypy: python,
  ruby: options({
    valueLetters: "CEIr",
    attachedLetters: "0FKTWUx",
    codeLetters: "e",
    valueNames: "disable dump enable encoding external-encoding internal-encoding",
  }),
  perl: options({ valueLetters: "I", attachedLetters: "0CDFMVdilmx", codeLetters: "eE" }),
  php: options({
    valueLetters: "cdz",
    codeLetters: "rBREFS",
    codeNames: "run process-begin process-code process-end process-file server",
    valueNames: "define docroot php-ini zend-extension",
    scriptLetters: "f",
    scriptNames: "file",
  }),
};

/** The script in an interpreter's arguments, as it is written, or null (`-m module`, `-c code`, `-e code`, `-`). */
export function firstScript(args: readonly string[], interpreter: string): string | null {
  const own = known[interpreter] ?? options({});
  let first = true;
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "-") return null;
    if (arg === "--") return args[at + 1] ?? null;
    if (!arg.startsWith("-")) {
      if (!first || !(own.commands.has(arg) || own.otherCommands.has(arg))) return arg;
      if (own.otherCommands.has(arg)) return null;
      first = false;
      continue;
    }
    const found = arg.startsWith("--") ? longOption(arg, own) : shortOptions(arg, own);
    if (found === "code") return null;
    if (found === "script") return args[at + 1] ?? null;
    if (typeof found === "object") return found.script;
    if (found === "value") at += 1;
  }
  return null;
}

type Meaning = "flag" | "value" | "code" | "script" | { readonly script: string };

function longOption(arg: string, own: InterpreterOptions): Meaning {
  const end = arg.indexOf("=");
  // Node takes `_` for `-` in the names of options.
  const name = arg.slice(2, end < 0 ? undefined : end).replaceAll("_", "-");
  if (own.codeNames.has(name)) return "code";
  if (own.scriptNames.has(name)) return end < 0 ? "script" : { script: arg.slice(end + 1) };
  return end < 0 && own.valueNames.has(name) ? "value" : "flag";
}

/** Several letters may stand in one word: `-uW default`. */
function shortOptions(arg: string, own: InterpreterOptions): Meaning {
  for (let at = 1; at < arg.length; at += 1) {
    const letter = arg.charAt(at);
    const rest = arg.slice(at + 1);
    if (letter === "=" || own.attachedLetters.includes(letter)) return "flag";
    if (own.codeLetters.includes(letter)) return "code";
    if (own.scriptLetters.includes(letter)) return rest === "" ? "script" : { script: rest };
    if (own.valueLetters.includes(letter)) return rest === "" ? "value" : "flag";
  }
  return "flag";
}
