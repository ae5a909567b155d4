import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { build } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the built renderer is. */
    rendererFolder: string;
  }
}

/** Builds the renderer once for all tests in a browser, into a folder of their own; returns what removes it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "portcullis-renderer-"));
  // The test runner says "test", which would give React's development build.
  const mode = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  const configFile = path.resolve(import.meta.dirname, "../../vite.config.ts");
  await build({ configFile, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  process.env["NODE_ENV"] = mode;
  project.provide("rendererFolder", folder);
  return () => rm(folder, { recursive: true, force: true });
}
