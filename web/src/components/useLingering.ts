import { useEffect, useState } from "react";
import type { Alert } from "../api/types";
import { closed, feeds } from "../state/views";

const LINGER = 8_000; // milliseconds
const NONE: ReadonlySet<string> = new Set();

/**
 * Alerts that were open a moment ago, by alertKey. They keep their places for a while: the list does not jump under the hand
 * that works through it, what another supervisor took is seen to go, and a slip can be undone.
 */
export function useLingering(alerts: ReadonlyMap<string, Alert>): ReadonlySet<string> {
  const { open } = feeds(alerts);
  const [before, setBefore] = useState(open);
  const [lingering, setLingering] = useState(NONE);
  if (before !== open) {
    setBefore(open);
    const gone = closed(before, alerts);
    if (gone.length > 0) setLingering(new Set([...lingering, ...gone]));
  }
  useEffect(() => {
    if (lingering.size === 0) return undefined;
    const timer = setTimeout(() => setLingering(NONE), LINGER);
    return () => clearTimeout(timer);
  }, [lingering]);
  return lingering;
}
