import { describe, expect, it } from "vitest";
import { seccompFilter } from "../../../electron/sandbox/seccomp-filter.ts";

const X64 = 0xc000_003e;
const ARM64 = 0xc000_00b7;
const I386 = 0x4000_0003;
const ARM = 0x4000_0028;
const CLONE3 = 435;

/** What the kernel would do: runs the program over `struct seccomp_data`. */
function verdict(arch: string, audit: number, number: number, firstArgument = 0n): string {
  const program = seccompFilter(arch);
  if (program === undefined) throw new Error("no filter");
  const code = new DataView(program.buffer);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, audit, true);
  data.setBigUint64(16, firstArgument, true);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at += 1) {
    const value = code.getUint32(at * 8 + 4, true);
    const jump = (yes: boolean): number => code.getUint8(at * 8 + (yes ? 2 : 3));
    switch (code.getUint16(at * 8, true)) {
      case 0x20:
        accumulator = data.getUint32(value, true);
        break;
      case 0x15:
        at += jump(accumulator === value);
        break;
      case 0x25:
        at += jump(accumulator > value);
        break;
      case 0x35:
        at += jump(accumulator >= value);
        break;
      case 0x45:
        at += jump((accumulator & value) !== 0);
        break;
      case 0x06:
        return { 0x7fff_0000: "allow", 0x0005_0001: "EPERM", 0x0005_0026: "ENOSYS", 0x8000_0000: "kill" }[value] ?? `unknown ${value}`;
      default:
        return "unknown instruction";
    }
  }
  return "fell off the end";
}

describe("the box's own filter", () => {
  it.each([
    ["x64", X64, { add_key: 248, request_key: 249, keyctl: 250 }],
    ["arm64", ARM64, { add_key: 217, request_key: 218, keyctl: 219 }],
  ])("refuses the kernel's key rings on %s", (arch, audit, keys) => {
    for (const [name, number] of Object.entries(keys)) expect(verdict(arch, audit, number), name).toBe("EPERM");
    const others = Array.from({ length: 600 }, (_, number) => number).filter(
      (number) => !Object.values<number>(keys).includes(number) && number !== CLONE3,
    );
    for (const number of others) expect(verdict(arch, audit, number), String(number)).toBe("allow");
  });

  it.each([
    ["x64", X64, 41],
    ["arm64", ARM64, 198],
  ])("refuses VSOCK and no other address family on %s", (arch, audit, socket) => {
    expect(verdict(arch, audit, socket, 40n)).toBe("EPERM");
    // The kernel looks at the lower half only.
    expect(verdict(arch, audit, socket, 0xffff_ffff_0000_0028n)).toBe("EPERM");
    for (const family of [0n, 1n, 2n, 10n, 16n, 39n, 41n]) expect(verdict(arch, audit, socket, family)).toBe("allow");
    expect(verdict(arch, audit, socket + 1, 40n)).toBe("allow");
  });

  it.each([
    ["x64", X64, { clone: 56, unshare: 272 }],
    ["arm64", ARM64, { clone: 220, unshare: 97 }],
  ])("refuses a control group namespace and no other on %s", (arch, audit, calls) => {
    for (const [name, number] of Object.entries(calls)) {
      expect(verdict(arch, audit, number, 0x0200_0000n), name).toBe("EPERM");
      expect(verdict(arch, audit, number, 0x1202_0011n), name).toBe("EPERM");
      for (const flags of [0x11n, 0x1000_0000n, 0x2000_0000n, 0x4000_0000n, 0x0400_0000n, 0x0002_0000n, 0x01_0000_0000n])
        expect(verdict(arch, audit, number, flags), `${name} ${flags.toString(16)}`).toBe("allow");
    }
    // Its flags cannot be looked at.
    expect(verdict(arch, audit, CLONE3)).toBe("ENOSYS");
  });

  it("kills what calls by the numbers of another machine", () => {
    expect(verdict("x64", I386, 288)).toBe("kill");
    expect(verdict("x64", I386, 1)).toBe("kill");
    expect(verdict("x64", ARM64, 0)).toBe("kill");
    expect(verdict("x64", X64, 250 | 0x4000_0000)).toBe("kill");
    expect(verdict("x64", X64, 0xffff_ffff)).toBe("allow");
    expect(verdict("arm64", ARM, 311)).toBe("kill");
    expect(verdict("arm64", X64, 250)).toBe("kill");
  });

  it("is not made up for machines whose numbers are not known", () => {
    expect(seccompFilter("riscv64")).toBeUndefined();
  });
});
