// The floor: a plain Node relay that parses nothing, between a client and a server. relay.mjs COMMAND ARG…
import { spawn } from "node:child_process";
import process from "node:process";

const child = spawn(process.argv[2], process.argv.slice(3), { stdio: ["pipe", "pipe", "inherit"] });
process.stdin.pipe(child.stdin);
child.stdout.pipe(process.stdout);
child.on("exit", (code) => process.exit(code ?? 1));
