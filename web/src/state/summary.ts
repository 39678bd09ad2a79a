/** What the summary card shows of a call: pure, and each thing with the place in the transcript where it was said. */
import type { Alert, Finding, Promised, Speaker, Summary } from "../api/types";
import { feelingOf, type Feeling } from "./feeling";
import type { Line } from "./views";

/** Where to go in the transcript: a line, and in it a finding where there is one. */
export interface Place {
  readonly line: string;
  readonly finding: string | null;
}

const STEPS = ["soothe", "probe", "act", "elevate", "close"] as const;
export type Step = (typeof STEPS)[number];

/** todo: the call still lasts; idle: not needed (yet). */
export type StepState = "done" | "todo" | "missing" | "idle";

export interface StepView {
  readonly step: Step;
  readonly state: StepState;
  readonly at: number | null;
  readonly place: Place | null;
}

/** The steps of handling a complaint, in order; none while the call is not known to be one. */
export function stepsOf({ steps = {}, steps_missing = [] }: Summary, lines: readonly Line[], live: boolean): StepView[] {
  return STEPS.filter((step) => Object.hasOwn(steps, step)).map((step) => {
    const at = steps[step] ?? null;
    if (at === null) return { step, state: steps_missing.includes(step) ? (live ? "todo" : "missing") : "idle", at, place: null };
    const found = placeOf(lines, (finding) => finding.kind === "step" && finding.rule === step);
    return { step, state: "done", at, place: found ?? placeAt(lines, "agent", at) };
  });
}

/** How an ended call was for the customer, at first and at last (null: not known), and how many of its alerts were decided on. */
export function endingOf({ opening_valence, closing_valence }: Summary, alerts: readonly Alert[]): { readonly feelings: { readonly from: Feeling; readonly to: Feeling } | null; readonly handled: number } {
  const known = opening_valence != null && closing_valence != null;
  return {
    feelings: known ? { from: feelingOf(opening_valence), to: feelingOf(closing_valence) } : null,
    handled: alerts.filter(({ status }) => status === "resolved" || status === "false_alarm").length,
  };
}

export interface PromiseView extends Promised {
  readonly place: Place | null;
}

export function promisesOf({ promises = [] }: Summary, lines: readonly Line[]): PromiseView[] {
  return promises.map((promise) => ({
    ...promise,
    place: placeOf(lines, ({ kind, text, said }) => kind === "promise" && text === promise.text && (said ?? null) === promise.said),
  }));
}

export interface Mention {
  readonly at: number;
  readonly place: Place | null;
}

/** Something the customer insists on: its mentions, and the figures that differ between them, in the order heard. */
export interface Point {
  readonly text: string;
  readonly mentions: readonly Mention[];
  readonly values: readonly string[];
}

/** What the customer stressed, the most stressed first, then whatever else was said more than once. */
export function pointsOf({ stressed = [], claims = [] }: Summary, lines: readonly Line[]): Point[] {
  const claimed = new Map(claims.map((claim) => [claim.text, claim]));
  return [...new Set([...stressed, ...claimed.keys()])].map((text) => {
    const claim = claimed.get(text);
    const times = claim?.times ?? firstSaid(text, lines);
    return { text, mentions: times.map((at) => ({ at, place: placeAt(lines, "customer", at) })), values: claim?.values ?? [] };
  });
}

function firstSaid(text: string, lines: readonly Line[]): number[] {
  const line = lines.find(({ utterance }) => utterance !== null && utterance.speaker !== "agent" && utterance.text.includes(text));
  return line === undefined ? [] : [line.start];
}

function placeOf(lines: readonly Line[], is: (finding: Finding) => boolean): Place | null {
  for (const { key, findings } of lines) {
    const held = findings.find(({ finding }) => is(finding));
    if (held !== undefined) return { line: key, finding: held.finding.id };
  }
  return null;
}

const EARLY = 0.1; // seconds that a time may lie before its utterance, by rounding and padding

/** The words that were being said at a time by `speaker`, or by whoever shares the line. */
function placeAt(lines: readonly Line[], speaker: Speaker, at: number): Place | null {
  const line = lines.findLast(({ utterance }) => utterance !== null && [speaker, "unknown"].includes(utterance.speaker) && utterance.start <= at + EARLY);
  return line === undefined ? null : { line: line.key, finding: null };
}
