/** Which whisper stands on the agent's page, and when it may change under the agent's hand. Pure. */
import type { Whisper } from "../api/types";
import { alertKey, type Answer } from "../state/state";

export interface Offered {
  readonly open: readonly Whisper[]; // the first is the one to show
  readonly later: readonly Whisper[]; // put off by the agent, the newest first
}

/**
 * What a call offers at `seconds` of call time, an answer still on its way to the server counted already.
 * `recalled`: the id of what was put off and the agent wants to see now.
 */
export function offered(
  whispers: Iterable<Whisper>,
  answers: ReadonlyMap<string, Answer>,
  seconds: number,
  recalled: string | null = null,
): Offered {
  const now = [...whispers].map((whisper) => ({ ...whisper, ...answers.get(alertKey(whisper)) }));
  const wanted = ({ id, status }: Whisper): boolean => id === recalled && status === "later";
  const open = now.filter((whisper) => waiting(whisper) && (bySupervisor(whisper) || whisper.expires > seconds));
  return {
    open: [...open, ...now.filter(wanted)].sort(
      (a, b) => Number(bySupervisor(b)) - Number(bySupervisor(a)) || Number(wanted(b)) - Number(wanted(a)) || byRank(a, b),
    ),
    later: now.filter((whisper) => whisper.status === "later" && !wanted(whisper)).sort((a, b) => b.at - a.at),
  };
}

export const bySupervisor = (whisper: Whisper): boolean => whisper.origin === "supervisor";

const waiting = ({ status }: Whisper): boolean => status === "sent" || status === "seen";

const byRank = (a: Whisper, b: Whisper): number => b.priority - a.priority || b.at - a.at || (a.id < b.id ? -1 : 1);

/** Times are milliseconds of a clock that never goes back. */
export interface Stage {
  readonly shown: string | null; // id
  readonly since: number; // when it came, or the last one went
  readonly pending: number | null; // since when another one wants its place
}

export const EMPTY: Stage = { shown: null, since: Number.NEGATIVE_INFINITY, pending: null };

export const HOLD = 1_000; // for so long what is under the pointer is not replaced
export const ARM = 600; // for so long a newly shown whisper takes neither click nor key: they were meant for what stood there

/**
 * `best` is the id to show, `offered` whether the shown one still is on offer, `under` whether the pointer is over its
 * buttons. One that is gone makes way at once, but the next comes under the pointer only when HOLD is over.
 * The same stage comes back where nothing changes.
 */
export function settle(stage: Stage, best: string | null, offered: boolean, under: boolean, now: number): Stage {
  if (best === stage.shown) return stage.pending === null ? stage : { ...stage, pending: null };
  const pending = stage.pending ?? (stage.shown === null ? stage.since : now);
  if (under && best !== null && now - pending < HOLD) {
    const shown = offered ? stage.shown : null;
    return stage.pending === pending && stage.shown === shown ? stage : { shown, since: stage.since, pending };
  }
  return { shown: best, since: now, pending: null };
}

/** Milliseconds until `settle` would say something else although nothing happens; null: never. */
export const settlesIn = ({ pending }: Stage, now: number): number | null => (pending === null ? null : Math.max(0, pending + HOLD - now));

/** Milliseconds until what is shown takes clicks and keys. */
export const armsIn = ({ since }: Stage, now: number): number => Math.max(0, since + ARM - now);
