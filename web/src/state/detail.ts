/** An open call: read, and kept fresh by what the socket tells meanwhile. */
import type { CallDetail, LiveEvent, Summary, Utterance, Whisper } from "../api/types";
import { alertKey, NOTHING_READ, type Detail, type HeldFinding, type State } from "./state";
import { put, Table } from "./table";

export function detailWanted(state: State, call: string): State {
  const before = state.details.get(call) ?? NOTHING_READ;
  return { ...state, details: put(state.details, call, { ...before, status: "loading", held: [] }) };
}

export function detailLoaded(state: State, { call, utterances, findings, alerts, whispers, summary }: CallDetail): State {
  const before = state.details.get(call.id);
  if (before === undefined) return state; // closed again meanwhile
  const draft = new DetailDraft({
    status: "ready",
    utterances: new Map(utterances.map((utterance) => [utterance.id, utterance])),
    findings: new Map(findings.map((finding) => [finding.id, { finding, provisional: false }])),
    whispers: new Map(whispers.map((whisper) => [whisper.id, whisper])),
    summary,
    held: [],
  });
  for (const event of before.held) draft.apply(event);
  // What the socket keeps fresh is newer than an answer that was on its way; the answer only adds what the socket never told.
  return {
    ...state,
    details: put(state.details, call.id, draft.finish()),
    calls: state.calls.has(call.id) ? state.calls : put(state.calls, call.id, call),
    alerts: new Map([...alerts.map((alert) => [alertKey(alert), alert] as const), ...state.alerts]),
  };
}

export function withDetail(state: State, call: string, change: (detail: Detail) => Detail): State {
  const detail = state.details.get(call);
  return detail === undefined ? state : { ...state, details: put(state.details, call, change(detail)) };
}

export class DetailDraft {
  private readonly utterances: Table<Utterance>;
  private readonly findings: Table<HeldFinding>;
  private readonly whispers: Table<Whisper>;
  private summary: Summary;
  private readonly held: LiveEvent[] = [];

  constructor(private readonly detail: Detail) {
    this.utterances = new Table(detail.utterances);
    this.findings = new Table(detail.findings);
    this.whispers = new Table(detail.whispers);
    this.summary = detail.summary;
  }

  apply(event: LiveEvent): void {
    if (this.detail.status !== "ready") this.held.push(event);
    switch (event.type) {
      case "utterance":
        this.utterances.set(event.data.id, event.data);
        break;
      case "utterance_withdrawn":
        this.utterances.delete(event.id);
        break;
      case "finding":
        this.findings.set(event.data.id, { finding: event.data, provisional: event.provisional });
        break;
      case "finding_withdrawn":
        this.findings.delete(event.id);
        break;
      case "whisper":
        this.whispers.set(event.data.id, event.data);
        break;
      case "summary":
        this.summary = event.data;
        break;
      default:
        break;
    }
  }

  finish(): Detail {
    const { detail, summary, held } = this;
    return {
      status: detail.status,
      utterances: this.utterances.now,
      findings: this.findings.now,
      whispers: this.whispers.now,
      summary,
      held: held.length > 0 ? [...detail.held, ...held] : detail.held,
    };
  }
}
