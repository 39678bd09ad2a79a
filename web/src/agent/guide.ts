/** Where the agent stands: the five steps and what comes next, how the customer feels. Pure. */
import type { Mood, Summary } from "../api/types";
import { feelingOf, type Feeling } from "../state/feeling";
import type { Line } from "../state/views";

export const STEPS = ["soothe", "probe", "act", "elevate", "change", "close"] as const;
export type GuideStep = (typeof STEPS)[number];

/** idle: only where the call needs it, or not known to be needed. */
export type GuideState = "done" | "next" | "todo" | "idle";

export interface GuideView {
  readonly step: GuideStep;
  readonly state: GuideState;
  readonly at: number | null;
}

const ALWAYS: readonly GuideStep[] = ["soothe", "probe", "act", "close"];

/**
 * The steps in order. What is needed: as the summary says once the call is known to be a complaint; before that, as soon as
 * the customer has climbed the ladder at all, what every complaint needs.
 */
export function guide(summary: Summary, lines: readonly Line[], level: number): GuideView[] {
  const known = summary.steps ?? {};
  const complaint = Object.keys(known).length > 0;
  const times = new Map(STEPS.map((step) => [step, known[step] ?? heard(step, lines)]));
  const needed: readonly string[] = complaint ? (summary.steps_missing ?? []) : level > 0 ? ALWAYS : [];
  const open = STEPS.filter((step) => times.get(step) === null && needed.includes(step));
  return STEPS.map((step) => {
    const at = times.get(step) ?? null;
    const state = at !== null ? "done" : step === open[0] ? "next" : open.includes(step) ? "todo" : "idle";
    return { step, state, at };
  });
}

/** When a step was first found in the words. */
function heard(step: GuideStep, lines: readonly Line[]): number | null {
  for (const { findings } of lines) {
    const held = findings.find(({ finding }) => finding.kind === "step" && finding.rule === step);
    if (held !== undefined) return held.finding.start;
  }
  return null;
}

export type Trend = "better" | "worse" | "steady";

export interface MoodNow {
  readonly feeling: Feeling | "none"; // none: not heard yet
  readonly trend: Trend;
}

const TURN = 0.2; // change of valence that counts as one
const BEFORE = 4; // utterances the newest is compared with

/** The customer's mood as last heard (of the only speaker, where who speaks is not known), against the utterances before. */
export function moodNow(mood: readonly Mood[]): MoodNow {
  const heard = mood.filter(([, speaker]) => speaker !== "agent").map(([, , valence]) => valence);
  const last = heard.at(-1);
  if (last === undefined) return { feeling: "none", trend: "steady" };
  const before = heard.slice(-1 - BEFORE, -1);
  const usual = before.length === 0 ? last : before.reduce((sum, one) => sum + one, 0) / before.length;
  return {
    feeling: feelingOf(last),
    trend: last - usual > TURN ? "better" : usual - last > TURN ? "worse" : "steady",
  };
}

/** Kinds of findings that help an agent at a glance; the rest of the evidence is for those who judge the call. */
const TOLD = new Set(["banned_phrase", "overpromise", "escalation", "repeated_claim", "made_to_repeat", "promise"]);

/** The transcript as an agent reads it beside the customer: the words, few marks, no silences. */
export function spoken(lines: readonly Line[]): Line[] {
  return lines.flatMap((line) =>
    line.utterance === null ? [] : [{ ...line, findings: line.findings.filter(({ finding }) => TOLD.has(finding.kind)) }],
  );
}
