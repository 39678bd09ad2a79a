/** Seconds as 0:07, 12:34 or 1:02:03; never negative. */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Whole seconds from an ISO instant until `now` (milliseconds since 1970); 0 where it lies ahead or is no date. */
export function since(iso: string | null, now: number): number {
  const then = Date.parse(iso ?? "");
  return Number.isNaN(then) ? 0 : Math.max(0, Math.floor((now - then) / 1000));
}

/** An ISO instant in milliseconds since 1970; 0 where there is none. */
export const instant = (iso: string | null): number => Date.parse(iso ?? "") || 0;

/** 14:03 of an ISO instant in the reader's zone; with the date where it is not today. */
export function timeOfDay(iso: string, now: number, locale: string): string {
  const then = new Date(iso);
  if (Number.isNaN(then.getTime())) return "";
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const today = then.toDateString() === new Date(now).toDateString();
  return then.toLocaleString(locale, today ? time : { month: "numeric", day: "numeric", ...time });
}

/** 2026-11-23 14:03:22 of an ISO instant in the reader's zone. */
export function stamp(iso: string): string {
  const then = new Date(iso);
  if (Number.isNaN(then.getTime())) return "";
  const day = [then.getFullYear(), then.getMonth() + 1, then.getDate()];
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()];
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${day.map(two).join("-")} ${time.map(two).join(":")}`;
}

/** The instant at which a day (2026-11-23) begins in the reader's zone, or the day `later` days after it; null where it is none. */
export function dayBegins(day: string, later = 0): string | null {
  const [year, month, date] = day.split("-").map(Number);
  const begin = new Date(year ?? NaN, (month ?? NaN) - 1, (date ?? NaN) + later);
  return Number.isNaN(begin.getTime()) ? null : begin.toISOString();
}

/** 11月23日周一 15:00 of an ISO date and time as the clock showed there, whatever the reader's zone; with the year where it is not this one. */
export function moment(iso: string, now: number, locale: string): string {
  const then = new Date(iso.slice(0, "2026-11-23T15:00".length));
  if (Number.isNaN(then.getTime())) return "";
  const day = { month: "long", day: "numeric", weekday: "short" } as const;
  const thisYear = then.getFullYear() === new Date(now).getFullYear();
  const date = then.toLocaleDateString(locale, thisYear ? day : { year: "numeric", ...day });
  return `${date} ${then.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })}`;
}

/** Marks for an axis of `seconds`: a round step that gives at most `most` of them after 0. */
export function ticks(seconds: number, most: number): number[] {
  const step = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].find((size) => seconds / size <= most) ?? 14_400;
  return Array.from({ length: Math.floor((0.98 * seconds) / step) }, (_, index) => (index + 1) * step); // none at the very edge
}
