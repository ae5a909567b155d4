import { runConnect } from "./run-connect.ts";

/** The entry of dist/bridge.cjs: `node bridge.cjs SERVER [--client NAME]`, what a client's config launches. */
void runConnect(process.argv.slice(2));
