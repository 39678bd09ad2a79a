import type { Finding } from "../api/types";

/** good: done as it should be, a step, a promise, a customer soothed. Everything else is plain; how grave it is, alerts say. */
export type Tone = "good" | "plain";

export function toneOf({ kind, rule }: Pick<Finding, "kind" | "rule">): Tone {
  return kind === "step" || kind === "promise" || (kind === "emotion_shift" && rule === "soothed") ? "good" : "plain";
}
