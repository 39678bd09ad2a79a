/** The ended calls a page holds: how many, and how far back they were read. */
import type { Call } from "../api/types";
import { instant } from "../lib/time";
import type { State } from "./state";
import { kept } from "./table";

const KEEP_ENDED = 50;

/** A page left open all day does not grow without end: ended calls beyond a number go, unless open or with an alert still to be seen to. */
export function forget(state: State): State {
  const waiting = new Set([...state.alerts.values()].flatMap((alert) => (alert.status === "open" || alert.status === "acknowledged" ? [alert.call] : [])));
  const gone = new Set(
    [...state.calls.values()]
      .filter((call) => call.status !== "live")
      .sort((a, b) => instant(b.ended ?? b.started) - instant(a.ended ?? a.started))
      .slice(KEEP_ENDED + state.older.read)
      .map((call) => call.id)
      .filter((call) => !waiting.has(call) && !state.details.has(call)),
  );
  if (gone.size === 0) return state;
  return {
    ...state,
    calls: kept(state.calls, (call) => !gone.has(call)),
    alerts: kept(state.alerts, (_, alert) => !gone.has(alert.call)),
  };
}

/** Where to read on. Answers are in the order of beginnings, the snapshot in that of endings: what it lacks began before its last ended. */
export function readFrom(state: State): string | undefined {
  if (state.older.before !== null) return state.older.before;
  const ended = [...state.calls.values()]
    .filter((call) => call.status !== "live")
    .map((call) => call.ended ?? call.started)
    .sort((a, b) => instant(b) - instant(a))
    .slice(0, KEEP_ENDED); // those beyond are there for their alerts, with gaps between
  return ended.reduce<string | undefined>((first, one) => (first === undefined || instant(one) < instant(first) ? one : first), undefined);
}

export function older(state: State, calls: readonly Call[], end: boolean): State {
  const added = calls.filter((call) => !state.calls.has(call.id));
  return {
    ...state,
    calls: new Map([...state.calls, ...added.map((call) => [call.id, call] as const)]),
    older: { before: calls.at(-1)?.started ?? state.older.before, end, read: state.older.read + added.length },
  };
}
