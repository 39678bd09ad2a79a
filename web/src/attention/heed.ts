/** Which new alerts are worth a sound and a notification: pure, so that a storm of them can be tried. */
import type { Alert, Severity } from "../api/types";
import type { Quiet } from "../lib/settings";
import { groupBy } from "../lib/derive";
import { gravest, gravity } from "./arrivals";

export const TOGETHER = 8_000; // milliseconds in which a call's alerts are one
export const MANY = 3; // calls with news at once, beyond which they are told of in one notification

/** New alerts of one call, told as one. */
export interface News {
  readonly call: string;
  readonly worst: Severity;
  readonly alert: Alert; // the gravest, of these the first
  readonly count: number;
}

/** When each call was last told of, and how grave that was. */
export type Told = ReadonlyMap<string, { readonly at: number; readonly gravity: number }>;

/** Groups `fresh` by call; a call told of less than TOGETHER ago is not told of again, unless it has become graver. */
export function heed(told: Told, fresh: readonly Alert[], now: number): { readonly told: Told; readonly news: readonly News[] } {
  const recent = new Map([...told].filter(([, { at }]) => now - at < TOGETHER));
  const news: News[] = [];
  for (const [call, alerts] of groupBy(fresh, (alert) => alert.call)) {
    const worst = gravest(alerts);
    const alert = alerts.find(({ severity }) => severity === worst);
    if (worst === undefined || alert === undefined) continue;
    const before = recent.get(call);
    if (before !== undefined && gravity(worst) <= before.gravity) continue;
    recent.set(call, { at: now, gravity: gravity(worst) });
    news.push({ call, worst, alert, count: alerts.length });
  }
  return { told: recent, news };
}

/** Whether an alert of this severity is to be silent at `minute` of the day (0..1439). Hours may run past midnight; from = to: all day. */
export function isQuiet({ on, from, to, critical }: Quiet, severity: Severity, minute: number): boolean {
  if (!on || (critical && severity === "critical")) return false;
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  return begin < end ? begin <= minute && minute < end : minute >= begin || minute < end;
}

export const minuteOfDay = (time: Date): number => 60 * time.getHours() + time.getMinutes();

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return 60 * (hours ?? 0) + (minutes ?? 0);
}
