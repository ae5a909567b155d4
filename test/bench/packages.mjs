// Real servers as people write them: the start by `npx -y` with a warm cache against the start through Portcullis, boxed. Needs the registry.
import { overStdio } from "./client.mjs";

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

async function startTime(argv, env) {
  const started = performance.now();
  const { client, end } = overStdio(argv, env);
  await client.initialize();
  const took = performance.now() - started;
  await end();
  return took;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

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
    await startTime(["npx", "-y", ...args], env); // fills npm's cache
    await startTime(connect(name), env); // installs
    const npx = [];
    const ours = [];
    for (let round = 0; round < rounds; round += 1) {
      npx.push(await startTime(["npx", "-y", ...args], env));
      ours.push(await startTime(connect(name), env));
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
