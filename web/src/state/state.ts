/** All the page knows. */
import type { Alert, Call, Choice, Finding, Health, LiveEvent, NoticeLevel, Summary, Utterance, Whisper, WhisperMark } from "../api/types";
import type { Connection } from "../live/protocol";
import { well } from "./health";

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

export const NOT_READ: Older = { before: null, end: false, read: 0 };

export const NOTHING_READ: Detail = { status: "loading", utterances: new Map(), findings: new Map(), whispers: new Map(), summary: {}, held: [] };

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
