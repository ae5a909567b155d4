import fs from "node:fs";

/**
 * Should this process ever dump core, or one that it starts, then without its memory, which holds secrets (threat 25; core(5), "Controlling
 * which mappings are written"). On Linux; on macOS and Windows nothing is dumped unless the person has asked the system for it.
 */
export function keepMemoryOutOfDumps(): void {
  if (process.platform !== "linux") return;
  try {
    fs.writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // Not allowed here (a container); there is no other way for Node, and no reason to be without the app.
  }
}
