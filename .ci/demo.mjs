// `npm run demo`: the app on a throw-away home with a real filesystem server and a scripted client that lists, reads and asks to
// write, so that the popup and the journal are seen within a minute. Nothing of yours is read or changed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const root = path.join(import.meta.dirname, "..");
const place = mkdtempSync(path.join(os.tmpdir(), "portcullis-demo-"));
const home = path.join(place, "home");
const site = path.join(place, "site");
const env = { ...process.env, PORTCULLIS_HOME: home };
// `--unattended` answers the question itself, on the command line: for tests and for machines without a display.
const unattended = process.argv.includes("--unattended");
const say = (text) => console.log(`demo: ${text}`);

function portcullis(...args) {
  const done = spawnSync(process.execPath, [path.join(root, "dist", "portcullis.js"), ...args], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (done.status !== 0) throw new Error(`portcullis ${args.join(" ")}: ${done.stderr.trim()}`);
  return done.stdout;
}

async function until(condition, seconds, what) {
  for (let i = 0; i < seconds * 20; i += 1) {
    if (condition()) return;
    await sleep(50);
  }
  throw new Error(`${what} did not happen within ${String(seconds)} s`);
}

function text(result) {
  return result.content.map((part) => (part.type === "text" ? part.text : `(${part.type})`)).join("\n");
}

async function script() {
  await until(() => existsSync(path.join(home, "run", "portcullis.sock")) || process.platform === "win32", 60, "the start of the app");
  const server = path.join(root, "node_modules", "@modelcontextprotocol", "server-filesystem");
  say(`adding the server "files": it may touch ${site} and nothing else, no network`);
  portcullis(
    "server",
    "add",
    "files",
    "--yes",
    "--read",
    path.join(root, "node_modules"),
    "--write",
    site,
    "--",
    process.execPath,
    path.join(server, "dist", "index.js"),
    site,
  );
  for (const tool of ["list_directory", "read_text_file"]) portcullis("rules", "add", "--allow", "--server", "files", "--tool", tool);
  say("rules: list_directory and read_text_file are allowed; everything else is a question");

  const client = new Client({ name: "demo-client", version: "1.0.0" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [path.join(root, "dist", "bridge.cjs"), "connect", "files", "--client", "Demo"],
      env,
      stderr: "inherit",
    }),
  );
  const call = async (name, args) => await client.callTool({ name, arguments: args }, undefined, { timeout: 600_000 });
  say(`the client lists the folder:\n${text(await call("list_directory", { path: site }))}`);
  say(`the client reads index.html:\n${text(await call("read_text_file", { path: path.join(site, "index.html") }))}`);
  say(
    unattended
      ? "the client asks to write index.html …"
      : "the client asks to write index.html: look at the popup (or the browser) and answer it …",
  );
  const answer = call("write_file", {
    path: path.join(site, "index.html"),
    content: "<h1>Hello</h1>\n<p>New text, written by the model.</p>\n",
  });
  if (unattended) {
    let waiting = [];
    await until(() => (waiting = JSON.parse(portcullis("approvals", "list", "--json"))).length > 0, 20, "the question");
    portcullis("approvals", "answer", waiting[0].id, "allow");
  }
  const result = await answer;
  say(`${result.isError === true ? "it was refused" : "it was allowed"}:\n${text(result)}`);
  say(`index.html now reads:\n${readFileSync(path.join(site, "index.html"), "utf8")}`);
  await client.close();
  say(`the journal:\n${portcullis("journal", "list")}`);
  say(portcullis("journal", "verify").trim());
}

mkdirSync(site, { recursive: true });
mkdirSync(home, { recursive: true });
writeFileSync(path.join(site, "index.html"), "<h1>Hello</h1>\n<p>Old text.</p>\n");
writeFileSync(path.join(site, "style.css"), "h1 { color: teal; }\n");
say(`a throw-away home: ${place}`);
const app = spawn(
  process.execPath,
  unattended ? [path.join(root, "dist", "portcullis.js"), "serve"] : [path.join(import.meta.dirname, "start.mjs")],
  { env, stdio: "inherit" },
);
const gone = new Promise((resolve) => app.on("exit", resolve));
let isEnding = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    isEnding = true;
    app.kill(signal);
  });
}
try {
  await Promise.race([script(), gone.then(() => Promise.reject(new Error("the app has ended")))]);
  if (unattended) app.kill("SIGTERM");
  else say("look around in the window; Ctrl+C here (or Quit in the tray) ends the demo and removes its files");
  await gone;
} catch (error) {
  // What the end cuts off is no failure.
  if (!isEnding) {
    say(`it did not work: ${error.message}`);
    process.exitCode = 1;
  }
  app.kill("SIGTERM");
  await gone;
} finally {
  rmSync(place, { recursive: true, force: true });
}
// The client's bridge may still be there after a failure; it has nothing more to do.
process.exit();
