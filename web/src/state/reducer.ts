/** All the page knows, as a pure function of what the server said and the supervisor did. */
import type {
  Alert,
  Call,
  CallDetail,
  Choice,
  Finding,
  Health,
  LiveEvent,
  NoticeLevel,
  Snapshot,
  Summary,
  Utterance,
  Whisper,
  WhisperMark,
} from "../api/types";
import type { Connection } from "../live/protocol";
import { alike, well } from "./health";

export interface HeldFinding {
  readonly finding: Finding;
  readonly provisional: boolean;
}

/** An open call's words. `held` are the events that came while they were being read; they go on top. */
export interface Detail {
  readonly status: "loading" | "ready" | "failed";
  readonly utterances: ReadonlyMap<string, Utterance>;
  readonly findings: ReadonlyMap<string, HeldFinding>;
  readonly whispers: ReadonlyMap<string, Whisper>;
  readonly summary: Summary;
  readonly held: readonly LiveEvent[];
}

export interface Notice {
  readonly call: string | null;
  readonly level: NoticeLevel;
  readonly code: string;
  readonly message: string;
}

/** What the supervisor chose and the server has not yet confirmed. */
export interface Mark extends Choice {
  readonly by?: string;
}

/** What the agent did with a whisper and the server has not yet confirmed. */
export interface Answer {
  readonly status: WhisperMark;
}

export interface State {
  readonly loaded: boolean;
  readonly connection: Connection;
  readonly seq: number;
  readonly model: string;
  readonly version: string;
  readonly calls: ReadonlyMap<string, Call>;
  readonly alerts: ReadonlyMap<string, Alert>; // by alertKey
  readonly marks: ReadonlyMap<string, Mark>; // by alertKey
  readonly answers: ReadonlyMap<string, Answer>; // by alertKey of the whisper
  readonly details: ReadonlyMap<string, Detail>; // of the calls that are open on the page
  readonly lines: ReadonlyMap<string, Utterance>; // the last words heard of each live call
  readonly notices: readonly Notice[];
  readonly health: Health;
  readonly healthSeen: boolean; // and put away
  readonly older: Older;
}

/** How far back the list of ended calls was read: the next answer begins `before` this instant. */
export interface Older {
  readonly before: string | null; // null: from the first call that is not in the snapshot
  readonly end: boolean;
  readonly read: number; // calls kept beyond the usual number
}

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

const KEEP_ENDED = 50;
const KEEP_NOTICES = 3;
const NOT_READ: Older = { before: null, end: false, read: 0 };

export const empty: State = {
  loaded: false,
  connection: "connecting",
  seq: 0,
  model: "",
  version: "",
  calls: new Map(),
  alerts: new Map(),
  marks: new Map(),
  answers: new Map(),
  details: new Map(),
  lines: new Map(),
  notices: [],
  health: well,
  healthSeen: false,
  older: NOT_READ,
};

/** Ids of alerts and whispers are only known to be unique inside their call. */
export const alertKey = (alert: { readonly call: string; readonly id: string }): string => `${alert.call}/${alert.id}`;

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

/** How the service does now. What was put away stays so until it says something else. */
function examined(state: Pick<State, "health" | "healthSeen">, health: Health): Pick<State, "health" | "healthSeen"> {
  return { health, healthSeen: state.healthSeen && alike(state.health, health) };
}

function events(state: State, all: readonly LiveEvent[]): State {
  const draft = new Draft(state);
  for (const event of all) {
    if (event.seq <= draft.seq) continue;
    draft.seq = event.seq;
    draft.apply(event);
  }
  if (draft.seq === state.seq) return state;
  return draft.ended ? forget(draft.finish()) : draft.finish();
}

/** A table copied when it is first changed: what a batch of events does not touch keeps its identity. */
class Table<T> {
  private copy: Map<string, T> | undefined;

  constructor(private readonly base: ReadonlyMap<string, T>) {}

  get now(): ReadonlyMap<string, T> {
    return this.copy ?? this.base;
  }

  set(key: string, value: T): void {
    (this.copy ??= new Map(this.base)).set(key, value);
  }

  delete(key: string): void {
    if (this.now.has(key)) (this.copy ??= new Map(this.base)).delete(key);
  }
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

class DetailDraft {
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

/** A page left open all day does not grow without end: ended calls beyond a number go, unless open or with an alert still to be seen to. */
function forget(state: State): State {
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

function older(state: State, calls: readonly Call[], end: boolean): State {
  const added = calls.filter((call) => !state.calls.has(call.id));
  return {
    ...state,
    calls: new Map([...state.calls, ...added.map((call) => [call.id, call] as const)]),
    older: { before: calls.at(-1)?.started ?? state.older.before, end, read: state.older.read + added.length },
  };
}

export const NOTHING_READ: Detail = { status: "loading", utterances: new Map(), findings: new Map(), whispers: new Map(), summary: {}, held: [] };

function detailWanted(state: State, call: string): State {
  const before = state.details.get(call) ?? NOTHING_READ;
  return { ...state, details: put(state.details, call, { ...before, status: "loading", held: [] }) };
}

function detailLoaded(state: State, { call, utterances, findings, alerts, whispers, summary }: CallDetail): State {
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

/**
 * The answer to a mark made on the alert as it was `before`. It may have grown, or been judged again by another supervisor, while
 * the answer was on its way. Who owns it has no time of its own: what the socket told meanwhile is newer.
 */
function judged(state: State, { status, by, when, note, why, owner, ...alert }: Alert, before: Alert | undefined): State {
  const key = alertKey(alert);
  const now = state.alerts.get(key);
  if (now !== undefined && instant(now.when) > instant(when)) return state;
  return { ...state, alerts: put(state.alerts, key, { ...(now ?? alert), status, by, when, note, why, owner: now === undefined || now === before ? owner : now.owner }) };
}

function unmarked(state: State, key: string, mark: Mark): State {
  // A later choice for the same alert is still under way: it stays.
  return state.marks.get(key) === mark ? { ...state, marks: kept(state.marks, (other) => other !== key) } : state;
}

/** The server's answer about a whisper, unless what the socket told meanwhile is newer. */
function whispered(state: State, whisper: Whisper): State {
  return withDetail(state, whisper.call, (detail) => {
    const known = detail.whispers.get(whisper.id);
    return known !== undefined && instant(known.when) > instant(whisper.when)
      ? detail
      : { ...detail, whispers: put(detail.whispers, whisper.id, whisper) };
  });
}

function unanswered(state: State, key: string, answer: Answer): State {
  return state.answers.get(key) === answer ? { ...state, answers: kept(state.answers, (other) => other !== key) } : state;
}

function withDetail(state: State, call: string, change: (detail: Detail) => Detail): State {
  const detail = state.details.get(call);
  return detail === undefined ? state : { ...state, details: put(state.details, call, change(detail)) };
}

const put = <T>(table: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> => new Map([...table, [key, value]]);

const kept = <T>(table: ReadonlyMap<string, T>, keep: (key: string, value: T) => boolean): ReadonlyMap<string, T> =>
  new Map([...table].filter(([key, value]) => keep(key, value)));

const instant = (iso: string | null): number => Date.parse(iso ?? "") || 0;
