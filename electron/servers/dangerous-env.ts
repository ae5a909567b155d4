/** A variable that makes a program do more than what its command says (threat 30). */
export interface DangerousVariable {
  readonly name: string;
  /** In words, for the person who is asked to accept the server. */
  readonly reason: string;
}

const kinds: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^NODE_OPTIONS$/, reason: "makes Node load other code before the server's own" },
  {
    pattern: /^NODE_(PATH|REPL_EXTERNAL_MODULE|V8_COVERAGE|REDIRECT_WARNINGS)$/,
    reason: "changes which code Node loads or where it writes",
  },
  { pattern: /^NODE_(EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)$/, reason: "changes which certificates Node trusts" },
  { pattern: /^ELECTRON_RUN_AS_NODE$/, reason: "turns an app into a general program runner" },
  { pattern: /^LD_|^GLIBC_TUNABLES$|^GCONV_PATH$/, reason: "makes the dynamic linker load other code into every program" },
  { pattern: /^DYLD_/, reason: "makes macOS load other code into every program" },
  { pattern: /^PYTHON/, reason: "changes which code Python runs" },
  { pattern: /^OPENSSL_(CONF|MODULES|ENGINES)$/, reason: "makes OpenSSL load other code into every program that uses it" },
  { pattern: /^SSLKEYLOGFILE$/, reason: "writes the keys of its encrypted connections into a file" },
  { pattern: /^(PERL5LIB|PERL5OPT|PERL5DB|PERLLIB)$/, reason: "makes Perl load other code" },
  { pattern: /^RUBY(LIB|OPT)$/, reason: "makes Ruby load other code" },
  { pattern: /^(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH)$/, reason: "makes Java load other code" },
  { pattern: /^DOTNET_STARTUP_HOOKS$|^COR(ECLR)?_(PROFILER|ENABLE_PROFILING)/, reason: "makes .NET load other code" },
  { pattern: /^(BASH_ENV|ENV|ZDOTDIR|PROMPT_COMMAND|SHELLOPTS|BASHOPTS|PS4)$|^BASH_FUNC_/, reason: "makes shells run other code first" },
  { pattern: /^IFS$/, reason: "changes how shells split commands" },
  { pattern: /^(NPM_CONFIG|YARN|PNPM|BUN_CONFIG)_/i, reason: "changes where packages come from and what runs when they are installed" },
  { pattern: /^(PIP|UV|PIPX|POETRY)_/, reason: "changes where Python packages come from" },
  {
    pattern: /^GIT_(SSH|SSH_COMMAND|ASKPASS|EXTERNAL_DIFF|PAGER|EDITOR|EXEC_PATH|PROXY_COMMAND|CONFIG)/,
    reason: "makes git run other programs",
  },
  { pattern: /^(EDITOR|VISUAL|PAGER|BROWSER|SSH_ASKPASS|LESSOPEN|LESSCLOSE)$/, reason: "names a program that other programs start" },
  { pattern: /^PATH$/, reason: "decides which programs are found" },
  { pattern: /^(ALL|HTTPS?|FTP)_PROXY$/i, reason: "sends its connections through another machine" },
  {
    pattern: /^(SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_NO_VERIFY)$/,
    reason: "changes which certificates are trusted",
  },
  { pattern: /^(DBUS_SESSION_BUS_ADDRESS|SSH_AUTH_SOCK|DOCKER_HOST|XDG_RUNTIME_DIR)$/, reason: "points at a service that can act for you" },
];

/** Which of these variables deserve a second look, and why. Windows ignores case in names; so does this, for the ones known there. */
export function dangerousEnv(names: readonly string[], platform: NodeJS.Platform = "linux"): readonly DangerousVariable[] {
  return names.flatMap((name) => {
    const compared = platform === "win32" ? name.toUpperCase() : name;
    const kind = kinds.find(({ pattern }) => pattern.test(compared));
    return kind === undefined ? [] : [{ name, reason: kind.reason }];
  });
}
