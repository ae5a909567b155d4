import { domainToASCII } from "node:url";
import { isIP, isIPv4 } from "node:net";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";

/** One entry of a server's `hosts`: what it may reach, and through which ports. */
export interface HostRule {
  /** As the person wrote it. */
  readonly text: string;
  /** Lower case, punycode, no brackets; for a wildcard the part behind `*.`. */
  readonly host: string;
  readonly wildcard: boolean;
  readonly ports: readonly number[];
}

const DEFAULT_PORTS: readonly number[] = [80, 443];

function parsePort(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

function splitPort(text: string): { host: string; port: string | undefined } | undefined {
  if (text.startsWith("[")) {
    const match = /^\[([^\]]+)\](?::(.*))?$/.exec(text);
    return match?.[1] === undefined ? undefined : { host: match[1], port: match[2] };
  }
  const parts = text.split(":");
  if (parts.length > 2) return undefined;
  return { host: parts[0] ?? "", port: parts[1] };
}

/**
 * `host`, `host:port`, `*.host`, `*.host:port`, `[v6]`, `[v6]:port`. Without a port: 80 and 443. A wildcard covers every name below
 * the host, not the host itself, and needs at least two labels, so that `*` and `*.com` cannot open the whole internet by mistake.
 */
export function parseHost(text: string): Result<HostRule> {
  const wrong = (why: string): Result<HostRule> =>
    fail("bad-input", `“${text}” is not a host a sandbox can open: ${why}.`, "Write host, host:port, *.host or [IPv6 address]:port.");
  const split = splitPort(text);
  if (split === undefined) return wrong("an IPv6 address stands in brackets");
  const ports = split.port === undefined ? DEFAULT_PORTS : [parsePort(split.port)].filter((port) => port !== undefined);
  if (ports.length === 0) return wrong("the port is a number from 1 to 65535");
  const wildcard = split.host.startsWith("*.");
  const name = (wildcard ? split.host.slice(2) : split.host).toLowerCase();
  if (text.startsWith("[")) {
    if (isIP(name) !== 6) return wrong("there is no IPv6 address in the brackets");
    return ok({ text, host: name, wildcard: false, ports });
  }
  if (isIPv4(name)) {
    if (wildcard) return wrong("an address has no names below it");
    return ok({ text, host: name, wildcard: false, ports });
  }
  // `domainToASCII` parses like a URL: it would cut a path off and drop line breaks.
  if (/[\u0000-\u0020\u007f/\\?#@%:<>^|[\]]/.test(name)) return wrong("it holds a character that no host name has");
  const ascii = domainToASCII(name);
  if (!/^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/.test(ascii)) {
    return wrong("it is not a host name");
  }
  // 0x7f.1 and 2130706433 are addresses to some resolvers and names to others.
  if (/^(0x[0-9a-f]*|[0-9]+)$/.test(ascii.split(".").at(-1) ?? "")) return wrong("write an address as four plain numbers");
  if (wildcard && !ascii.includes(".")) return wrong("a wildcard needs at least two labels behind it");
  return ok({ text, host: ascii, wildcard, ports });
}

/** All of them, or the first error. */
export function parseHosts(texts: readonly string[]): Result<readonly HostRule[]> {
  const rules: HostRule[] = [];
  for (const text of texts) {
    const rule = parseHost(text);
    if (!rule.ok) return rule;
    rules.push(rule.value);
  }
  return ok(rules);
}

/** The allow list in sandbox-runtime's own syntax, one entry for each host and port. */
export function allowedDomains(rules: readonly HostRule[]): readonly string[] {
  return rules.flatMap((rule) => {
    const host = rule.wildcard ? `*.${rule.host}` : isIP(rule.host) === 6 ? `[${rule.host}]` : rule.host;
    return rule.ports.map((port) => `${host}:${port}`);
  });
}

/** Whether a name or address is this machine itself, which a program reaches without a proxy. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/**
 * A host that is offered inside the box at an address of its own, for programs that know no proxy (database drivers above all). Only
 * exact hosts with ports from 1024: an ordinary user's box may not listen below.
 */
export interface Forward {
  readonly host: string;
  readonly port: number;
  /** Where the box listens. */
  readonly listen: readonly string[];
}

export function planForwards(rules: readonly HostRule[]): readonly Forward[] {
  const forwards = new Map<string, Forward>();
  const addresses = new Map<string, string>();
  for (const rule of rules) {
    if (rule.wildcard) continue;
    for (const port of rule.ports) {
      if (port < 1024 || port === PROXY_PORT) continue;
      if (isLoopback(rule.host)) {
        const listen = rule.host === "localhost" ? ["127.0.0.1", "::1"] : [rule.host];
        // `localhost:5432` and `127.0.0.1:5432` may both be named: the first to claim an address keeps it.
        const free = listen.filter(
          (address) => ![...forwards.values()].some((other) => other.port === port && other.listen.includes(address)),
        );
        if (free.length > 0) forwards.set(`${rule.host}:${port}`, { host: rule.host, port, listen: free });
      } else if (isIP(rule.host) === 0) {
        const address = addresses.get(rule.host) ?? `127.77.${addresses.size >> 8}.${(addresses.size % 256) + 1}`;
        addresses.set(rule.host, address);
        forwards.set(`${rule.host}:${port}`, { host: rule.host, port, listen: [address] });
      }
    }
  }
  return [...forwards.values()];
}

/** Where the box's own end of the proxy listens; its network is private, so the number is free. */
export const PROXY_PORT = 3128;
