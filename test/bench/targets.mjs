// The figures to reach, and how a run compares with them. `added` is to direct stdio in the same run.
export const median = (values) => quantile(values, 0.5);

export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** One line a figure: what it is, what was measured, what it should be at most (or, with `least`, at least). */
export function compare(calls, starts) {
  const added = (way, key, q = 0.5) => quantile(calls[way][key], q) - quantile(calls.direct[key], q);
  const rate = (way) => median(calls[way].rate) / median(calls.direct.rate);
  const start = (way) => median(starts.ways[way].warm) - median(starts.ways.direct.warm);
  const cold = (way) => starts.ways[way].cold - starts.ways.direct.cold;
  const line = (what, value, limit, unit, least = false) => ({
    what,
    value,
    limit,
    unit,
    least,
    reached: least ? value >= limit : value <= limit,
  });
  const bridge = "bridge, boxed";
  const socket = "socket, boxed";
  return [
    line("64 B through the bridge, added", added(bridge, "64 B") * 1000, 75, "µs"),
    line("64 B straight on the socket, added", added(socket, "64 B") * 1000, 40, "µs"),
    line("10 KB through the bridge, added", added(bridge, "10 KB") * 1000, 95, "µs"),
    line("1 MB through the bridge, added", added(bridge, "1 MB"), 8.5, "ms"),
    line("10 MB through the bridge, passes in", median(calls[bridge]["10 MB"]), 5000, "ms"),
    line("64 B through the bridge, added at p99", added(bridge, "64 B", 0.99), 1.2, "ms"),
    line("calls/s with 64 in flight through the bridge, of direct", rate(bridge), 0.4, "×", true),
    line("calls/s with 64 in flight on the socket, of direct", rate(socket), 0.4, "×", true),
    line("tools/list through the bridge, added", added(bridge, "list"), 0.4, "ms"),
    line("the app's first start of a server (waived, bridge), added", cold("bridge, waived"), 45, "ms"),
    line("next starts (waived, bridge), added", start("bridge, waived"), 45, "ms"),
    line("start boxed without network (socket), added", start(socket), 60, "ms"),
    line("start boxed with hosts (socket), added", start("socket, hosts"), 250, "ms"),
    line("twenty servers ready (boxed, bridges)", starts.twenty.bridges, 750, "ms"),
    line("twenty servers ready (boxed, socket)", starts.twenty.socket, 750, "ms"),
    line("memory of the core, started", starts.memory.started.rss, 90, "MB RSS"),
    line("memory of the core, twenty sessions open", starts.memory.busy.rss, 90, "MB RSS"),
  ];
}

const µs = (milliseconds) => Math.round(milliseconds * 1000);

export function printReport({ machine, calls, starts, targets, appAfter }) {
  console.log(machine);
  console.log("\nCalls, everything on one core where it can be pinned:");
  console.table(
    Object.entries(calls).map(([way, row]) => ({
      way,
      "64 B p50 µs": µs(median(row["64 B"])),
      p95: µs(quantile(row["64 B"], 0.95)),
      p99: µs(quantile(row["64 B"], 0.99)),
      "10 KB p50 µs": µs(median(row["10 KB"])),
      "10 KB p95": µs(quantile(row["10 KB"], 0.95)),
      "1 MB p50 ms": median(row["1 MB"]).toFixed(2),
      "1 MB p95": quantile(row["1 MB"], 0.95).toFixed(2),
      "10 MB ms": median(row["10 MB"]).toFixed(0),
      "list µs": µs(median(row.list)),
      "calls/s": Math.round(median(row.rate)),
      "× direct": (median(row.rate) / median(calls.direct.rate)).toFixed(2),
      "PSS MB": row.pss.length === 0 ? "" : median(row.pss).toFixed(0),
    })),
  );
  console.log("\nStarts until initialize is answered, ms, not pinned:");
  console.table(
    Object.entries(starts.ways).map(([way, { cold, warm }]) => ({
      way,
      first: Math.round(cold),
      "next p50": Math.round(median(warm)),
      "next p95": Math.round(quantile(warm, 0.95)),
    })),
  );
  const { twenty, memory } = starts;
  console.log(
    `twenty servers at once, ms: direct ${twenty.direct.toFixed(0)}, bridges ${twenty.bridges.toFixed(0)}, socket ${twenty.socket.toFixed(0)}`,
  );
  console.log(
    `the app: ready after ${starts.appMs.toFixed(0)} ms; MB RSS (PSS): started ${pair(memory.started)}, twenty sessions ${pair(memory.busy)}, after the calls ${pair(appAfter)}`,
  );
  console.log("\nTo reach:");
  for (const { what, value, limit, unit, least, reached } of targets) {
    const digits = Math.abs(value) < 10 ? 2 : 0;
    console.log(
      `  ${reached ? "reached" : "MISSED "}  ${what}: ${value.toFixed(digits)} ${unit} (${least ? "at least" : "at most"} ${String(limit)})`,
    );
  }
}

const pair = ({ rss, pss }) => `${rss.toFixed(0)} (${pss.toFixed(0)})`;
