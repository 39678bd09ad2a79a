import { useEffect, useReducer, useState } from "react";
import type { Whisper } from "../api/types";
import { armsIn, EMPTY, settle, settlesIn, type Offered } from "./stage";

export interface Shown {
  readonly whisper: Whisper | undefined;
  readonly armed: boolean; // takes clicks and keys
  readonly rest: number; // others that wait for its place
}

/** The whisper on the stage, which changes only when no hand is just about to answer it. `under`: the pointer is over it. */
export function useStage({ open }: Offered, under: boolean): Shown {
  const [stage, setStage] = useState(EMPTY);
  const [, look] = useReducer((count: number) => count + 1, 0);
  const now = performance.now();
  const next = settle(stage, open[0]?.id ?? null, open.some(({ id }) => id === stage.shown), under, now);
  if (next !== stage) setStage(next);
  const whisper = open.find(({ id }) => id === next.shown);
  const arming = armsIn(next, now);
  const settling = settlesIn(next, now);
  const wait = whisper !== undefined && arming > 0 ? Math.min(arming, settling ?? arming) : settling;
  useEffect(() => {
    if (wait === null) return undefined;
    const timer = setTimeout(look, Math.ceil(wait) + 1);
    return () => clearTimeout(timer);
  });
  return { whisper, armed: arming <= 0, rest: open.length - (whisper === undefined ? 0 : 1) };
}
