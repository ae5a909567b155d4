// The desktop app in a real Electron on the display there is: what it takes while it does nothing (no window, no client), and how long
// from a call's arrival until its popup is painted. Prints its figures as JSON. `desktop-run.mjs` starts it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { descendants, readProcesses } from "../../electron/sandbox/process-tree.ts";
import { askApp } from "../fixtures/desktop/ask-app.ts";
import { addServer } from "../fixtures/desktop/connect-client.ts";
import { findElectron, launchDesktop, looked, root, sandboxSwitches, until, whyNoElectron } from "../fixtures/desktop/launch-desktop.ts";
import { connectTo, echo, memory, node } from "./app.mjs";

const quick = process.argv.includes("--quick");
const server = "echo";
/** Until nothing of the start is left to do, and the keychain's helper, which stays for a while for the next question, has ended. */
const settledMs = quick ? 1_500 : 25_000;

async function memoryOf(pid) {
  for (let tries = 1; ; tries += 1) {
    const found = memory([pid, ...descendants(await readProcesses(), pid).map((entry) => entry.pid)]);
    // One of them may have ended between the two looks.
    if (!Number.isNaN(found.pss) || tries === 5) return found;
    await delay(200);
  }
}

/** Without a window: as the login or a bridge starts it, or an Electron that does nothing, the floor. */
async function started(...args) {
  const home = mkdtempSync(path.join(os.tmpdir(), "pc-"));
  const child = spawn(findElectron() ?? "", [...sandboxSwitches(), ...args], {
    env: { ...process.env, PORTCULLIS_HOME: home, HOME: home },
    stdio: "ignore",
  });
  try {
    await delay(settledMs);
    return await memoryOf(child.pid ?? 0);
  } finally {
    child.kill();
    await once(child, "exit");
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The clock's time in ms at which the popup was on the screen with this text in it: two frames after both were true. */
async function painted(desktop, text) {
  const page = await desktop.approval();
  return page.evaluate(
    (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const shown = document.body.textContent.includes(wanted) && Reflect.get(globalThis, "shownForBench") === true;
          if (!shown) requestAnimationFrame(look);
          else requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())));
        };
        look();
      }),
    text,
  );
}

/** The window tells its page when it is shown and hidden: a page that is kept ready cannot see the difference. */
async function tellShown(desktop) {
  await until("the approval page", async () => desktop.electron.windows().some((page) => page.url().includes("approval.html")));
  await desktop.electron.evaluate(({ BrowserWindow }) => {
    const window = BrowserWindow.getAllWindows().find((candidate) => candidate.webContents.getURL().includes("approval.html"));
    const tell = (shown) => () => void window?.webContents.executeJavaScript(`globalThis.shownForBench = ${String(shown)}`);
    window?.on("show", tell(true));
    window?.on("hide", tell(false));
  });
}

async function ask(desktop, client, text) {
  // The page begins anew after each question.
  await delay(quick ? 500 : 1_000);
  const seen = painted(desktop, text);
  await delay(100);
  const arrived = performance.timeOrigin + performance.now();
  const answer = client.request("tools/call", { name: "echo", arguments: { text } });
  const took = (await seen) - arrived;
  await askApp(desktop.home, "approval.denyAll", {});
  await answer;
  await until("the popup to go", async () => {
    // With nothing waiting, closing it is reading "this question is gone" and going on.
    await looked(() =>
      desktop.electron.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()
          .find((window) => window.webContents.getURL().includes("approval.html"))
          ?.close(),
      ),
    );
    return (await desktop.approvalWindow())?.visible !== true;
  });
  return took;
}

const missing = whyNoElectron();
if (missing === null) {
  const bare = await started(path.join(import.meta.dirname, "bare-electron.cjs"));
  const background = await started(root, "--background");
  const desktop = await launchDesktop();
  try {
    await addServer(desktop, server, { command: node, args: [echo], sandbox: { read: [path.dirname(echo)] } });
    await looked(() =>
      desktop.electron.evaluate(({ BrowserWindow }) => {
        for (const window of BrowserWindow.getAllWindows()) window.close();
      }),
    );
    await delay(settledMs);
    const idle = await memoryOf(desktop.electron.process().pid ?? 0);
    const first = await connectTo(desktop.home, server);
    await first.client.initialize();
    await tellShown(desktop);
    const firstMs = await ask(desktop, first.client, "question-first");
    const paintedMs = [];
    for (let i = 0; i < (quick ? 3 : 9); i += 1) paintedMs.push(await ask(desktop, first.client, `question-${String(i)}`));
    await first.end();
    console.log(JSON.stringify({ bare, background, idle, firstMs, paintedMs }));
  } finally {
    await desktop.close();
  }
} else console.log(JSON.stringify({ missing }));
