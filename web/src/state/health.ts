/** Whether the service keeps up, as far as a supervisor must know it. */
import type { Cause, Health } from "../api/types";
import type { State } from "./state";

export const well: Health = { status: "ok", why: [], latency_p95: null, latency_target: 0 };

/** What a banner says; `late`: alerts miss their target, no more. */
export interface Strain {
  readonly kind: "late" | "overloaded";
  readonly why: readonly Cause[];
}

/** What the supervisor must know: alerts that come late, and all that is wrong once the service is overloaded. */
export function strain(health: Health): Strain | undefined {
  if (health.status === "overloaded") return { kind: "overloaded", why: health.why };
  const why = health.why.filter((cause) => cause.code === "latency");
  return why.length > 0 ? { kind: "late", why } : undefined;
}

/** Whether two say the same to a supervisor: numbers come and go. */
export function alike(one: Health, other: Health): boolean {
  return gist(one) === gist(other);
}

const gist = (health: Health): string =>
  (strain(health)?.why ?? [])
    .map((cause) => `${cause.code} ${cause.status}`)
    .sort()
    .join();

/** How the service does now. What was put away stays so until it says something else. */
export function examined(state: Pick<State, "health" | "healthSeen">, health: Health): Pick<State, "health" | "healthSeen"> {
  return { health, healthSeen: state.healthSeen && alike(state.health, health) };
}
