#!/usr/bin/env node

/**
 * The `portcullis` command. `connect` is what clients launch: it loads the bridge and nothing else. An unexpected exception is told by
 * its place only: its message may hold anything.
 */
async function main(): Promise<void> {
  const [, file = "", ...args] = process.argv;
  if (args[0] === "connect") {
    const { runConnect } = await import("./bridge/run-connect.ts");
    await runConnect(args.slice(1));
    return;
  }
  const { runProcess } = await import("./commands/run-process.ts");
  process.exit(await runProcess(args, file));
}

function crash(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack.split("\n").filter((line) => line.startsWith("    at "));
  const name = error instanceof Error ? error.name : "an error";
  process.stderr.write(`portcullis: ${name} inside Portcullis; this is a bug\n${frames.slice(0, 10).join("\n")}\n`);
  process.exit(1);
}

// Output that nobody reads (`| head`) is no failure; whether it could be written otherwise is for each command to look at.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);
void main();
