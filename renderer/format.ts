/**
 * Dates, numbers and sizes in the person's own language, through Intl. One formatter object for each style, made once for a locale.
 */
export interface Format {
  number(value: number): string;
  bytes(value: number): string;
  duration(ms: number): string;
  /** 14:03:22 */
  time(at: number): string;
  /** 14:03:22.481 */
  exactTime(at: number): string;
  /** Fri 20 Nov 2026, 14:03:22 */
  dateTime(at: number): string;
  /** Friday, 20 November 2026 */
  day(at: number): string;
  /** "3 minutes ago", "in 2 days" */
  relative(at: number, now: number): string;
  list(items: readonly string[]): string;
  /** 1:52 */
  clock(ms: number): string;
}

const byteUnits = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const spans = [
  ["year", 31_536_000_000],
  ["month", 2_592_000_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** @param locale a BCP 47 tag; undefined is the machine's own */
export function createFormat(locale?: string): Format {
  const plain = new Intl.NumberFormat(locale);
  const bytes = byteUnits.map(
    (unit) =>
      new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits: 1 }),
  );
  const milliseconds = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: "millisecond",
    unitDisplay: "narrow",
    maximumFractionDigits: 0,
  });
  const seconds = new Intl.NumberFormat(locale, { style: "unit", unit: "second", unitDisplay: "narrow", maximumFractionDigits: 1 });
  const minutes = new Intl.NumberFormat(locale, { style: "unit", unit: "minute", unitDisplay: "narrow", maximumFractionDigits: 1 });
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  const exact = new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hour12: false,
  });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const list = new Intl.ListFormat(locale, { type: "conjunction" });
  return {
    number: (value) => plain.format(value),
    bytes(value) {
      let unit = 0;
      let amount = value;
      while (amount >= 1000 && unit < byteUnits.length - 1) {
        amount /= 1000;
        unit += 1;
      }
      return (bytes[unit] ?? plain).format(amount);
    },
    duration: (ms) =>
      (ms < 1000 ? milliseconds : ms < 60_000 ? seconds : minutes).format(ms < 1000 ? ms : ms < 60_000 ? ms / 1000 : ms / 60_000),
    time: (at) => time.format(at),
    exactTime: (at) => exact.format(at),
    dateTime: (at) => dateTime.format(at),
    day: (at) => day.format(at),
    relative(at, now) {
      const distance = at - now;
      for (const [unit, span] of spans) {
        if (Math.abs(distance) >= span) return relative.format(Math.trunc(distance / span), unit);
      }
      return relative.format(0, "second");
    },
    list: (items) => list.format(items),
    clock(ms) {
      const total = Math.max(0, Math.ceil(ms / 1000));
      return `${String(Math.floor(total / 60))}:${String(total % 60).padStart(2, "0")}`;
    },
  };
}

/** In the machine's own language. */
export const format: Format = createFormat();
