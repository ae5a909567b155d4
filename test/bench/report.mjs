// The report of a run, for people.
import { added, median, quantile, share } from "./targets.mjs";

const µs = (milliseconds) => Math.round(milliseconds * 1000);
const pair = ({ rss, pss }) => `${rss.toFixed(0)} (${pss.toFixed(0)})`;

/** Prints the tables of a run, and a line for each figure to reach. */
export function printReport({ machine, calls, starts, desktop, targets, appAfter }) {
  console.log(machine);
  console.log("\nCalls, warm, everything on one core where it can be pinned:");
  console.table(
    Object.entries(calls).map(([way, row]) => ({
      way,
      "64 B p50 µs": µs(median(row["64 B"].flat())),
      "added ": µs(added(calls, way, "64 B")),
      p95: µs(quantile(row["64 B"].flat(), 0.95)),
      p99: µs(quantile(row["64 B"].flat(), 0.99)),
      "10 KB p50 µs": µs(median(row["10 KB"].flat())),
      "added  ": µs(added(calls, way, "10 KB")),
      "10 KB p95": µs(quantile(row["10 KB"].flat(), 0.95)),
      "1 MB p50 ms": median(row["1 MB"].flat()).toFixed(2),
      "added   ": added(calls, way, "1 MB").toFixed(2),
      "10 MB ms": median(row["10 MB"].flat()).toFixed(0),
      "list µs": µs(median(row.list.flat())),
      "calls/s": Math.round(median(row.rate)),
      "× direct": share(calls, way).toFixed(2),
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
    `twenty servers at once, ms, each round: ${Object.entries(twenty)
      .map(([way, times]) => `${way} ${times.map((ms) => ms.toFixed(0)).join(" ")}`)
      .join("; ")}`,
  );
  console.log(
    `the app: ready after ${starts.appMs.toFixed(0)} ms; MB RSS (PSS): started ${pair(memory.started)}, twenty sessions ${pair(memory.busy)}, after the calls ${pair(appAfter)}`,
  );
  if (desktop.missing === undefined) {
    console.log(
      `the desktop app, MB RSS (PSS): an Electron that does nothing ${pair(desktop.bare)}, started in the background ${pair(desktop.background)}, its window closed again ${pair(desktop.idle)}; a popup is painted after ${desktop.paintedMs.map((ms) => ms.toFixed(0)).join(", ")} ms (the first of a client: ${desktop.firstMs.toFixed(0)})`,
    );
  } else console.log(`the desktop app was not measured: ${desktop.missing}`);
  console.log("\nTo reach:");
  const figure = (value) => value.toFixed(Math.abs(value) < 10 ? 2 : 0);
  for (const { what, value, limit, unit, least, reached, paced } of targets) {
    const pace = paced === undefined ? "" : `; ${figure(paced)} at the pace of the machine that this was set on, by the relay of this run`;
    console.log(
      `  ${reached ? "reached" : "MISSED "}  ${what}: ${figure(value)} ${unit} (${least ? "at least" : "at most"} ${String(limit)}${pace})`,
    );
  }
}
