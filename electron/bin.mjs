#!/usr/bin/env node
// What `npx portcullis` runs in a checkout. It is there before the first build: npm links a command once, when its file exists, and
// remembers that it did not. Plain JavaScript, because nothing has been compiled when it has something to say.
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const entry = new URL("../dist/portcullis.js", import.meta.url);
if (existsSync(entry)) {
  // What was built finds its other files beside itself.
  process.argv[1] = fileURLToPath(entry);
  await import(entry.href);
} else {
  process.stderr.write("portcullis: it is not built yet\n  run: npm run build\n");
  process.exitCode = 1;
}
