import { screen, type BrowserWindow, type Rectangle } from "electron";
import type { Approval } from "../../shared/model/approval.ts";
import type { Arming } from "./arming.ts";
import { messages } from "./messages.ts";
import { approvalBounds, approvalHeight, approvalWidth } from "./placement.ts";
import { backgroundColor, type Windows } from "./windows.ts";

/**
 * The window that asks. It comes above all others without taking the keyboard, and stays where it came up until the queue is empty.
 * Closing it, or its page dying, is a no to the question it shows (fail closed, threat 22); a new question never brings another
 * window (threat 21). While a client is connected its page is kept loaded but hidden, so that a question is painted at once.
 */
export interface ApprovalWindow {
  update(approvals: readonly Approval[], wanted: { readonly warm: boolean; readonly focus: boolean }): void;
  /** The page has fetched this question to show it. */
  shown(id: string): void;
  /** The page asks for this height. */
  resize(height: number): void;
  /** The person answered this one in it. */
  answered(id: string): void;
  /** Whether this question is before the person's eyes. */
  shows(id: string): boolean;
  /** The person asked for it (tray, notification): with the keyboard. */
  focus(): void;
  close(): void;
}

export interface ApprovalWindowDeps {
  readonly windows: Windows;
  readonly arming: Arming;
  readonly platform: NodeJS.Platform;
  trayBounds(): Rectangle | null;
  deny(approval: Approval): void;
}

/** How long a page may take to say how tall it is before it is shown all the same. */
const revealAtLatestMs = 1_500;
/** From the question's arrival at the page to its height; a height that stays the same is not told again. */
const settleMs = 80;
/** How long "this question is gone" stays up when nobody answered. */
const lingerMs = 6_000;
/** How long the page stays loaded after the last client has left. */
const coolMs = 60_000;

export function createApprovalWindow(deps: ApprovalWindowDeps): ApprovalWindow {
  const { arming } = deps;
  let window: BrowserWindow | null = null;
  let waiting: readonly Approval[] = [];
  let wantsFocus = false;
  let height = 360;
  let shownId: string | null = null;
  let lastAnswered: string | null = null;
  let revealing: NodeJS.Timeout | undefined;
  let hiding: NodeJS.Timeout | undefined;
  let cooling: NodeJS.Timeout | undefined;
  let closed = false;

  const visible = (): boolean => window?.isVisible() === true;

  const place = (anchor: BrowserWindow): void => {
    const tray = deps.trayBounds();
    const display = tray === null ? screen.getPrimaryDisplay() : screen.getDisplayMatching(tray);
    const tall = approvalHeight(height, display.workArea);
    anchor.setBounds(approvalBounds(tall, display.workArea, display.bounds, tray));
  };

  const create = (): BrowserWindow => {
    const made = deps.windows.create("approval", "approval.html", {
      width: approvalWidth,
      height,
      title: messages.appName,
      frame: false,
      resizable: false,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      skipTaskbar: true,
      alwaysOnTop: true,
      // The click that brings it to the front does not also press a button.
      acceptFirstMouse: false,
      backgroundColor: backgroundColor(),
      ...(deps.platform === "darwin" ? { type: "panel" } : {}),
      // Hidden, it must still lay out a question to know its height before it is shown.
      webPreferences: { backgroundThrottling: false },
    });
    made.setAlwaysOnTop(true, "screen-saver");
    made.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true, skipTransformProcessType: true });
    made.on("show", () => arming.disturb());
    made.on("move", () => arming.disturb());
    made.on("resize", () => arming.disturb());
    made.on("focus", () => arming.disturb());
    made.on("close", (event) => {
      if (closed) return;
      event.preventDefault();
      refuseShown();
      if (waiting.length === 0) hide();
      else renew();
    });
    made.webContents.on("render-process-gone", () => {
      refuseShown();
      drop();
      if (waiting.length > 0) present();
    });
    return made;
  };

  /** A no to what is before the person's eyes: the question the page has fetched, or is about to; nothing where that is gone already. */
  const refuseShown = (): void => {
    const shown = shownId === null ? waiting[0] : waiting.find((approval) => approval.id === shownId);
    if (shown === undefined) return;
    waiting = waiting.filter((approval) => approval !== shown);
    deps.deny(shown);
  };

  const ensure = (): BrowserWindow => {
    clearTimeout(cooling);
    cooling = undefined;
    window ??= create();
    return window;
  };
  const drop = (): void => {
    clearTimers();
    const old = window;
    window = null;
    shownId = null;
    if (old !== null && !old.isDestroyed()) old.destroy();
  };
  const clearTimers = (): void => {
    clearTimeout(revealing);
    clearTimeout(hiding);
    clearTimeout(cooling);
    revealing = hiding = cooling = undefined;
  };

  const present = (): void => {
    clearTimeout(hiding);
    hiding = undefined;
    ensure();
    if (!visible() && revealing === undefined) revealing = setTimeout(reveal, revealAtLatestMs);
  };
  const reveal = (): void => {
    clearTimeout(revealing);
    revealing = undefined;
    if (window === null || waiting.length === 0 || visible()) return;
    place(window);
    arming.disturb();
    if (wantsFocus) window.show();
    else window.showInactive();
    window.moveTop();
  };
  const hide = (): void => {
    clearTimers();
    window?.hide();
    renew();
  };
  /** The page still holds what it showed, and would let it stand before the next question: a new one begins with that. */
  const renew = (): void => {
    if (shownId === null) return;
    shownId = null;
    arming.disturb();
    window?.webContents.reload();
  };

  return {
    update(approvals, wanted) {
      if (closed) return;
      if (approvals[0]?.id !== waiting[0]?.id) arming.disturb();
      waiting = approvals;
      wantsFocus = wanted.focus;
      if (approvals.length > 0) {
        present();
        return;
      }
      clearTimeout(revealing);
      revealing = undefined;
      if (visible()) {
        if (shownId === null || shownId === lastAnswered) hide();
        else hiding ??= setTimeout(hide, lingerMs);
      }
      if (wanted.warm) ensure();
      else if (window !== null) cooling ??= setTimeout(() => (waiting.length === 0 && !visible() ? drop() : undefined), coolMs);
    },
    shown(id) {
      if (id !== shownId) arming.disturb();
      shownId = id;
      if (revealing === undefined || visible()) return;
      clearTimeout(revealing);
      revealing = setTimeout(reveal, settleMs);
    },
    resize(wanted) {
      height = wanted;
      if (window === null) return;
      if (visible()) {
        const { workArea } = screen.getDisplayMatching(window.getBounds());
        const bounds = window.getBounds();
        const tall = approvalHeight(height, workArea);
        if (tall === bounds.height) return;
        // It grows away from the edge it stands at.
        const atBottom = bounds.y + bounds.height / 2 > workArea.y + workArea.height / 2;
        const y = atBottom ? bounds.y + bounds.height - tall : bounds.y;
        arming.disturb();
        window.setBounds({ ...bounds, y: Math.max(workArea.y, y), height: tall });
      } else if (revealing !== undefined && shownId !== null && waiting.some(({ id }) => id === shownId)) {
        reveal();
      }
    },
    answered(id) {
      lastAnswered = id;
      if (waiting.length === 0 && id === shownId && visible()) hide();
    },
    shows: (id) => visible() && shownId === id,
    focus() {
      if (waiting.length === 0) return;
      wantsFocus = true;
      present();
      if (visible()) {
        window?.show();
        window?.focus();
      }
    },
    close() {
      closed = true;
      drop();
    },
  };
}
