/** What this browser remembers of its agent. */
import { fields, keep, useKept } from "../lib/kept";

export interface Preferences {
  readonly speak: boolean; // whispers into the headset
  readonly chime: boolean;
  readonly name: string; // whose calls to follow, where the account does not say; empty: anybody's
}

const DEFAULTS: Preferences = { speak: false, chime: true, name: "" };

export const preferences = keep("callmonitor.agent", parse);

export const usePreferences = (): Preferences => useKept(preferences);

/** What was stored, field by field: what is missing or of another kind falls back. */
export function parse(stored: string | null): Preferences {
  const { speak, chime, name } = fields(stored);
  return {
    speak: typeof speak === "boolean" ? speak : DEFAULTS.speak,
    chime: typeof chime === "boolean" ? chime : DEFAULTS.chime,
    name: typeof name === "string" ? name : DEFAULTS.name,
  };
}
