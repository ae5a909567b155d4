import { readFile } from "node:fs/promises";
import { screen, type BrowserWindow } from "electron";
import { z } from "zod";
import { writeFileAtomic } from "../atomic-file.ts";
import { messages } from "./messages.ts";
import { visibleBounds, type Box } from "./placement.ts";
import { backgroundColor, pageUrl, type Windows } from "./windows.ts";
import { zoomByKeys } from "./zoom.ts";

/** The main window: made when it is opened and gone when it is closed, so that an idle app in the tray holds no page in memory. */
export interface MainWindow {
  /** Brings it up, at a screen if one is named. */
  open(screen: string | undefined): Promise<void>;
  /** The window, while there is one. */
  current(): BrowserWindow | null;
  close(): void;
}

const boundsSchema = z.object({ x: z.int(), y: z.int(), width: z.int().min(400), height: z.int().min(300) });
/** `servers` or `servers/github`: what the page understands after the #. */
const screenPattern = /^[a-z]{1,32}(\/[A-Za-z0-9._-]{1,64})?$/;
const size = { width: 1080, height: 720 };

export interface MainWindowDeps {
  readonly windows: Windows;
  /** Where its place on the screen is remembered. */
  readonly boundsFile: string;
}

export function createMainWindow({ windows, boundsFile }: MainWindowDeps): MainWindow {
  let window: BrowserWindow | null = null;
  let opening: Promise<void> | null = null;

  const remembered = async (): Promise<Box | null> => {
    const text = await readFile(boundsFile, "utf8").catch(() => "");
    try {
      const bounds = boundsSchema.safeParse(JSON.parse(text));
      return bounds.success
        ? visibleBounds(
            bounds.data,
            screen.getAllDisplays().map((display) => display.workArea),
          )
        : null;
    } catch {
      return null; // not there, or not ours: the window stands where the system puts it
    }
  };

  const create = async (hash: string | undefined): Promise<void> => {
    const bounds = await remembered();
    const made = windows.create(
      "window",
      "index.html",
      {
        ...size,
        ...bounds,
        minWidth: 640,
        minHeight: 480,
        title: messages.appName,
        backgroundColor: backgroundColor(),
      },
      hash,
    );
    window = made;
    zoomByKeys(made.webContents, process.platform);
    made.on("close", () => {
      // Losing this is losing a convenience.
      writeFileAtomic(boundsFile, `${JSON.stringify(made.getNormalBounds())}\n`).catch(() => undefined);
    });
    made.on("closed", () => {
      if (window === made) window = null;
    });
    // A page that crashed cannot say so; the next opening makes a new one.
    made.webContents.on("render-process-gone", () => made.destroy());
    await new Promise<void>((resolve) => {
      made.once("ready-to-show", resolve);
      made.once("closed", resolve);
      made.webContents.once("did-fail-load", () => resolve());
    });
    if (!made.isDestroyed()) made.show();
  };

  return {
    async open(asked) {
      const hash = asked !== undefined && screenPattern.test(asked) ? `/${asked}` : undefined;
      await opening;
      if (window === null) {
        opening = create(hash).finally(() => {
          opening = null;
        });
        await opening;
        return;
      }
      if (hash !== undefined) await window.loadURL(pageUrl("index.html", hash)).catch(() => undefined);
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    current: () => window,
    close: () => window?.destroy(),
  };
}
