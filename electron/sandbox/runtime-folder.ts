import { createRequire } from "node:module";
import path from "node:path";

/** The folder of sandbox-runtime, which brings the seccomp helper; packed apps keep it beside the archive, where it can be executed. */
export function findRuntimeFolder(from: string): string | undefined {
  try {
    const entry = createRequire(from).resolve("@anthropic-ai/sandbox-runtime");
    return path.dirname(path.dirname(entry)).replace(`app.asar${path.sep}`, `app.asar.unpacked${path.sep}`);
  } catch {
    return undefined;
  }
}

/** The program that installs the seccomp filter, for the architectures it exists for. */
export function seccompHelper(runtimeFolder: string, arch: string): string | undefined {
  return arch === "x64" || arch === "arm64" ? path.join(runtimeFolder, "vendor", "seccomp", arch, "apply-seccomp") : undefined;
}
