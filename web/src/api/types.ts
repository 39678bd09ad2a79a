/** The records of docs/api.md, as they arrive. Times are seconds of call time; names ending a sentence in ISO are strings. */

export type Speaker = "agent" | "customer" | "unknown";
export type Stage = "interim" | "draft" | "final";
export type Severity = "notice" | "warning" | "critical";
/** Why an alert was a false alarm. */
export type Mistake = "misheard" | "other_sense" | "quoted" | "joking" | "no_breach" | "other";
export type AlertStatus = "open" | "acknowledged" | "resolved" | "false_alarm";
export type CallStatus = "live" | "ended" | "interrupted" | "failed";

/** [seconds, speaker, valence -1..1] */
export type Mood = readonly [number, Speaker, number];

export interface Call {
  readonly id: string;
  readonly started: string;
  readonly ended: string | null;
  readonly seconds: number;
  readonly agent: string | null;
  readonly team: string | null;
  readonly customer: string | null;
  readonly model: string;
  readonly source: "live" | "file";
  readonly status: CallStatus;
  readonly why: string | null;
  readonly risk: number;
  readonly level: number;
  readonly talk_share: Readonly<Partial<Record<Speaker, number>>>;
  readonly mood: readonly Mood[];
  readonly channels: readonly Speaker[];
  readonly taken_over: TakenOver | null;
}

/** By which supervisor, and when (ISO). */
export interface TakenOver {
  readonly by: string;
  readonly when: string;
}

export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Utterance {
  readonly call: string;
  readonly id: string;
  readonly speaker: Speaker;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly stage: Stage;
  readonly confidence: number;
  readonly words?: readonly Word[];
  readonly valence: number | null;
  readonly arousal: number | null;
}

export interface Finding {
  readonly call: string;
  readonly id: string;
  readonly kind: string;
  readonly rule: string | null;
  readonly speaker: Speaker;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly confidence: number;
  readonly because: string;
  readonly utterance: string | null;
  /** [from, to) in code points of the utterance's text, as Python counts them. */
  readonly span: readonly [number, number] | null;
  readonly level?: number;
  readonly count?: number;
  readonly first?: number;
  readonly inconsistent?: boolean;
  readonly values?: readonly string[];
  readonly due?: string;
  readonly said?: string;
  readonly overlap?: number;
  readonly seconds?: number;
}

export interface Alert {
  readonly call: string;
  readonly id: string;
  readonly at: number;
  readonly severity: Severity;
  readonly rule: string;
  readonly title: string;
  readonly because: readonly string[];
  readonly text: string;
  readonly speaker: Speaker;
  readonly raised: string | null;
  readonly status: AlertStatus;
  readonly by: string | null;
  readonly when: string | null;
  readonly note: string | null;
  readonly why: Mistake | null;
  readonly owner: string | null;
}

/** What a person decides about an alert; what is left out stays. */
export interface Choice {
  readonly status?: AlertStatus;
  readonly why?: Mistake;
  readonly note?: string;
  readonly owner?: string | null;
}

/** Somebody who may see to a call's alerts. */
export interface Owner {
  readonly name: string;
  readonly display: string;
  readonly role: string;
}

export type WhisperStatus = "sent" | "seen" | "used" | "dismissed" | "later" | "withdrawn";

/** What the agent does with a whisper. */
export type WhisperMark = Exclude<WhisperStatus, "sent" | "withdrawn">;

/** One short line for the agent to say now: of the playbook, or written by a supervisor (`by`). */
export interface Whisper {
  readonly call: string;
  readonly id: string;
  readonly at: number;
  readonly origin: "playbook" | "supervisor";
  readonly by: string | null;
  readonly say: string;
  readonly reason: string;
  readonly because: readonly string[]; // ids of findings
  readonly rule: string | null;
  readonly priority: number; // 0..100
  readonly expires: number;
  readonly status: WhisperStatus;
  readonly when: string | null;
}

export type Status = "ok" | "busy" | "overloaded";

/** Something that keeps the service from keeping up, in a sentence. */
export interface Cause extends Names {
  readonly code: string;
  readonly status: Status;
  readonly value: number;
  readonly limit: number;
}

/** Whether the service keeps up, and if not, why, the worst first. */
export interface Health {
  readonly status: Status;
  readonly why: readonly Cause[];
  readonly latency_p95: number | null; // seconds
  readonly latency_target: number; // seconds
}

export interface Snapshot {
  readonly epoch: string;
  readonly seq: number;
  readonly calls: readonly Call[];
  readonly alerts: readonly Alert[];
  readonly health: Health;
  readonly model: string;
  readonly version: string;
}

/** A call of the same number in which the customer claimed the same. */
export interface EarlierCall {
  readonly call: string;
  readonly started: string;
  readonly text: string;
}

/** Something the agent will do: in which words, by when (ISO) where a moment can be told, and the words of the time. */
export interface Promised {
  readonly text: string;
  readonly due: string | null;
  readonly said: string | null;
}

/** Something the customer said in two turns or more: when, and the figures that differ, in the order heard. */
export interface Claim {
  readonly text: string;
  readonly times: readonly number[];
  readonly values: readonly string[];
}

/** Something the customer has given: an order number, an amount, a date. */
export interface Fact {
  readonly id: string;
  readonly zh: string; // what it is
  readonly value: string;
  readonly at: number;
}

/** What a call comes to, as far as it is known. Its risk and level while it lasts are the Call's. */
export interface Summary {
  readonly type?: string | null;
  readonly cause?: string | null;
  readonly validity?: string | null;
  readonly steps?: Readonly<Record<string, number | null>>;
  readonly steps_missing?: readonly string[];
  readonly promises?: readonly Promised[];
  readonly stressed?: readonly string[];
  readonly claims?: readonly Claim[];
  readonly opening_valence?: number | null;
  readonly closing_valence?: number | null;
  readonly earlier?: readonly EarlierCall[];
  readonly facts?: readonly Fact[];
}

export interface CallDetail {
  readonly call: Call;
  readonly utterances: readonly Utterance[];
  readonly findings: readonly Finding[];
  readonly alerts: readonly Alert[];
  readonly whispers: readonly Whisper[];
  readonly summary: Summary;
}

export type Role = "admin" | "supervisor" | "qa" | "agent";
export type Right = "listen" | "whisper" | "decide" | "export" | "label" | "audit";

/** Somebody who is in. `name` is how they sign; empty where there are no accounts. */
export interface Person {
  readonly name: string;
  readonly role: Role;
  readonly display: string;
  readonly teams: readonly string[];
  readonly agent: string | null;
}

/** Who is in, and what the page may offer them; the service decides each time it is asked. */
export interface Session {
  readonly password_needed: boolean;
  readonly signed_in: boolean;
  readonly who: Person | null;
  readonly rights: readonly Right[];
}

export interface Names {
  readonly zh: string;
  readonly en: string;
}

export interface Vocabulary {
  readonly kinds: Readonly<Record<string, Names>>;
  readonly rules: Readonly<Record<string, Names>>;
  readonly alerts: Readonly<Record<string, Names>>;
  readonly whispers?: Readonly<Record<string, Names>>; // their reasons, by rule
}

export type NoticeLevel = "info" | "warning" | "error";

interface Sequenced {
  readonly seq: number;
  readonly call: string;
}

export type LiveEvent =
  | (Sequenced & { readonly type: "call"; readonly data: Call })
  | (Sequenced & { readonly type: "utterance"; readonly data: Utterance })
  | (Sequenced & { readonly type: "utterance_withdrawn"; readonly id: string })
  | (Sequenced & { readonly type: "finding"; readonly data: Finding; readonly provisional: boolean })
  | (Sequenced & { readonly type: "finding_withdrawn"; readonly id: string })
  | (Sequenced & { readonly type: "alert"; readonly data: Alert })
  | (Sequenced & { readonly type: "whisper"; readonly data: Whisper })
  | (Sequenced & { readonly type: "summary"; readonly data: Summary })
  | { readonly seq: number; readonly call: null; readonly type: "health"; readonly data: Health }
  | {
      readonly seq: number;
      readonly call: string | null;
      readonly type: "notice";
      readonly level: NoticeLevel;
      readonly code: string;
      readonly message: string;
    };
