import { runConnect } from "./run-connect.ts";

/**
 * The entry of dist/bridge.cjs: `node bridge.cjs [connect] SERVER [--client NAME]`, what a client's config launches. There is one
 * server, so a leading `connect` before another word is the verb, and alone it is a server's name.
 */
const args = process.argv.slice(2);
const verb = args[0] === "connect" && args[1] !== undefined && !args[1].startsWith("-");
void runConnect(verb ? args.slice(1) : args);
