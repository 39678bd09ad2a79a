import type { Alert, Severity } from "../api/types";
import type { State } from "../state/state";

export const SEVERITIES: readonly Severity[] = ["notice", "warning", "critical"];

export const gravity = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** Open alerts of `next` that call for attention now: new ones and graver ones. None when the page first loads. */
export function arrivals(before: State, next: State): Alert[] {
  if (!before.loaded || before.alerts === next.alerts) return [];
  return [...next.alerts].flatMap(([key, alert]) => {
    const known = before.alerts.get(key);
    if (known === alert || alert.status !== "open") return [];
    const graver = known !== undefined && gravity(alert.severity) > gravity(known.severity);
    return known === undefined || graver ? [alert] : [];
  });
}

export function gravest(alerts: readonly { readonly severity: Severity }[]): Severity | undefined {
  return SEVERITIES.findLast((severity) => alerts.some((alert) => alert.severity === severity));
}
