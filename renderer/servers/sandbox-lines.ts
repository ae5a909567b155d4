import type { SandboxSettings } from "../../shared/model/server.ts";

/** What a sandbox opens, as a person types it: one folder or host on each line. */
export interface SandboxLines {
  readonly write: string;
  readonly read: string;
  readonly hosts: string;
}

export const closedSandbox: SandboxLines = { write: "", read: "", hosts: "" };

export function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))];
}

export function sandboxToLines(sandbox: Pick<SandboxSettings, "read" | "write" | "hosts">): SandboxLines {
  return {
    write: (sandbox.write ?? []).join("\n"),
    read: (sandbox.read ?? []).join("\n"),
    hosts: (sandbox.hosts ?? []).join("\n"),
  };
}

export function linesToSandbox(lines: SandboxLines): { readonly read: string[]; readonly write: string[]; readonly hosts: string[] } {
  return { read: linesOf(lines.read), write: linesOf(lines.write), hosts: linesOf(lines.hosts) };
}
