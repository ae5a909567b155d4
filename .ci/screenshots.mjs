// `npm run screenshots`: the pictures in the README, taken anew by the tests that draw every screen.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { findElectron } from "./electron.mjs";

const root = path.join(import.meta.dirname, "..");
const from = path.join(root, "test-output", "screenshots");
const to = path.join(root, "assets", "screenshots");
const pictures = {
  "electron-approval-light.png": "approval-light.png",
  "electron-approval-dark.png": "approval-dark.png",
  "ui-activity-open-light.png": "activity-light.png",
  "ui-activity-dark.png": "activity-dark.png",
  "ui-servers-dark.png": "servers-dark.png",
  "ui-migration-review-open-light.png": "migration-review-light.png",
  "ui-migration-found-dark.png": "migration-found-dark.png",
  "ui-popup-remember-light.png": "approval-remember-light.png",
};

const electron = findElectron();
const vitest = [
  path.join(root, "node_modules", "vitest", "vitest.mjs"),
  "run",
  "test/renderer/screens.test.ts",
  "test/renderer/migration-steps.test.ts",
  "test/desktop/screenshots.test.ts",
];
const command =
  process.platform === "linux"
    ? ["xvfb-run", "-a", "-s", "-screen 0 1440x1000x24", process.execPath, ...vitest]
    : [process.execPath, ...vitest];
const { status } = spawnSync(command[0], command.slice(1), {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, ...(electron === null ? {} : { PORTCULLIS_TEST_ELECTRON: electron }) },
});
if (status !== 0) process.exit(1);
mkdirSync(to, { recursive: true });
for (const [name, as] of Object.entries(pictures)) copyFileSync(path.join(from, name), path.join(to, as));
console.log(`screenshots: ${Object.values(pictures).join(", ")} are in assets/screenshots`);
