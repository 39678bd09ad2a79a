/** What the live socket tells, a batch at a time. */
import type { Alert, Call, LiveEvent, Utterance } from "../api/types";
import { DetailDraft } from "./detail";
import { forget } from "./ended";
import { examined } from "./health";
import { alertKey, type Notice, type State } from "./state";
import { Table } from "./table";

const KEEP_NOTICES = 3;

export function events(state: State, all: readonly LiveEvent[]): State {
  const draft = new Draft(state);
  for (const event of all) {
    if (event.seq <= draft.seq) continue;
    draft.seq = event.seq;
    draft.apply(event);
  }
  if (draft.seq === state.seq) return state;
  return draft.ended ? forget(draft.finish()) : draft.finish();
}

class Draft {
  seq: number;
  ended = false;
  private notices: readonly Notice[];
  private examined: Pick<State, "health" | "healthSeen">;
  private readonly calls: Table<Call>;
  private readonly alerts: Table<Alert>;
  private readonly lines: Table<Utterance>;
  private readonly details = new Map<string, DetailDraft>();

  constructor(private readonly state: State) {
    this.seq = state.seq;
    this.notices = state.notices;
    this.examined = state;
    this.calls = new Table(state.calls);
    this.alerts = new Table(state.alerts);
    this.lines = new Table(state.lines);
  }

  apply(event: LiveEvent): void {
    switch (event.type) {
      case "call":
        this.call(event.data);
        break;
      case "alert":
        this.alerts.set(alertKey(event.data), event.data);
        break;
      case "notice":
        this.notices = [...this.notices.filter((old) => old.code !== event.code || old.call !== event.call), event].slice(-KEEP_NOTICES);
        break;
      case "health":
        this.examined = examined(this.examined, event.data);
        break;
      case "utterance":
        if (this.calls.now.get(event.call)?.status === "live") this.lines.set(event.call, event.data);
        this.detail(event.call)?.apply(event);
        break;
      case "utterance_withdrawn":
        if (this.lines.now.get(event.call)?.id === event.id) this.lines.delete(event.call);
        this.detail(event.call)?.apply(event);
        break;
      case "finding":
      case "finding_withdrawn":
      case "whisper":
      case "summary":
        this.detail(event.call)?.apply(event);
        break;
    }
  }

  finish(): State {
    const { state, seq, notices } = this;
    const { health, healthSeen } = this.examined;
    const details = new Map([...this.details].map(([call, draft]) => [call, draft.finish()]));
    return {
      ...state,
      seq,
      notices,
      health,
      healthSeen,
      calls: this.calls.now,
      alerts: this.alerts.now,
      lines: this.lines.now,
      details: details.size > 0 ? new Map([...state.details, ...details]) : state.details,
    };
  }

  private call(call: Call): void {
    this.calls.set(call.id, call);
    if (call.status === "live") return;
    this.lines.delete(call.id);
    this.ended = true;
  }

  private detail(call: string): DetailDraft | undefined {
    const detail = this.state.details.get(call);
    if (detail === undefined) return undefined;
    const draft = this.details.get(call) ?? new DetailDraft(detail);
    this.details.set(call, draft);
    return draft;
  }
}
