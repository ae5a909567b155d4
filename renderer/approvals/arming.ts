/**
 * When an answer counts (threats 19 and 20). A question must have stood still, in sight, for half a second before anything pressed on
 * it means something; every change under the person's eyes or hands starts that again. Keys that repeat never count, an allow needs a
 * modifier with Enter, and a letter allows nothing until the person has taken hold of the window with the mouse or the Tab key: the
 * rest of a word typed elsewhere is no answer. Pure; times are milliseconds of one monotonic clock.
 */
export const armingDelayMs = 500;

/** What starts the half second again. */
export type Disturbance = "shown" | "hidden" | "content" | "moved" | "resized" | "refocused";

export interface Arming {
  readonly visible: boolean;
  /** When it last changed. */
  readonly since: number;
  /** Whether the person took hold of the window (pointer, Tab) since it last got the keyboard, or since they last wrote into a field. */
  readonly engaged: boolean;
}

export type Action = "allow-once" | "allow-session" | "remember" | "deny";

export interface Press {
  /** When the click arrived. */
  readonly at: number;
  /** When the button under it went down; null when no pointer was used (assistive technology). */
  readonly pressedAt: number | null;
  /** `event.detail`: 2 and more are double clicks. */
  readonly clicks: number;
  readonly trusted: boolean;
}

export interface KeyPress {
  readonly at: number;
  readonly key: string;
  readonly ctrlOrMeta: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly repeat: boolean;
  readonly composing: boolean;
  readonly trusted: boolean;
  /** The focus is in a text field. */
  readonly typing: boolean;
}

export function initialArming(at: number): Arming {
  return { visible: true, since: at, engaged: false };
}

export function disturb(arming: Arming, kind: Disturbance, at: number): Arming {
  if (kind === "hidden") return { visible: false, since: at, engaged: false };
  if (kind === "shown") return { visible: true, since: at, engaged: false };
  return { ...arming, since: at, engaged: kind === "refocused" ? false : arming.engaged };
}

/** The person pressed a pointer inside the window or moved the focus with Tab. */
export function engage(arming: Arming): Arming {
  return arming.engaged ? arming : { ...arming, engaged: true };
}

/** The person writes into a field: what is typed may go on when the field is gone, and is no answer then. */
export function letGo(arming: Arming): Arming {
  return arming.engaged ? { ...arming, engaged: false } : arming;
}

/** From when on an answer counts; never while it cannot be seen. */
export function armedFrom(arming: Arming): number {
  return arming.visible ? arming.since + armingDelayMs : Number.POSITIVE_INFINITY;
}

export function isArmed(arming: Arming, at: number): boolean {
  return at >= armedFrom(arming);
}

/** Whether a click counts: begun and ended while armed, single, and real. */
export function acceptsPress(arming: Arming, press: Press): boolean {
  return press.trusted && press.clicks <= 1 && isArmed(arming, press.at) && (press.pressedAt === null || isArmed(arming, press.pressedAt));
}

/** What a key means for the question, or null for nothing. */
export function actionForKey(arming: Arming, press: KeyPress): Action | null {
  if (!press.trusted || press.repeat || press.composing || press.alt || !isArmed(arming, press.at)) return null;
  if (press.key === "Enter") return press.ctrlOrMeta && !press.shift ? "allow-once" : null;
  if (press.typing || press.ctrlOrMeta || press.shift) return null;
  switch (press.key.toLowerCase()) {
    case "d":
      return "deny";
    case "a":
      return "remember";
    case "s":
      return arming.engaged ? "allow-session" : null;
    default:
      return null;
  }
}
