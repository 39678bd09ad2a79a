/** What this browser remembers of its agent. */
import { useSyncExternalStore } from "react";

export interface Preferences {
  readonly speak: boolean; // whispers into the headset
  readonly chime: boolean;
  readonly name: string; // whose calls to follow, where the account does not say; empty: anybody's
}

const KEY = "callmonitor.agent";
const DEFAULTS: Preferences = { speak: false, chime: true, name: "" };

/** What was stored, field by field: what is missing or of another kind falls back. */
export function parse(stored: string | null): Preferences {
  let raw: unknown;
  try {
    raw = JSON.parse(stored ?? "{}");
  } catch {
    return DEFAULTS;
  }
  if (typeof raw !== "object" || raw === null) return DEFAULTS;
  const { speak, chime, name } = raw as Record<string, unknown>;
  return {
    speak: typeof speak === "boolean" ? speak : DEFAULTS.speak,
    chime: typeof chime === "boolean" ? chime : DEFAULTS.chime,
    name: typeof name === "string" ? name : DEFAULTS.name,
  };
}

function read(): Preferences {
  try {
    return parse(localStorage.getItem(KEY));
  } catch {
    return DEFAULTS;
  }
}

let current = read();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const preferences = {
  get: (): Preferences => current,
  set: (change: Partial<Preferences>): void => {
    current = { ...current, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(current));
    } catch {
      // Storage may be full or forbidden: the choice then lasts as long as the page.
    }
    for (const listener of listeners) listener();
  },
};

export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, preferences.get, preferences.get);
