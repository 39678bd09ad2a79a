/** What the server answers to a supervisor's mark and to what an agent did with a whisper. */
import type { Alert, Whisper } from "../api/types";
import { instant } from "../lib/time";
import { withDetail } from "./detail";
import { alertKey, type Answer, type Mark, type State } from "./state";
import { kept, put } from "./table";

/**
 * The answer to a mark made on the alert as it was `before`. It may have grown, or been judged again by another supervisor, while
 * the answer was on its way. Who owns it has no time of its own: what the socket told meanwhile is newer.
 */
export function judged(state: State, { status, by, when, note, why, owner, ...alert }: Alert, before: Alert | undefined): State {
  const key = alertKey(alert);
  const now = state.alerts.get(key);
  if (now !== undefined && instant(now.when) > instant(when)) return state;
  return { ...state, alerts: put(state.alerts, key, { ...(now ?? alert), status, by, when, note, why, owner: now === undefined || now === before ? owner : now.owner }) };
}

export function unmarked(state: State, key: string, mark: Mark): State {
  // A later choice for the same alert is still under way: it stays.
  return state.marks.get(key) === mark ? { ...state, marks: kept(state.marks, (other) => other !== key) } : state;
}

/** The server's answer about a whisper, unless what the socket told meanwhile is newer. */
export function whispered(state: State, whisper: Whisper): State {
  return withDetail(state, whisper.call, (detail) => {
    const known = detail.whispers.get(whisper.id);
    return known !== undefined && instant(known.when) > instant(whisper.when)
      ? detail
      : { ...detail, whispers: put(detail.whispers, whisper.id, whisper) };
  });
}

export function unanswered(state: State, key: string, answer: Answer): State {
  return state.answers.get(key) === answer ? { ...state, answers: kept(state.answers, (other) => other !== key) } : state;
}
