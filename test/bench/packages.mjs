// Real servers as people write them: the start by `npx -y` with a warm cache against the start through Portcullis, boxed. Needs the registry.
import { overStdio } from "./client.mjs";
import { startTime } from "./starts.mjs";
import { median } from "./targets.mjs";

const servers = {
  everything: ["@modelcontextprotocol/server-everything"],
  filesystem: ["@modelcontextprotocol/server-filesystem", "/usr/share"],
  memory: ["@modelcontextprotocol/server-memory"],
  thinking: ["@modelcontextprotocol/server-sequential-thinking"],
  context7: ["@upstash/context7-mcp"],
  notion: ["@notionhq/notion-mcp-server"],
  github: ["@modelcontextprotocol/server-github"],
  devtools: ["chrome-devtools-mcp"],
};
const rounds = 3;

const started = (argv, env) => startTime(async () => overStdio(argv, env));

/** Prints a row for each server: `npx -y` warm, ours, and the ratio. `connect` gives the bridge's command line for a server. */
export async function comparePackages({ portcullis, connect, env }) {
  const rows = [];
  for (const [name, args] of Object.entries(servers)) {
    await portcullis(
      "server",
      "add",
      name,
      "--yes",
      ...(name === "filesystem" ? ["--read", "/usr/share"] : []),
      "--",
      "npx",
      "-y",
      ...args,
    );
    await started(["npx", "-y", ...args], env); // fills npm's cache
    await started(connect(name), env); // installs
    const npx = [];
    const ours = [];
    for (let round = 0; round < rounds; round += 1) {
      npx.push(await started(["npx", "-y", ...args], env));
      ours.push(await started(connect(name), env));
    }
    rows.push({
      server: args[0],
      "npx -y, warm, ms": Math.round(median(npx)),
      "portcullis, boxed, ms": Math.round(median(ours)),
      ratio: (median(ours) / median(npx)).toFixed(2),
    });
  }
  console.table(rows);
}
