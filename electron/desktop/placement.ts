export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const margin = 12;
export const approvalWidth = 480;
const minimumHeight = 160;

/** As tall as its content asks for, up to two thirds of the work area. */
export function approvalHeight(wanted: number, workArea: Box): number {
  return Math.round(Math.min(Math.max(wanted, minimumHeight), Math.floor((workArea.height * 2) / 3)));
}

/**
 * Where the approval window stands: in the corner of the work area that is nearest to the tray. Where the tray's place is not
 * known (most of Linux), right, at the edge where the panel is. It grows away from that edge, so that at the bottom its buttons stay put.
 */
export function approvalBounds(height: number, workArea: Box, screen: Box, tray: Box | null): Box {
  const known = tray !== null && tray.width > 0 && tray.height > 0;
  const atTop = known ? tray.y + tray.height / 2 < screen.y + screen.height / 2 : workArea.y > screen.y;
  const atLeft = known && tray.x + tray.width / 2 < screen.x + screen.width / 2;
  const width = Math.min(approvalWidth, workArea.width - 2 * margin);
  return {
    x: atLeft ? workArea.x + margin : workArea.x + workArea.width - width - margin,
    y: atTop ? workArea.y + margin : workArea.y + workArea.height - height - margin,
    width,
    height,
  };
}

/** A remembered window that can still be reached on one of these screens, or null. */
export function visibleBounds(remembered: Box, workAreas: readonly Box[]): Box | null {
  const grip = 80;
  const reachable = workAreas.some(
    (area) =>
      remembered.x + remembered.width - grip > area.x &&
      remembered.x + grip < area.x + area.width &&
      remembered.y >= area.y - 8 &&
      remembered.y + grip < area.y + area.height,
  );
  return reachable ? remembered : null;
}
