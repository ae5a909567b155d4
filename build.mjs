// Bundles the app into dist/: the desktop's main and preload, the command, the bridge, the helpers and the renderer. No type check
// (`npm run check:types`), no source maps. Built beside the old dist and swapped in at the end, so that a running app or test never
// sees half of a build.
import { chmod, mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { rolldown } from "rolldown";
import { build as buildPages } from "vite";

const root = import.meta.dirname;
const final = path.join(root, "dist");
const staging = path.join(root, "node_modules", ".cache", `portcullis-build-${String(process.pid)}`);

// Native code, or files that find their own files beside them: loaded from node_modules at run time.
const external = ["electron", "keytar", "libsql", /^@anthropic-ai\/sandbox-runtime($|\/)/];

// The ES module of a package, where it has both: what was written for another loader does not survive bundling.
const resolve = { mainFields: ["module", "main"] };

/** ES modules for Node; `input` maps names below dist to entry files. What they share becomes a chunk in `chunks`. */
function esm(input, chunks) {
  return {
    input,
    options: { platform: "node", external, resolve },
    output: { format: "esm", entryFileNames: "[name].js", chunkFileNames: `${chunks}/[name]-[hash].js` },
  };
}

/** One file and nothing beside it: it is copied out of the app, or runs where there is no node_modules. */
function single(name, entry, { external = [] } = {}) {
  return {
    input: { [name]: entry },
    options: { platform: "node", external, resolve },
    output: { format: "cjs", entryFileNames: "[name].cjs", codeSplitting: false },
  };
}

const bundles = [
  esm({ main: "electron/main.ts", portcullis: "electron/portcullis.ts" }, "lib"),
  // Chunks beside them: a packaged app keeps this folder outside its archive.
  esm(
    {
      "helpers/keychain-helper": "electron/vault/keychain-helper.ts",
      "helpers/supervisor-helper": "electron/sandbox/supervisor-helper.ts",
    },
    "helpers/lib",
  ),
  single("bridge", "electron/bridge/bridge.ts"),
  single("preload", "electron/preload.ts", { external: ["electron"] }),
];

function say(line) {
  process.stderr.write(`build: ${line}\n`);
}

async function exists(file) {
  return (await stat(file).catch(() => null)) !== null;
}

async function bundle({ input, options, output }) {
  const present = {};
  const missing = [];
  for (const [name, entry] of Object.entries(input)) {
    if (await exists(path.join(root, entry))) present[name] = path.join(root, entry);
    else missing.push(entry);
  }
  if (Object.keys(present).length === 0) return missing;
  const build = await rolldown({ cwd: root, logLevel: "warn", ...options, input: present });
  try {
    await build.write({ dir: staging, minify: false, comments: { legal: true, annotation: false, jsdoc: false }, ...output });
  } finally {
    await build.close();
  }
  return missing;
}

async function pages() {
  const configFile = path.join(root, "vite.config.ts");
  if (!(await exists(configFile))) return ["vite.config.ts"];
  await buildPages({
    configFile,
    logLevel: "warn",
    build: { outDir: path.join(staging, "renderer"), emptyOutDir: true, sourcemap: false },
  });
  return [];
}

async function swapIn() {
  const old = `${staging}-old`;
  await rename(final, old).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(staging, final);
  await rm(old, { recursive: true, force: true });
}

const started = performance.now();
await mkdir(staging, { recursive: true });
try {
  const parts = await Promise.allSettled([...bundles.map(bundle), pages()]);
  const failures = parts.filter(({ status }) => status === "rejected");
  if (failures.length > 0) {
    for (const { reason } of failures) say(reason instanceof Error ? reason.message : String(reason));
    throw new Error("failed; dist is as it was");
  }
  const missing = parts.flatMap(({ value }) => value);
  for (const name of ["portcullis.js", "bridge.cjs"]) {
    const file = path.join(staging, name);
    if (await exists(file)) await chmod(file, 0o755);
  }
  await swapIn();
  say(`dist is ready (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (missing.length > 0) {
    say(`left out, because there is no such file: ${missing.join(", ")}`);
    process.exitCode = 1;
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await rm(staging, { recursive: true, force: true });
}
