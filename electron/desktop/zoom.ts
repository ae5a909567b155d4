import type { WebContents } from "electron";

/** What Electron takes for one step; about a fifth. */
const step = 0.5;
const least = -2;
const most = 5;

export interface ZoomInput {
  readonly type: string;
  readonly key: string;
  readonly control: boolean;
  readonly meta: boolean;
  readonly alt: boolean;
}

/** The zoom level after a key, or null where it is no zoom key: Ctrl (Cmd on macOS) with +, -, 0; = and _ are + and - without their Shift. */
export function zoomAfter(level: number, input: ZoomInput, platform: NodeJS.Platform): number | null {
  const modifier = platform === "darwin" ? input.meta && !input.control : input.control && !input.meta;
  if (input.type !== "keyDown" || !modifier || input.alt) return null;
  if (input.key === "0") return 0;
  if (input.key === "+" || input.key === "=") return Math.min(most, level + step);
  if (input.key === "-" || input.key === "_") return Math.max(least, level - step);
  return null;
}

/** There is no menu that would bring these keys. */
export function zoomByKeys(contents: WebContents, platform: NodeJS.Platform): void {
  contents.on("before-input-event", (event, input) => {
    const level = zoomAfter(contents.getZoomLevel(), input, platform);
    if (level === null) return;
    event.preventDefault();
    contents.setZoomLevel(level);
  });
}
