// Only real places are opened, but programs name them as the person wrote them: `~/projects/server.js` where `projects` is a link to another
// disk, a virtual environment whose Python is found through a version manager's link. So the links on the way of what is opened are made
// in the box again. A link opens nothing: what it leads to is there only if it was opened.
import path from "node:path";
import { isWithin } from "./places.ts";
import type { Disk } from "./places.ts";

export interface BoxLink {
  readonly at: string;
  /** Real and absolute. */
  readonly to: string;
}

export interface BoxLinks {
  readonly made: readonly BoxLink[];
  /** Whether a place can be found in the box by this name, as far as links are on its way. */
  isReachable(literal: string): boolean;
}

/** What every box has of its own; nothing of the machine's is seen there, whatever is opened around it. */
const ownInMemory: readonly string[] = ["/tmp", "/var/tmp", "/run"];
const ownOfKernel: readonly string[] = ["/proc", "/dev", "/run/portcullis"];

/** Every link that must be followed from an absolute place to what it really is, in order; also those that links lead through. */
export function linksOnTheWay(literal: string, disk: Pick<Disk, "real" | "link">): readonly BoxLink[] {
  if (disk.real(literal) === literal) return [];
  const links: BoxLink[] = [];
  const rest = literal.split(path.sep);
  let current = path.parse(literal).root;
  while (rest.length > 0 && links.length <= 64) {
    const part = rest.shift() ?? "";
    if (part === "" || part === ".") continue;
    const next = path.join(current, part);
    const target = part === ".." ? undefined : disk.link(next);
    if (target === undefined) {
      current = next;
      continue;
    }
    const to = disk.real(next);
    if (to === undefined) return links;
    links.push({ at: next, to });
    if (path.isAbsolute(target)) current = path.parse(target).root;
    rest.unshift(...target.split(path.sep));
  }
  return links;
}

/**
 * The links to make in a box, none of them over or in anything that is mounted there.
 *
 * @param layers outer places before inner ones; `closed` hides what is in it
 * @param mayMake whether boxes of this platform have a root of their own, in which links can be made
 */
export function linksInBox(
  literals: readonly string[],
  layers: readonly { readonly path: string; readonly kind: string }[],
  system: readonly string[],
  disk: Pick<Disk, "real" | "link">,
  mayMake: boolean,
): BoxLinks {
  const mounted = [...layers.map((layer) => layer.path), ...system, ...ownInMemory, ...ownOfKernel];
  const seen = (at: string): "shown" | "hidden" | "free" => {
    if (ownOfKernel.some((own) => isWithin(at, own))) return "hidden";
    const inMemory = ownInMemory.some((own) => isWithin(at, own));
    // Layers come outer before inner: the last one that holds it is the one that shows it.
    const layer = layers.findLast((one) => isWithin(at, one.path) && (one.path !== "/" || !inMemory));
    if (layer !== undefined) return layer.kind === "closed" ? "hidden" : "shown";
    if (system.some((folder) => isWithin(at, folder))) return "shown";
    return mayMake && !mounted.some((place) => isWithin(place, at)) ? "free" : "hidden";
  };
  const made = new Map<string, BoxLink>();
  for (const link of literals.flatMap((literal) => linksOnTheWay(literal, disk))) if (seen(link.at) === "free") made.set(link.at, link);
  // A link below a link is a disk that changed while it was looked at.
  for (const at of made.keys()) if ([...made.keys()].some((other) => other !== at && isWithin(at, other))) made.delete(at);
  return {
    made: [...made.values()],
    isReachable: (literal) => linksOnTheWay(literal, disk).every(({ at }) => made.has(at) || seen(at) === "shown"),
  };
}
