/** What the page shows of the state: pure, and identical as long as what it is made from is. */
import { gravest, gravity } from "../attention/arrivals";
import type { Alert, Call, Finding, Severity, Utterance } from "../api/types";
import { groupBy, memo } from "../lib/derive";
import { instant } from "../lib/time";
import { alertKey, type Detail, type HeldFinding, type Mark, type State } from "./state";

/** Alerts as the supervisor sees them: a choice still on its way to the server counts already. */
const seen = memo((alerts: State["alerts"], marks: ReadonlyMap<string, Mark>): ReadonlyMap<string, Alert> => {
  if (marks.size === 0) return alerts;
  return new Map([...alerts].map(([key, alert]) => [key, { ...alert, ...marks.get(key) }]));
});

export const seenAlerts = (state: State): ReadonlyMap<string, Alert> => seen(state.alerts, state.marks);

export interface Waiting {
  readonly longest: Alert; // the open alert that was raised first
  readonly worst: Severity;
  readonly open: number;
}

const waitingOf = memo((alerts: ReadonlyMap<string, Alert>): ReadonlyMap<string, Waiting> => {
  const open = groupBy([...alerts.values()].filter(isOpen), (alert) => alert.call);
  return new Map([...open].map(([call, list]) => [call, waiting(list)]));
});

function waiting(open: readonly Alert[]): Waiting {
  const longest = open.reduce((first, alert) => (raised(alert) < raised(first) ? alert : first));
  return { longest, worst: gravest(open) ?? longest.severity, open: open.length };
}

export const waitingByCall = (state: State): ReadonlyMap<string, Waiting> => waitingOf(seenAlerts(state));

export interface Totals {
  readonly live: number;
  readonly open: number;
  readonly critical: number;
  readonly longest: Alert | undefined;
}

const totalsOf = memo((calls: State["calls"], alerts: ReadonlyMap<string, Alert>): Totals => {
  const open = [...alerts.values()].filter(isOpen);
  return {
    live: [...calls.values()].filter((call) => call.status === "live").length,
    open: open.length,
    critical: open.filter((alert) => alert.severity === "critical").length,
    longest: open.length > 0 ? waiting(open).longest : undefined,
  };
});

export const totals = (state: State): Totals => totalsOf(state.calls, seenAlerts(state));

export interface Feeds {
  readonly open: readonly Alert[];
  readonly acting: readonly Alert[];
  readonly handled: readonly Alert[];
}

/** Open and acknowledged ones: the gravest first, among them the newest. Handled: the last handled first. */
export function feeds(alerts: ReadonlyMap<string, Alert>): Feeds {
  const known = sorted.get(alerts);
  if (known !== undefined) return known;
  const all = [...alerts.values()];
  const made = {
    open: all.filter(isOpen).sort(byGravity),
    acting: all.filter(isActing).sort(byGravity),
    handled: all.filter((alert) => !isOpen(alert) && !isActing(alert)).sort((a, b) => instant(b.when) - instant(a.when)),
  };
  sorted.set(alerts, made);
  return made;
}

/** All alerts and those of a filter are asked for by turns: each keeps its own. */
const sorted = new WeakMap<ReadonlyMap<string, Alert>, Feeds>();

/** Open alerts, and those of `lingering` (by alertKey) in the places they had. */
export function openAnd(lingering: ReadonlySet<string>, alerts: ReadonlyMap<string, Alert>): readonly Alert[] {
  if (lingering.size === 0) return feeds(alerts).open;
  return [...alerts].flatMap(([key, alert]) => (isOpen(alert) || lingering.has(key) ? [alert] : [])).sort(byGravity);
}

/** Keys of `before`, alerts that were open, which still are known and no longer open. */
export function closed(before: readonly Alert[], alerts: ReadonlyMap<string, Alert>): readonly string[] {
  return before.map(alertKey).filter((key) => alerts.has(key) && alerts.get(key)?.status !== "open");
}

const byGravity = (a: Alert, b: Alert): number => gravity(b.severity) - gravity(a.severity) || raised(b) - raised(a);

/** One call's alerts: the open ones first, as in the feed, then those somebody sees to, then the handled. */
export function alertsOf(alerts: ReadonlyMap<string, Alert>, call: string): readonly Alert[] {
  const { open, acting, handled } = feeds(alerts);
  return [...open, ...acting, ...handled].filter((alert) => alert.call === call);
}

export type Sort = "risk" | "waiting" | "duration" | "newest";

export interface Filter {
  readonly text: string;
  readonly team: string | null;
  readonly agent: string | null;
  readonly severity: Severity | null; // with an open alert as grave as this, or graver
  readonly sort: Sort;
}

export interface Listing {
  readonly live: readonly string[];
  readonly ended: readonly string[];
}

const listed = memo((calls: State["calls"], alerts: ReadonlyMap<string, Alert>, filter: Filter): Listing => {
  const waits = waitingOf(alerts);
  const found = [...calls.values()].filter((call) => matches(call, filter) && asGrave(waits.get(call.id), filter.severity));
  const ids = (list: readonly Call[]): string[] => list.map((call) => call.id);
  return {
    live: ids(found.filter((call) => call.status === "live").sort(byChoice(filter.sort, waits))),
    ended: ids(found.filter((call) => call.status !== "live").sort((a, b) => instant(b.ended ?? b.started) - instant(a.ended ?? a.started))),
  };
});

export const listing = (state: State, filter: Filter): Listing => listed(state.calls, seenAlerts(state), filter);

const asGrave = (waiting: Waiting | undefined, least: Severity | null): boolean =>
  least === null || (waiting !== undefined && gravity(waiting.worst) >= gravity(least));

/** Alerts of the calls that fit the filter, themselves as grave as it asks. Those of a call that is not known stay. */
export const narrowed = memo((calls: State["calls"], alerts: ReadonlyMap<string, Alert>, filter: Filter): ReadonlyMap<string, Alert> => {
  const fits = (alert: Alert): boolean => {
    const call = calls.get(alert.call);
    return (call === undefined || matches(call, filter)) && (filter.severity === null || gravity(alert.severity) >= gravity(filter.severity));
  };
  return isNarrow(filter) ? new Map([...alerts].filter(([, alert]) => fits(alert))) : alerts;
});

export const isNarrow = ({ text, team, agent, severity }: Filter): boolean => text.trim() !== "" || team !== null || agent !== null || severity !== null;

function matches(call: Call, { text, team, agent }: Filter): boolean {
  if (team !== null && call.team !== team) return false;
  if (agent !== null && call.agent !== agent) return false;
  const wanted = text.trim().toLowerCase();
  return [call.agent, call.team, call.customer, call.id].some((field) => field?.toLowerCase().includes(wanted)) || wanted === "";
}

function byChoice(sort: Sort, waits: ReadonlyMap<string, Waiting>): (a: Call, b: Call) => number {
  const begun = (call: Call): number => instant(call.started);
  const byRisk = (a: Call, b: Call): number => b.risk - a.risk || b.level - a.level || begun(a) - begun(b);
  const since = (call: Call): number => {
    const wait = waits.get(call.id);
    return wait === undefined ? Number.MAX_SAFE_INTEGER : raised(wait.longest);
  };
  switch (sort) {
    case "risk":
      return byRisk;
    case "waiting":
      return (a, b) => since(a) - since(b) || byRisk(a, b);
    case "duration":
      return (a, b) => begun(a) - begun(b);
    case "newest":
      return (a, b) => begun(b) - begun(a);
  }
}

const teamsOf = memo((calls: State["calls"]): readonly string[] =>
  [...new Set([...calls.values()].flatMap((call) => (call.team === null ? [] : [call.team])))].sort((a, b) => a.localeCompare(b, "zh-CN")),
);

export const teams = (state: State): readonly string[] => teamsOf(state.calls);

const agentsOf = memo((calls: State["calls"]): readonly string[] =>
  [...new Set([...calls.values()].flatMap((call) => (call.agent === null ? [] : [call.agent])))].sort((a, b) => a.localeCompare(b, "zh-CN")),
);

export const agents = (state: State): readonly string[] => agentsOf(state.calls);

/** The alert `step` places on from `current` in `list`; from none, the first or last. */
export function neighbour(list: readonly Alert[], current: string | null, step: 1 | -1): Alert | undefined {
  const at = list.findIndex((alert) => alertKey(alert) === current);
  if (at < 0) return step > 0 ? list[0] : list.at(-1);
  return list[Math.min(list.length - 1, Math.max(0, at + step))];
}

/** `now`'s members in `before`'s order as far as they were there; newcomers last. So rows hold still under the pointer. */
export function steady(before: readonly string[], now: readonly string[]): readonly string[] {
  const members = new Set(now);
  const known = new Set(before);
  return [...before.filter((id) => members.has(id)), ...now.filter((id) => !known.has(id))];
}

/** A line of the transcript: words with what was found in them, or something found outside any words (a silence). */
export type Line =
  | { readonly key: string; readonly start: number; readonly utterance: Utterance; readonly findings: readonly HeldFinding[] }
  | { readonly key: string; readonly start: number; readonly utterance: null; readonly findings: readonly [HeldFinding] };

export function lines(detail: Pick<Detail, "utterances" | "findings">): Line[] {
  const found = groupBy(detail.findings.values(), ({ finding }) => finding.utterance ?? "");
  const spoken = [...detail.utterances.values()].map(
    (utterance): Line => ({
      key: utterance.id,
      start: utterance.start,
      utterance,
      findings: (found.get(utterance.id) ?? []).sort((a, b) => a.finding.start - b.finding.start),
    }),
  );
  const loose = [...detail.findings.values()]
    .filter(({ finding }) => finding.utterance === null || !detail.utterances.has(finding.utterance))
    .map((held): Line => ({ key: `finding ${held.finding.id}`, start: held.finding.start, utterance: null, findings: [held] }));
  return [...spoken, ...loose].sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1));
}

/** How grave each finding of a call is: as its gravest alert. What no alert rests on is not in it. */
export function gravityOfFindings(alerts: readonly Alert[]): ReadonlyMap<string, Severity> {
  const result = new Map<string, Severity>();
  for (const alert of alerts.toSorted((a, b) => gravity(a.severity) - gravity(b.severity))) {
    for (const finding of alert.because) result.set(finding, alert.severity);
  }
  return result;
}

/** The newest finding an alert rests on that is known. */
export function newestEvidence(alert: Alert, findings: ReadonlyMap<string, HeldFinding>): Finding | undefined {
  const id = alert.because.findLast((finding) => findings.has(finding));
  return id === undefined ? undefined : findings.get(id)?.finding;
}

export const isOpen = (alert: Alert): boolean => alert.status === "open";

/** Acknowledged: somebody sees to it. */
export const isActing = (alert: Alert): boolean => alert.status === "acknowledged";
const raised = (alert: Alert): number => instant(alert.raised);
