// The box's own filter, beside the one that refuses unix sockets. The kernel's key rings belong to a user or session and not to a namespace,
// and VSOCK reaches the host of a virtual machine from every network namespace: through both a boxed program could talk to what is outside.
// Whoever has made a control group namespace of its own may mount the groups of the machine, and then freeze, kill or starve the group that it
// runs in, which is the app's.
// Seen by the kernel as a classic BPF program: 8 bytes an instruction (linux/filter.h), run over `struct seccomp_data` for every call.

interface Machine {
  /** AUDIT_ARCH_…: which numbers the calls have. */
  readonly audit: number;
  readonly socket: number;
  /** Both have the namespaces to make in their first argument. */
  readonly clone: number;
  readonly unshare: number;
  /** add_key, request_key and keyctl, three numbers in a row. */
  readonly firstKey: number;
  readonly lastKey: number;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: { audit: 0xc000_003e, socket: 41, clone: 56, unshare: 272, firstKey: 248, lastKey: 250 },
  arm64: { audit: 0xc000_00b7, socket: 198, clone: 220, unshare: 97, firstKey: 217, lastKey: 219 },
};

/** The same on every machine. Its flags are in memory, where no filter can look. */
const CLONE3 = 435;
const CLONE_NEWCGROUP = 0x0200_0000;
const AF_VSOCK = 40;
const EPERM = 1;
const ENOSYS = 38;
const ALLOW = 0x7fff_0000;
const REFUSE = 0x0005_0000 | EPERM;
const ABSENT = 0x0005_0000 | ENOSYS;
const KILL_PROCESS = 0x8000_0000;

/** Offsets in `struct seccomp_data`. An address family is an `int`, and all flags are below 2^32: that half of the argument comes first on these machines. */
const NUMBER = 0;
const AUDIT = 4;
const FIRST_ARGUMENT = 16;

const LOAD = 0x20;
const RETURN = 0x06;
const IF_EQUAL = 0x15;
const IF_GREATER = 0x25;
const IF_AT_LEAST = 0x35;
const IF_ANY = 0x45;

/** In their order, which is also the order of the ends that they may jump to. */
const ends = { allow: ALLOW, refuse: REFUSE, absent: ABSENT, kill: KILL_PROCESS } as const;
type Target = keyof typeof ends | "family" | "namespaces" | "next";
type Instruction = readonly [code: number, value: number, yes?: Target, no?: Target];

/**
 * The filter for a machine (`process.arch`), or undefined where its numbers are not known. What calls by another machine's numbers (32-bit
 * programs, x32) is killed, as the other filter does too.
 */
export function seccompFilter(arch: string): Uint8Array | undefined {
  const machine = machines[arch];
  if (machine === undefined) return undefined;
  const byNumber: readonly Instruction[] = [
    [LOAD, AUDIT],
    [IF_EQUAL, machine.audit, "next", "kill"],
    [LOAD, NUMBER],
    // -1 is no call at all: a tracer has taken it away.
    [IF_EQUAL, 0xffff_ffff, "allow", "next"],
    [IF_AT_LEAST, 0x4000_0000, "kill", "next"],
    [IF_EQUAL, machine.socket, "family", "next"],
    [IF_EQUAL, machine.clone, "namespaces", "next"],
    [IF_EQUAL, machine.unshare, "namespaces", "next"],
    // Whoever calls it falls back to the older one.
    [IF_EQUAL, CLONE3, "absent", "next"],
    [IF_GREATER, machine.lastKey, "allow", "next"],
    [IF_AT_LEAST, machine.firstKey, "refuse", "allow"],
  ];
  const byFamily: readonly Instruction[] = [
    [LOAD, FIRST_ARGUMENT],
    [IF_EQUAL, AF_VSOCK, "refuse", "allow"],
  ];
  const byNamespaces: readonly Instruction[] = [
    [LOAD, FIRST_ARGUMENT],
    [IF_ANY, CLONE_NEWCGROUP, "refuse", "allow"],
  ];
  const endings = Object.values(ends).map((value): Instruction => [RETURN, value]);
  const program = [...byNumber, ...byFamily, ...byNamespaces, ...endings];
  const firstEnding = program.length - endings.length;
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  for (const [at, [code, value, yes = "next", no = "next"]] of program.entries()) {
    // Jumps are forward, and count from the instruction after.
    const distance = (to: Target): number => {
      if (to === "next") return 0;
      if (to === "family") return byNumber.length - at - 1;
      if (to === "namespaces") return byNumber.length + byFamily.length - at - 1;
      return firstEnding + Object.keys(ends).indexOf(to) - at - 1;
    };
    bytes.setUint16(at * 8, code, true);
    bytes.setUint8(at * 8 + 2, distance(yes));
    bytes.setUint8(at * 8 + 3, distance(no));
    bytes.setUint32(at * 8 + 4, value, true);
  }
  return new Uint8Array(bytes.buffer);
}
