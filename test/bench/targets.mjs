// The figures to reach, and how a run compares with them. `added` is to direct stdio in the same run, turn by turn.
export const median = (values) => quantile(values, 0.5);

export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** What a way's median adds to that of direct: of each turn of both, and then the middle one. */
export const added = (calls, way, kind) =>
  median(calls[way][kind].map((times, round) => median(times) - median(calls.direct[kind][round] ?? [])));

/** Calls a second as a share of what direct does: of each turn of both, and then the middle one. */
export const share = (calls, way) => median(calls[way].rate.map((rate, round) => rate / calls.direct.rate[round]));

/** What the plain relay added, in ms, on the machine that the limits of calls were set on: the yardstick for the pace of another one. */
const relayThen = { "64 B": 0.018, "10 KB": 0.026, "1 MB": 1.7 };

/** What a way adds, at the pace of that machine. */
const paced = (calls, way, kind) => (added(calls, way, kind) * relayThen[kind]) / added(calls, "relay", kind);

/** One line a figure: what it is, what was measured, what it should be at most (or, with `least`, at least). */
export function compare({ calls, starts, desktop }) {
  const atP99 = (way) => quantile(calls[way]["64 B"].flat(), 0.99) - quantile(calls.direct["64 B"].flat(), 0.99);
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
  const callLine = (what, way, kind, limit, unit) => {
    const factor = unit === "µs" ? 1000 : 1;
    return { ...line(what, added(calls, way, kind) * factor, limit, unit), paced: paced(calls, way, kind) * factor };
  };
  const bridge = "bridge, boxed";
  const socket = "socket, boxed";
  return [
    callLine("64 B through the bridge, added", bridge, "64 B", 75, "µs"),
    callLine("64 B straight on the socket, added", socket, "64 B", 40, "µs"),
    callLine("10 KB through the bridge, added", bridge, "10 KB", 95, "µs"),
    callLine("1 MB through the bridge, added", bridge, "1 MB", 8.5, "ms"),
    line("10 MB through the bridge, passes in", median(calls[bridge]["10 MB"].flat()), 5000, "ms"),
    line("64 B through the bridge, added at p99", atP99(bridge), 1.2, "ms"),
    line("calls/s with 64 in flight through the bridge, of direct", share(calls, bridge), 0.4, "×", true),
    line("calls/s with 64 in flight on the socket, of direct", share(calls, socket), 0.4, "×", true),
    line("tools/list through the bridge, added", added(calls, bridge, "list"), 0.4, "ms"),
    line("the app's first start of a server (waived, bridge), added", cold("bridge, waived"), 45, "ms"),
    line("next starts (waived, bridge), added", start("bridge, waived"), 45, "ms"),
    line("start boxed without network (socket), added", start(socket), 60, "ms"),
    line("start boxed with hosts (socket), added", start("socket, hosts"), 250, "ms"),
    line("twenty servers ready (boxed, bridges)", median(starts.twenty.bridges), 750, "ms"),
    line("twenty servers ready (boxed, socket)", median(starts.twenty.socket), 750, "ms"),
    line("memory of the core, started", starts.memory.started.rss, 90, "MB RSS"),
    line("memory of the core, twenty sessions open", starts.memory.busy.rss, 90, "MB RSS"),
    ...(desktop.missing === undefined
      ? [
          // Not of all of it: an Electron that does nothing takes more than the 160 MB that were aimed at first.
          line(
            "the desktop app, idle, window closed, added to an Electron that does nothing",
            desktop.idle.pss - desktop.bare.pss,
            60,
            "MB PSS",
          ),
          line("a call arrives → its popup is painted", median(desktop.paintedMs), 150, "ms"),
        ]
      : []),
  ];
}
