import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { registryUrl } from "./registry-url.ts";

/**
 * What of the person's uv configuration goes into the box that installs a package: where the indexes are and whom to trust. Nothing else: no
 * user name, no password, no `allow-insecure-host`. So a private index that wants a login does not work here, and says so. Read from where uv
 * reads it: its variables, the person's uv.toml, the system's (https://docs.astral.sh/uv/concepts/configuration-files/).
 */
export interface UvConfig {
  /** The default index first. */
  readonly indexes: readonly string[];
  /** `host` or `host:port` of every index, and where the files of pypi.org are. */
  readonly hosts: readonly string[];
  /** A file with certificates that must be readable in the box, or null. */
  readonly certificates: string | null;
  /** Trust what the system trusts, not uv's own list. */
  readonly nativeTls: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

const pypi = "https://pypi.org/simple";

/** @returns `install-failed` when a configuration file is there and cannot be understood: uv would not go on either */
export async function readUvConfig(env: Env, platform: NodeJS.Platform, home: string): Promise<Result<UvConfig>> {
  const files: UvFile[] = [];
  for (const file of configFiles(env, platform, home)) {
    const text = await fs.readFile(file, "utf8").catch(() => null);
    if (text === null) continue;
    const read = await parseUvFile(text);
    if (read === null) return fail("install-failed", `uv's configuration in ${file} cannot be read.`, "Put it right, then try again.");
    files.push(read);
  }
  return ok(chooseUvConfig(env, files));
}

function configFiles(env: Env, platform: NodeJS.Platform, home: string): readonly string[] {
  const named = env["UV_CONFIG_FILE"] ?? "";
  if (named !== "") return [named];
  if (platform === "win32") {
    const roots = [env["APPDATA"], env["SYSTEMDRIVE"] === undefined ? undefined : path.join(env["SYSTEMDRIVE"], path.sep, "ProgramData")];
    return roots.flatMap((root) => (root === undefined || root === "" ? [] : [path.join(root, "uv", "uv.toml")]));
  }
  const own = env["XDG_CONFIG_HOME"] ?? "";
  const system = (env["XDG_CONFIG_DIRS"] ?? "").split(":").filter((folder) => path.isAbsolute(folder));
  return [path.isAbsolute(own) ? own : path.join(home, ".config"), ...(system.length > 0 ? system : ["/etc/xdg"]), "/etc"].map((folder) =>
    path.join(folder, "uv", "uv.toml"),
  );
}

/** What one uv.toml says of indexes; `fallback` is null where it does not name the default. */
export interface UvFile {
  readonly fallback: string | null;
  readonly extra: readonly string[];
  readonly nativeTls: boolean | null;
}

/** Null: it is no TOML, or not of the shape it should be. */
export async function parseUvFile(text: string): Promise<UvFile | null> {
  const { getStaticTOMLValue, parseTOML } = await import("toml-eslint-parser");
  try {
    const all = table(getStaticTOMLValue(parseTOML(text)));
    const pip = table(all["pip"] ?? {});
    const indexes = list(all["index"]).map(table);
    const url = (index: Readonly<Record<string, unknown>>): unknown => (index["explicit"] === true ? undefined : index["url"]);
    const fallback = [...indexes.filter((index) => index["default"] === true).map(url), all["index-url"], pip["index-url"]];
    const extra = [
      ...indexes.filter((index) => index["default"] !== true).map(url),
      ...list(all["extra-index-url"]),
      ...list(pip["extra-index-url"]),
    ];
    const nativeTls = all["native-tls"] ?? all["system-certs"];
    return {
      fallback: fallback.find((each) => typeof each === "string") ?? null,
      extra: extra.filter((each) => typeof each === "string"),
      nativeTls: typeof nativeTls === "boolean" ? nativeTls : null,
    };
  } catch {
    return null;
  }
}

/** Chooses from the variables and the files, the nearest first. What is no http(s) address (a folder, say) is left out. */
export function chooseUvConfig(env: Env, files: readonly UvFile[]): UvConfig {
  const named = (name: string): readonly string[] => (env[name] ?? "").split(/\s+/u).filter((word) => word !== "");
  // `name=address` gives an index a name, which nobody asks for here.
  const unnamed = (name: string): readonly string[] => named(name).map((word) => word.replace(/^[\w.-]+=/u, ""));
  const fallback = [
    ...unnamed("UV_DEFAULT_INDEX"),
    ...named("UV_INDEX_URL"),
    ...files.flatMap((file) => (file.fallback === null ? [] : [file.fallback])),
    pypi,
  ]
    .map(registryUrl)
    .find((url) => url !== null);
  const extra = [...unnamed("UV_INDEX"), ...named("UV_EXTRA_INDEX_URL"), ...files.flatMap((file) => file.extra)].flatMap(
    (url) => registryUrl(url) ?? [],
  );
  const indexes = [...new Set([fallback ?? pypi, ...extra])];
  const hosts = indexes
    .map((url) => new URL(url).host)
    .flatMap((host) => (host === "pypi.org" ? [host, "files.pythonhosted.org"] : [host]));
  const certificates = env["SSL_CERT_FILE"] ?? "";
  const asked = env["UV_NATIVE_TLS"] ?? env["UV_SYSTEM_CERTS"] ?? "";
  return {
    indexes,
    hosts: [...new Set(hosts)],
    certificates: path.isAbsolute(certificates) ? certificates : null,
    nativeTls:
      asked === "" ? (files.map((file) => file.nativeTls).find((each) => each !== null) ?? false) : /^(?:1|true|yes|on|y|t)$/iu.test(asked),
  };
}

function table(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("not a table");
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError("not a list");
  return value;
}
