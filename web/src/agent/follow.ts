/** Which call the agent's page shows. Pure. */
import type { Call } from "../api/types";
import { instant } from "../lib/time";

const LATELY = 30 * 60_000; // milliseconds in which a call ended that a page opened only now still shows

/**
 * The newest live call of `agent` (null: of anybody); where there is none the call shown `before`, so that what it came to
 * stays in view until the next; without one, the call that ended last, if it was lately.
 *
 * `now` is the server's time in milliseconds since 1970.
 */
export function follow(before: string | null, calls: ReadonlyMap<string, Call>, agent: string | null, now: number): string | null {
  const own = [...calls.values()].filter((call) => call.source === "live" && (agent === null || call.agent === agent));
  const live = latest(own.filter((call) => call.status === "live"), (call) => call.started);
  if (live !== undefined) return live.id;
  if (before !== null && own.some((call) => call.id === before)) return before;
  const over = latest(own, (call) => call.ended ?? "");
  return over !== undefined && now - instant(over.ended) < LATELY ? over.id : null;
}

/** Names of agents with a call, for whoever may see several. */
export function agentsOf(calls: ReadonlyMap<string, Call>): readonly string[] {
  const names = [...calls.values()].flatMap((call) => (call.agent === null ? [] : [call.agent]));
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "zh-CN"));
}

function latest(calls: readonly Call[], when: (call: Call) => string): Call | undefined {
  return calls.reduce<Call | undefined>((last, call) => (last === undefined || instant(when(call)) > instant(when(last)) ? call : last), undefined);
}
