import v8 from "node:v8";

/**
 * Keeps the young half of this process's heap as small as it starts (1 MB): under load V8 would let it grow to 128 MB, and never takes
 * that back. What a call leaves fits: it lives some milliseconds, until its end is on record. Measured against 8 MB: no call is slower.
 */
export function keepYoungHeapSmall(): void {
  v8.setFlagsFromString("--semi-space-growth-factor=1");
}
