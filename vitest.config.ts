import { defineConfig } from "vitest/config";

// One project for each kind of test. What needs a keyring, a sandbox, Electron or a browser is real; test/run.mjs provides it.
export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.{ts,tsx}", "test/architecture.test.ts"], testTimeout: 20_000 } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: "forks",
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "security",
          include: ["test/security/**/*.test.ts", "test/security.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: "forks",
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "desktop",
          include: ["test/desktop/**/*.test.ts"],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          pool: "forks",
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
