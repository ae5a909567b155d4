// Threat 28 against the real box: what belongs to no namespace is closed by filters, and the filters cannot be taken off.
import fs from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { createTestBox } from "../fixtures/sandbox/test-box.ts";
import type { TestBox } from "../fixtures/sandbox/test-box.ts";

const box: TestBox = await createTestBox();
afterAll(() => box.close());

describe.skipIf(box.cannot !== undefined || process.platform !== "linux")("a boxed program", () => {
  it("cannot write into a process that the filter does not hold, whoever the app runs as", async () => {
    const ran = await box.script(`const fs = require("fs");
      const open = fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).map((pid) => {
        const status = fs.readFileSync("/proc/" + pid + "/status", "utf8");
        let writable = true;
        try { fs.closeSync(fs.openSync("/proc/" + pid + "/mem", "r+")) } catch { writable = false }
        return { filtered: /^Seccomp:\\t2$/m.test(status), writable };
      });
      console.log(JSON.stringify([open.length > 2, open.filter((entry) => !entry.filtered && entry.writable), open.some((entry) => entry.filtered && entry.writable)]));`);
    expect(JSON.parse(ran.stdout)).toEqual([true, [], true]);
  });

  it("can read the kernel's switches but turn none of them, whoever the app runs as", async () => {
    // Written back as it is, so that it harms nobody where it can be.
    const ran = await box.script(`const fs = require("fs");
      const file = "/proc/sys/kernel/core_uses_pid";
      const before = fs.readFileSync(file, "utf8");
      try { fs.writeFileSync(file, before); console.log("written") } catch (error) { console.log(error.code) }`);
    expect(ran.stdout.trim()).toBe(process.geteuid?.() === 0 ? "EROFS" : "EACCES");
  });

  it.skipIf(!fs.existsSync("/usr/bin/unshare"))(
    "cannot mount the machine's control groups, where it could freeze or end the app",
    async () => {
      const inNamespace = (flag: string, command: string): ReturnType<TestBox["run"]> =>
        box.run(["/usr/bin/unshare", "--user", "--map-root-user", "--mount", flag, "/bin/sh", "-c", command]);
      const mounted = await inNamespace("--cgroup", "mkdir /tmp/groups && mount -t cgroup2 none /tmp/groups && ls /tmp/groups");
      expect(mounted.ok && [mounted.value.stdout, mounted.value.exit.code]).toEqual(["", 1]);
      expect(mounted.ok && mounted.value.stderr).toMatch(/unshare failed: Operation not permitted/);
      // Other namespaces are its own affair: a browser makes its own box of them.
      const others = await inNamespace("--net", "mkdir /tmp/own && mount -t tmpfs none /tmp/own && echo mounted");
      expect(others.ok && others.value.stdout).toBe("mounted\n");
    },
  );

  it.skipIf(!fs.existsSync("/usr/bin/python3") || !["x64", "arm64"].includes(process.arch))(
    "reaches neither the kernel's key rings, which all of a user's processes share, nor the host of a virtual machine",
    async () => {
      const [addKey, keyctl] = process.arch === "x64" ? [248, 250] : [217, 219];
      const code = `import ctypes, json, socket
l = ctypes.CDLL(None, use_errno=True)
def call(*args):
    return [l.syscall(*args), ctypes.get_errno()]
out = {"add": call(${addKey}, b"user", b"portcullis-test", b"x", 1, -3), "session": call(${keyctl}, 0, -3, 0)}
for name, family in (("vsock", 40), ("inet", socket.AF_INET)):
    try:
        socket.socket(family, socket.SOCK_STREAM).close()
        out[name] = 0
    except OSError as error:
        out[name] = error.errno
print(json.dumps(out))`;
      const ran = await box.run(["/usr/bin/python3", "-c", code]);
      expect(ran.ok && JSON.parse(ran.value.stdout)).toEqual({ add: [-1, 1], session: [-1, 1], vsock: 1, inet: 0 });
    },
  );
});
