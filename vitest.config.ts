import os from "node:os";
import { defineConfig } from "vitest/config";

// One project for each kind of test. What needs a keyring, a sandbox, Electron or a browser is real; test/run.mjs provides it.

/** One more than there are processors: a quarter of the time of a test is waiting for a server to end, an installation or a deadline. */
const maxWorkers = os.availableParallelism() + 1;

/**
 * On a CI machine that is shared and slow, what waits for processes, screens and disks gets a second try, and test/run.mjs names each
 * test that needed it. Not the unit and security tests: there once is enough.
 */
const patient = { retry: process.env["CI"] === undefined ? 0 : 1 };

const project = (name: string, include: string[], timeout: number, more = {}) => ({
  test: { name, include, testTimeout: timeout, hookTimeout: timeout, pool: "forks" as const, maxWorkers, ...more },
});

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      // What they test keeps nothing in its modules (test/architecture.test.ts): a worker serves one file after the other.
      project("unit", ["test/unit/**/*.test.{ts,tsx}", "test/architecture.test.ts"], 60_000, { isolate: false }),
      project("integration", ["test/integration/**/*.test.ts"], 120_000, patient),
      project("security", ["test/security/**/*.test.ts", "test/security.test.ts"], 120_000),
      project("renderer", ["test/renderer/**/*.test.ts"], 60_000, { ...patient, globalSetup: ["test/renderer/build-renderer.ts"] }),
      // One after the other: they share a screen and its focus.
      project("desktop", ["test/desktop/**/*.test.ts"], 90_000, { ...patient, maxWorkers: 1, fileParallelism: false }),
    ],
  },
});
