import os from "node:os";
import { countHidden } from "../../shared/text/reveal.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { boxWarnings } from "../sandbox/explain.ts";
import { lookAlike } from "./known-packages.ts";
import type { Recognised } from "./recognise.ts";
import { programName } from "./recognise.ts";

/**
 * What in a server's command deserves a second look before it is accepted (threats 1 and 30), in words. These are hints for the
 * eye, no protection: what protects is that nothing runs before it is accepted, and then only in its box.
 */
export interface WarningInput {
  readonly settings: ServerSettings;
  readonly recognised: Recognised;
  /** Names of environment variables that change what is run, each with the reason. */
  readonly dangerousEnv: (names: readonly string[]) => readonly { readonly name: string; readonly reason: string }[];
  /** The person's home folder; default: this user's. */
  readonly home?: string;
}

interface Sign {
  readonly pattern: RegExp;
  readonly words: string;
}

const shells = new Set(["sh", "bash", "zsh", "dash", "ksh", "fish", "cmd", "powershell", "pwsh", "wsl"]);
const privileged = new Set(["sudo", "doas", "pkexec", "su", "runas", "gsudo"]);

// Each is looked for in the command and its arguments joined by spaces, so that `sh -c "…"` and separate words are both seen.
const signs: readonly Sign[] = [
  { pattern: /\brm\s+(?:-\S+\s+)*-[a-z]*[rf]/iu, words: "It deletes files (rm with -r or -f)." },
  { pattern: /\b(?:del|rd|rmdir)\s+\/[sqf]\b|\bremove-item\b/iu, words: "It deletes files." },
  { pattern: /\b(?:mkfs|shred|dd\s+(?:if|of)=)/iu, words: "It overwrites disks or files." },
  {
    pattern: /\b(?:curl|wget|iwr|invoke-webrequest|fetch)\b[^|]{0,2000}\|\s*(?:\S*\/)?(?:ba|z|da|k)?sh\b/iu,
    words: "It downloads a script and runs it (curl | sh).",
  },
  {
    pattern: /(?:^|[\s;&|(`"'/])(?:curl|wget|aria2c)(?=\s|$)|\b(?:iwr|irm|invoke-webrequest)\b/iu,
    words: "It downloads something (curl, wget).",
  },
  {
    pattern: /\bbase64\s+(?:-d\b|-D\b|--decode)|\bfrombase64string\b|\batob\(|-e(?:nc|ncodedcommand)\b/iu,
    words: "It decodes hidden text (base64).",
  },
  { pattern: /[A-Za-z0-9+/_-]{200,}={0,2}/u, words: "It holds a very long run of letters that cannot be read: it could be encoded code." },
  { pattern: /\/dev\/(?:tcp|udp)\/|\b(?:nc|ncat|netcat)\s+(?:-\S+\s+)*-[a-z]*[ec]\b/iu, words: "It opens a raw network connection." },
  { pattern: /(?:^|[\s/\\"'=:])\.ssh(?:[\s/\\"']|$)|\bid_(?:rsa|ed25519|ecdsa|dsa)\b/iu, words: "It names your SSH keys (~/.ssh)." },
  {
    pattern: /(?:^|[\s/\\"'=:])\.(?:aws|gnupg|kube|netrc|npmrc|pypirc|docker|azure|git-credentials)(?:[\s/\\"']|$)|\.config\/gcloud/iu,
    words: "It names a place where credentials are kept.",
  },
  { pattern: /\/etc\/(?:shadow|sudoers|passwd)\b/iu, words: "It names the system's account files." },
  {
    pattern: /docker\.sock|--privileged\b|\s-v\s*\/:|--volume[=\s]\/:|--pid[=\s]host|--net(?:work)?[=\s]host/iu,
    words: "It opens a container to this machine.",
  },
  {
    pattern: /\bchmod\s+\S*(?:\+x|777)|\bcrontab\b|\blaunchctl\b|\bsystemctl\b|\bschtasks\b/iu,
    words: "It changes what this machine runs.",
  },
  { pattern: /\$\(|`/u, words: "It holds a command inside the command ($(…) or backticks)." },
  { pattern: /\bhttp:\/\/(?!localhost\b|127\.|\[::1\])/iu, words: "It names an address without encryption (http://)." },
  { pattern: /\b(?:eval|exec)\s*[("'$]/iu, words: "It runs text as code (eval)." },
];

const codeOptions: Readonly<Record<string, readonly string[]>> = {
  node: ["-e", "--eval", "-p", "--print", "-r", "--require", "--import", "--loader", "--experimental-loader"],
  bun: ["-e", "--eval", "-r", "--preload"],
  deno: ["eval"],
  python: ["-c"],
  python3: ["-c"],
  perl: ["-e", "-E"],
  ruby: ["-e"],
  php: ["-r"],
};

/** One sentence for each thing found; nothing found is no promise. */
export function serverWarnings(input: WarningInput): readonly string[] {
  const { settings, recognised } = input;
  const args = settings.args ?? [];
  const text = [settings.command, ...args].join(" ");
  const program = programName(settings.command);
  const found: string[] = [];
  const privilege = [program, ...args.flatMap((arg) => arg.split(/[\s;&|]+/u))].find((word) => privileged.has(word));
  if (privilege !== undefined) found.push(`It asks for more rights than yours (${privilege}).`);
  if (shells.has(program) && recognised.kind === "plain") {
    found.push(`It is a shell script on the command line (${program}): read all of it.`);
    if (/[|;&<>]/u.test(args.join(" "))) found.push("It chains or redirects commands (| ; & < >).");
  }
  const code = (codeOptions[program.replace(/[\d.]+$/u, "")] ?? codeOptions[program] ?? []).find((option) =>
    args.some((arg) => arg === option || arg.startsWith(`${option}=`)),
  );
  if (code !== undefined) found.push(`It runs code given on the command line (${program} ${code}).`);
  for (const sign of signs) if (sign.pattern.test(text)) found.push(sign.words);
  if (/^(?:\/tmp|\/var\/tmp|\/dev\/shm)\//u.test(settings.command) || /[\\/](?:Downloads|Temp)[\\/]/iu.test(settings.command)) {
    found.push("The program is in a folder where any program can put files.");
  }
  for (const { name, reason } of input.dangerousEnv(Object.keys(settings.env ?? {}))) found.push(`${name} is set: ${reason}`);
  const hidden = countHidden([text, settings.cwd ?? "", ...Object.entries(settings.env ?? {}).flat()].join(" "));
  if (hidden > 0) found.push(`It holds ${hidden === 1 ? "a character" : `${hidden} characters`} that cannot be seen.`);
  if (text.length > 1000) found.push(`It is ${text.length} characters long: read it to the end.`);
  if (/\s{20}/u.test(text)) found.push("It holds a long gap; something may stand behind it.");
  if (recognised.kind === "npm" || recognised.kind === "pypi") {
    const known = lookAlike(recognised.name);
    if (known !== null) found.push(`The package ${recognised.name} is not the well-known ${known}, but its name is almost the same.`);
  }
  if (recognised.kind === "refused") found.push(`It cannot be started as it is: ${recognised.reason}`);
  return [...found, ...boxWarnings(settings.sandbox ?? {}, settings.command, input.home ?? os.homedir())];
}
