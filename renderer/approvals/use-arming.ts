import { useCallback, useEffect, useLayoutEffect, useRef, useState, type MouseEvent, type RefObject } from "react";
import {
  acceptsPress,
  actionForKey,
  armedFrom,
  disturb,
  engage,
  initialArming,
  isArmed,
  letGo,
  type Action,
  type Arming,
  type Disturbance,
} from "./arming.ts";

export interface ArmingControls {
  /** For the eye only; every press is judged anew. */
  readonly armed: boolean;
  /** Changes with every disturbance: restarts what shows the half second. */
  readonly epoch: number;
  readonly engaged: () => boolean;
  /** Whether this click counts. */
  readonly accepts: (event: MouseEvent) => boolean;
  /** Whether a key pressed there is pressed at the question: in it, or on what is around it, and not on a row, a link or a message beside it. */
  readonly concerns: (target: EventTarget | null) => boolean;
  /** What this key means for the question. */
  readonly keyAction: (event: KeyboardEvent) => Action | null;
}

/** How often the window's place on the screen is looked at, in milliseconds: no event tells of a move. */
const watchMs = 100;

/**
 * Ties arming.ts to a real window: its clock, focus, size, place and visibility. `content` names what is under the person's eyes;
 * another name starts the half second again. `frame` is what shows it: while that is not to be seen (another view stands in its
 * place, scrolled away), nothing is armed, whatever else is on screen.
 */
export function useArming(content: string, frame: RefObject<HTMLElement | null>): ArmingControls {
  const [born] = useState(() => performance.now());
  const arming = useRef<Arming>(initialArming(born));
  const pressedAt = useRef<number | null>(null);
  const place = useRef("");
  const outOfSight = useRef(false);
  const [armed, setArmed] = useState(false);
  const [epoch, setEpoch] = useState(0);

  const disturbed = useCallback((kind: Disturbance) => {
    arming.current = disturb(arming.current, kind, performance.now());
    setArmed(false);
    setEpoch((now) => now + 1);
  }, []);

  const look = useCallback(() => {
    const seen = document.visibilityState === "visible" && !outOfSight.current && isLaidOut(frame);
    if (seen !== arming.current.visible) disturbed(seen ? "shown" : "hidden");
  }, [disturbed, frame]);

  const watch = useCallback(() => {
    look();
    const now = placeOf(window);
    if (place.current === now) return;
    if (place.current !== "") disturbed("moved");
    place.current = now;
  }, [disturbed, look]);

  // What is on screen has changed: the buttons must look and be off before the next paint.
  // eslint-disable-next-line react/set-state-in-effect, react/exhaustive-effect-dependencies
  useLayoutEffect(() => disturbed("content"), [content, disturbed]);

  useEffect(() => {
    const shown = frame.current;
    if (shown === null) return undefined;
    // eslint-disable-next-line react/set-state-in-effect
    look();
    const observer = new IntersectionObserver((entries) => {
      outOfSight.current = entries.at(-1)?.isIntersecting === false;
      look();
    });
    observer.observe(shown);
    return () => observer.disconnect();
  }, [frame, look]);

  useEffect(() => {
    const from = armedFrom(arming.current);
    if (from === Number.POSITIVE_INFINITY) return undefined;
    const timer = setTimeout(() => setArmed(isArmed(arming.current, performance.now())), Math.max(0, from - performance.now()) + 1);
    return () => clearTimeout(timer);
    // `epoch` stands for the ref, which cannot be watched.
    // eslint-disable-next-line react/exhaustive-effect-dependencies
  }, [epoch]);

  useEffect(() => {
    const onFocus = (): void => disturbed("refocused");
    const onResize = (): void => {
      place.current = placeOf(window);
      disturbed("resized");
    };
    const onVisibility = (): void => {
      disturbed(document.visibilityState === "visible" ? "shown" : "hidden");
      look();
    };
    const onPointerDown = (): void => {
      watch();
      pressedAt.current = performance.now();
      arming.current = engage(arming.current);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Tab" && event.isTrusted) arming.current = engage(arming.current);
      else if (isTyping(event.target)) arming.current = letGo(arming.current);
    };
    if (document.visibilityState !== "visible") onVisibility();
    const timer = setInterval(watch, watchMs);
    window.addEventListener("focus", onFocus);
    window.addEventListener("resize", onResize);
    document.addEventListener("visibilitychange", onVisibility);
    window.addEventListener("pointerdown", onPointerDown, true);
    window.addEventListener("keydown", onKey, true);
    return () => {
      clearInterval(timer);
      window.removeEventListener("focus", onFocus);
      window.removeEventListener("resize", onResize);
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("pointerdown", onPointerDown, true);
      window.removeEventListener("keydown", onKey, true);
    };
  }, [disturbed, look, watch]);

  const accepts = useCallback(
    (event: MouseEvent): boolean => {
      watch();
      const press = {
        at: performance.now(),
        pressedAt: event.detail === 0 ? null : pressedAt.current,
        clicks: event.detail,
        trusted: event.isTrusted,
      };
      return acceptsPress(arming.current, press);
    },
    [watch],
  );

  const concerns = useCallback(
    (target: EventTarget | null): boolean => {
      const { current } = frame;
      if (!(target instanceof Element) || current === null) return false;
      // The row of the question that is open stands for it.
      return current.contains(target) || target.contains(current) || target.closest('.list-item[aria-current="true"]') !== null;
    },
    [frame],
  );

  const keyAction = useCallback(
    (event: KeyboardEvent): Action | null => {
      watch();
      if (!concerns(event.target)) return null;
      return actionForKey(arming.current, {
        at: performance.now(),
        key: event.key,
        ctrlOrMeta: event.ctrlKey || event.metaKey,
        alt: event.altKey,
        shift: event.shiftKey,
        repeat: event.repeat,
        composing: event.isComposing,
        trusted: event.isTrusted,
        typing: isTyping(event.target),
      });
    },
    [concerns, watch],
  );

  const engaged = useCallback(() => arming.current.engaged, []);
  return { armed, epoch, accepts, concerns, keyAction, engaged };
}

/** Whether it has a box on this page that could be seen. */
function isLaidOut({ current: element }: RefObject<HTMLElement | null>): boolean {
  return (
    element !== null && element.getClientRects().length > 0 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  );
}

function placeOf({ screenX, screenY, innerWidth, innerHeight, devicePixelRatio }: Window): string {
  return [screenX, screenY, innerWidth, innerHeight, devicePixelRatio].join(" ");
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
