import fs from "node:fs/promises";
import path from "node:path";

const fixed = [
  ".local/bin",
  ".local/share/mise/shims",
  ".asdf/shims",
  ".volta/bin",
  ".local/share/fnm/aliases/default/bin",
  ".fnm/aliases/default/bin",
  "Library/Application Support/fnm/aliases/default/bin",
  ".bun/bin",
  ".deno/bin",
  ".cargo/bin",
  ".local/share/pnpm",
  "Library/pnpm",
  ".pyenv/shims",
  ".nodenv/shims",
];

/** Versions newest first, compared number by number. */
export function newestFirst(versions: readonly string[]): readonly string[] {
  const parts = (version: string): readonly number[] => (version.match(/[0-9]+/g) ?? []).map(Number);
  return [...versions].sort((a, b) => {
    const [left, right] = [parts(a), parts(b)];
    for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
      const difference = (right[index] ?? -1) - (left[index] ?? -1);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await fs.readdir(folder);
  } catch {
    return [];
  }
}

/** nvm's default version, else its newest. */
async function nvmFolder(home: string): Promise<readonly string[]> {
  const root = path.join(home, ".nvm");
  const versions = newestFirst((await list(path.join(root, "versions", "node"))).filter((name) => name.startsWith("v")));
  let wanted = "";
  try {
    wanted = (await fs.readFile(path.join(root, "alias", "default"), "utf8")).trim().replace(/^v/, "");
  } catch {
    // No default was chosen.
  }
  const chosen =
    versions.find((version) => wanted !== "" && (version === `v${wanted}` || version.startsWith(`v${wanted}.`))) ?? versions[0];
  return chosen === undefined ? [] : [path.join(root, "versions", "node", chosen, "bin")];
}

/** Where version managers and package managers put programs, as far as they exist: for when no login shell answers. */
export async function knownFolders(home: string): Promise<readonly string[]> {
  const candidates = [
    ...(await nvmFolder(home)),
    ...fixed.map((folder) => path.join(home, ...folder.split("/"))),
    "/opt/homebrew/bin",
    "/opt/homebrew/sbin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/snap/bin",
  ];
  const there = await Promise.all(
    candidates.map(async (folder) => {
      try {
        return (await fs.stat(folder)).isDirectory();
      } catch {
        return false;
      }
    }),
  );
  return candidates.filter((_, index) => there[index] === true);
}
