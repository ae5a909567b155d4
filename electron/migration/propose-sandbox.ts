import path from "node:path";
import type { SandboxSettings } from "../../shared/model/server.ts";

/**
 * A sensible box for a server that comes out of another app's config: as little as it needs to do what it is known for. A proposal only:
 * the person sees it with its reasons and can change it before anything is applied. What is not known gets nothing it does not name itself.
 */
export interface ProposalInput {
  readonly command: string;
  /** With references in place of secrets. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The package it runs and the server's own arguments; null: a program. */
  readonly package: { readonly name: string; readonly args: readonly string[] } | null;
  /** Where the entry stands in a project: its folder. */
  readonly project: string | null;
  readonly home: string;
}

export interface Proposal {
  readonly sandbox: SandboxSettings;
  /** One sentence for each thing that is opened, or why nothing is. */
  readonly why: readonly string[];
  readonly warnings: readonly string[];
}

interface Known {
  /** Tested on the package's name with its scope (`playwright/mcp`) and without, or the program's. */
  readonly name: RegExp;
  readonly hosts?: readonly string[];
  readonly why?: string;
  readonly warning?: string;
}

// Hosts as the services' own API documentation names them.
const known: readonly Known[] = [
  {
    name: /^(?:server-github|github-mcp(?:-server)?)$/,
    hosts: ["api.github.com", "uploads.github.com", "raw.githubusercontent.com"],
    why: "GitHub's API, its uploads and raw files.",
  },
  { name: /^(?:server-gitlab|gitlab-mcp(?:-server)?|mcp-gitlab)$/, hosts: ["gitlab.com"], why: "GitLab's API." },
  { name: /slack/, hosts: ["slack.com", "*.slack.com", "files.slack.com"], why: "Slack's API and files." },
  { name: /notion/, hosts: ["api.notion.com"], why: "Notion's API." },
  { name: /linear/, hosts: ["api.linear.app", "mcp.linear.app"], why: "Linear's API." },
  { name: /sentry/, hosts: ["sentry.io", "*.sentry.io"], why: "Sentry's API." },
  { name: /stripe/, hosts: ["api.stripe.com", "docs.stripe.com"], why: "Stripe's API and its documentation." },
  { name: /brave-search/, hosts: ["api.search.brave.com"], why: "Brave's search API." },
  { name: /tavily/, hosts: ["api.tavily.com"], why: "Tavily's API." },
  { name: /^context7-mcp$/, hosts: ["context7.com", "mcp.context7.com"], why: "Context7's API." },
  { name: /firecrawl/, hosts: ["api.firecrawl.dev"], why: "Firecrawl's API." },
  { name: /figma/, hosts: ["api.figma.com"], why: "Figma's API." },
  { name: /supabase/, hosts: ["api.supabase.com"], why: "Supabase's management API." },
  { name: /^(?:server-google-maps|google-maps-mcp)$/, hosts: ["maps.googleapis.com"], why: "Google Maps' API." },
  { name: /^(?:perplexity-mcp|server-perplexity(?:-ask)?)$/, hosts: ["api.perplexity.ai"], why: "Perplexity's API." },
  { name: /^exa-mcp(?:-server)?$/, hosts: ["api.exa.ai"], why: "Exa's API." },
  { name: /elevenlabs/, hosts: ["api.elevenlabs.io"], why: "ElevenLabs' API." },
  { name: /airtable/, hosts: ["api.airtable.com"], why: "Airtable's API." },
  { name: /cloudflare/, hosts: ["api.cloudflare.com"], why: "Cloudflare's API." },
  { name: /huggingface/, hosts: ["huggingface.co"], why: "Hugging Face's API." },
  {
    name: /playwright|puppeteer|chrome-devtools|browser/,
    why: "It drives a browser.",
    warning:
      "A browser needs more than this box opens: its own program, its profile and every site it visits. Open these for it, or waive its sandbox.",
  },
  {
    name: /^(?:mcp-server-fetch|fetch-mcp|server-fetch)$/,
    why: "It reads whatever address it is asked to.",
    warning: "It needs every host that it shall read: open them one by one.",
  },
  {
    name: /^mcp-remote$/,
    why: "It passes everything on to the address it is given.",
    warning: "It keeps its sign-in in a folder of its own and opens a browser, which this box does not allow.",
  },
  { name: /^(?:server-(?:memory|sequential-thinking|everything|time)|mcp-server-time)$/, why: "It needs neither files nor network." },
];

const runners = new Set(["docker", "podman", "nerdctl"]);

/** Pure; looks nothing up. */
export function proposeSandbox(input: ProposalInput): Proposal {
  const program = baseName(input.command).replace(/\.(exe|cmd)$/i, "");
  const whole = (input.package?.name ?? program).toLowerCase().replace(/^@/, "");
  const name = whole.replace(/^[^/]*\//, "");
  const args = input.package?.args ?? input.args;
  if (runners.has(program.toLowerCase())) {
    return {
      sandbox: {},
      why: ["It runs in a container, which is a box of its own."],
      warnings: [`It talks to ${program}, which our sandbox does not let it: it only starts if you waive its sandbox.`],
    };
  }
  const read: string[] = [];
  const write: string[] = [];
  const hosts: string[] = [];
  const why: string[] = [];
  const warnings: string[] = [];

  if (/^server-filesystem$|^mcp-server-filesystem$|^filesystem-mcp/.test(name)) {
    const folders = args.map((arg) => absolute(arg, input)).filter((folder) => folder !== null);
    write.push(...folders);
    why.push(folders.length === 0 ? "It names no folder, so none is opened." : "It may read and write exactly the folders it is given.");
    if (folders.some((folder) => isHomeOrAbove(folder, input.home))) {
      warnings.push("One of its folders is your whole home folder or more: keys and tokens are in it. Consider naming smaller ones.");
    }
  } else if (/^mcp-server-git$|^server-git$|^git-mcp/.test(name)) {
    const at = args.findIndex((arg) => arg === "--repository" || arg === "-r");
    const named = at === -1 ? args.find((arg) => arg.startsWith("--repository="))?.slice("--repository=".length) : args[at + 1];
    const folder = named === undefined ? input.project : absolute(named, input);
    if (folder !== null) write.push(folder);
    why.push(folder === null ? "It names no repository, so none is opened." : "It may read and write its repository.");
  } else if (/sqlite/.test(name)) {
    const at = args.findIndex((arg) => arg === "--db-path" || arg === "--db");
    const file = at === -1 ? args.find((arg) => /\.(?:db|sqlite3?)$/.test(arg)) : args[at + 1];
    const folder = file === undefined ? null : absolute(file, input);
    // SQLite keeps its journal beside the database, so the folder it is.
    if (folder !== null) write.push(path.dirname(folder));
    why.push(folder === null ? "It names no database, so no folder is opened." : "It may write where its database lies.");
  } else {
    const match = known.find((one) => one.name.test(name) || one.name.test(whole));
    if (match?.hosts !== undefined) hosts.push(...match.hosts);
    if (match?.why !== undefined) why.push(match.hosts === undefined ? match.why : `It may reach: ${match.why}`);
    if (match?.warning !== undefined) warnings.push(match.warning);
    const own = hostsIn([...args, ...Object.values(input.env)]).filter((host) => !hosts.includes(host));
    hosts.push(...own);
    if (own.length > 0) why.push(`It may reach ${own.join(", ")}, which its own settings name.`);
    if (match === undefined && own.length === 0)
      why.push("Nothing is known about it, so it gets no network and no files; open what it turns out to need.");
  }
  const files = mentionedFiles(input).filter((file) => !write.includes(file));
  if (files.length > 0) {
    read.push(...files);
    why.push(`It may read ${files.join(", ")}, which its settings name.`);
  }
  return {
    sandbox: {
      ...(read.length === 0 ? {} : { read }),
      ...(write.length === 0 ? {} : { write }),
      ...(hosts.length === 0 ? {} : { hosts }),
    },
    why,
    warnings,
  };
}

const defaultPorts: Readonly<Record<string, string>> = {
  postgres: "5432",
  postgresql: "5432",
  mysql: "3306",
  mariadb: "3306",
  mongodb: "27017",
  redis: "6379",
  rediss: "6379",
  amqp: "5672",
  bolt: "7687",
  neo4j: "7687",
};

/** Hosts of the urls in these texts, each once, as the sandbox writes them. */
function hostsIn(texts: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const text of texts) {
    for (const match of text.matchAll(/\b([a-z][a-z0-9+.-]{1,20}):\/\/([^\s"'`<>\\]{1,2000})/gi)) {
      const scheme = (match[1] ?? "").toLowerCase().replace(/\+.*$/, "");
      const authority = (match[2] ?? "").replace(/\$\{keychain:[^{}]*\}/g, "x").split(/[/?#]/)[0] ?? "";
      const hostPort = authority.slice(authority.lastIndexOf("@") + 1);
      const parsed = /^([a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?)(?::([1-9]\d{0,4}))?$/i.exec(hostPort);
      if (parsed === null) continue;
      const host = (parsed[1] ?? "").toLowerCase();
      const port = parsed[2] ?? defaultPorts[scheme];
      if (scheme === "file") continue;
      found.add(port === undefined || port === "443" || port === "80" ? host : `${host}:${port}`);
    }
  }
  return [...found];
}

/** Files that variables point to (`GOOGLE_APPLICATION_CREDENTIALS=/home/ann/key.json`): named outright, so it may read them, and them only. */
function mentionedFiles(input: ProposalInput): readonly string[] {
  return Object.entries(input.env).flatMap(([name, value]) => {
    if (!/(?:_FILE|_PATH|_CREDENTIALS|CONFIG)$/i.test(name) || !/\.[a-z0-9]{1,8}$/i.test(value)) return [];
    const file = absolute(value, input);
    return file === null || isHomeOrAbove(file, input.home) ? [] : [file];
  });
}

/** The absolute path a word names, or null where it is no path. `~` is the home folder; a relative one counts from the project. */
function absolute(word: string, { home, project }: Pick<ProposalInput, "home" | "project">): string | null {
  if (word === "~") return home;
  if (/^~[\\/]/.test(word)) return path.join(home, word.slice(2));
  if (path.isAbsolute(word)) return path.normalize(word);
  return project !== null && /^\.{1,2}(?:[\\/]|$)/.test(word) ? path.resolve(project, word) : null;
}

function isHomeOrAbove(folder: string, home: string): boolean {
  const relative = path.relative(folder, home);
  return relative === "" || (!relative.startsWith("..") && !path.isAbsolute(relative));
}

function baseName(file: string): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}
