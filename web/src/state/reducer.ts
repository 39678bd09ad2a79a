/** What changes of all the page knows, as a pure function of what the server said and the people at the page did. */
import type { Alert, Call, CallDetail, LiveEvent, Snapshot, Whisper } from "../api/types";
import type { Connection } from "../live/protocol";
import { judged, unanswered, unmarked, whispered } from "./answers";
import { detailLoaded, detailWanted, withDetail } from "./detail";
import { older } from "./ended";
import { events } from "./events";
import { examined } from "./health";
import { alertKey, NOT_READ, type Answer, type Mark, type Notice, type State } from "./state";
import { kept, put } from "./table";

export type Change =
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "loaded"; readonly snapshot: Snapshot }
  | { readonly type: "events"; readonly events: readonly LiveEvent[] }
  | { readonly type: "older"; readonly calls: readonly Call[]; readonly end: boolean }
  | { readonly type: "detail_wanted"; readonly call: string }
  | { readonly type: "detail_loaded"; readonly detail: CallDetail }
  | { readonly type: "detail_failed"; readonly call: string }
  | { readonly type: "detail_dropped"; readonly call: string }
  | { readonly type: "marking"; readonly key: string; readonly mark: Mark }
  | { readonly type: "marked"; readonly alert: Alert; readonly mark: Mark; readonly before: Alert | undefined }
  | { readonly type: "mark_failed"; readonly key: string; readonly mark: Mark }
  | { readonly type: "answering"; readonly key: string; readonly answer: Answer }
  | { readonly type: "answered"; readonly whisper: Whisper; readonly answer: Answer }
  | { readonly type: "answer_failed"; readonly key: string; readonly answer: Answer }
  | { readonly type: "whispered"; readonly whisper: Whisper }
  | { readonly type: "notice_dismissed"; readonly notice: Notice }
  | { readonly type: "health_seen" };

export function reduce(state: State, change: Change): State {
  switch (change.type) {
    case "connection":
      return { ...state, connection: change.connection };
    case "loaded":
      return loaded(state, change.snapshot);
    case "events":
      return events(state, change.events);
    case "older":
      return older(state, change.calls, change.end);
    case "detail_wanted":
      return detailWanted(state, change.call);
    case "detail_loaded":
      return detailLoaded(state, change.detail);
    case "detail_failed":
      return withDetail(state, change.call, (detail) => ({ ...detail, status: "failed" }));
    case "detail_dropped":
      return { ...state, details: kept(state.details, (call) => call !== change.call) };
    case "marking":
      return { ...state, marks: put(state.marks, change.key, change.mark) };
    case "marked":
      return unmarked(judged(state, change.alert, change.before), alertKey(change.alert), change.mark);
    case "mark_failed":
      return unmarked(state, change.key, change.mark);
    case "answering":
      return { ...state, answers: put(state.answers, change.key, change.answer) };
    case "answered":
      return unanswered(whispered(state, change.whisper), alertKey(change.whisper), change.answer);
    case "answer_failed":
      return unanswered(state, change.key, change.answer);
    case "whispered":
      return whispered(state, change.whisper);
    case "notice_dismissed":
      return { ...state, notices: state.notices.filter((notice) => notice !== change.notice) };
    case "health_seen":
      return { ...state, healthSeen: true };
  }
}

function loaded(state: State, snapshot: Snapshot): State {
  const calls = new Map(snapshot.calls.map((call) => [call.id, call]));
  // An open call may be older than what the snapshot holds: it stays, with its alerts.
  const stays = (call: string): boolean => state.details.has(call) && !calls.has(call);
  return {
    ...state,
    loaded: true,
    seq: snapshot.seq,
    model: snapshot.model,
    version: snapshot.version,
    calls: new Map([...kept(state.calls, stays), ...calls]),
    alerts: new Map([
      ...kept(state.alerts, (_, alert) => stays(alert.call)),
      ...snapshot.alerts.map((alert) => [alertKey(alert), alert] as const),
    ]),
    lines: kept(state.lines, (call) => calls.get(call)?.status === "live"),
    ...examined(state, snapshot.health),
    older: NOT_READ,
  };
}
