import { describe, expect, it } from "vitest";
import { allowedDomains, parseHost, parseHosts, planForwards } from "../../../electron/sandbox/hosts.ts";
import type { HostRule } from "../../../electron/sandbox/hosts.ts";

function rules(...texts: readonly string[]): readonly HostRule[] {
  const parsed = parseHosts(texts);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe("hosts", () => {
  it.each([
    ["api.github.com", ["api.github.com:80", "api.github.com:443"]],
    ["API.GitHub.com:8443", ["api.github.com:8443"]],
    ["*.example.org", ["*.example.org:80", "*.example.org:443"]],
    ["*.example.org:22", ["*.example.org:22"]],
    ["localhost:5432", ["localhost:5432"]],
    ["127.0.0.1:3000", ["127.0.0.1:3000"]],
    ["[::1]:3000", ["[::1]:3000"]],
    ["[2001:db8::1]", ["[2001:db8::1]:80", "[2001:db8::1]:443"]],
    ["bücher.example", ["xn--bcher-kva.example:80", "xn--bcher-kva.example:443"]],
  ])("%s opens %j", (text, expected) => {
    expect(allowedDomains(rules(text))).toEqual(expected);
  });

  it.each([
    "",
    "*",
    "*.com",
    "*:443",
    "a.*.example.org",
    "https://example.org",
    "example.org/path",
    "user@example.org",
    "example.org:0",
    "example.org:65536",
    "example.org:443:80",
    "example.org:",
    "::1",
    "2001:db8::1:443",
    "[example.org]",
    "[::1]x",
    "*.127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0x7f000001",
    "exa mple.org",
    "example.org\n",
    "evil.com\0.example.org",
    "-a.example.org",
    `${"a".repeat(64)}.example.org`,
  ])("%j is refused", (text) => {
    const parsed = parseHost(text);
    expect(parsed.ok ? parsed.value : parsed.error.code).toBe("bad-input");
  });

  it("forwards exact hosts with ports from 1024, each name at an address of its own", () => {
    expect(
      planForwards(rules("localhost:5432", "127.0.0.1:5432", "db.example.org:5432", "db.example.org:6379", "mq.example.org:5672")),
    ).toEqual([
      { host: "localhost", port: 5432, listen: ["127.0.0.1", "::1"] },
      { host: "db.example.org", port: 5432, listen: ["127.77.0.1"] },
      { host: "db.example.org", port: 6379, listen: ["127.77.0.1"] },
      { host: "mq.example.org", port: 5672, listen: ["127.77.0.2"] },
    ]);
    expect(planForwards(rules("api.example.org", "*.example.org:5432", "localhost:80", "localhost:3128", "192.0.2.1:5432"))).toEqual([]);
  });
});
