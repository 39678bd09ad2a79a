/** What this browser remembers of its supervisor. */
import { fields, keep, useKept } from "./kept";

export type Language = "zh" | "en";

export interface Settings {
  readonly language: Language;
  readonly muted: boolean;
  readonly desktop: boolean;
  readonly reviewer: string; // empty: the word for supervisor
  readonly quiet: Quiet;
  readonly phrases: readonly string[] | null; // to whisper; null: those of the page
}

/** Hours without sound and desktop notification, from and to as 22:30 of this computer's clock. */
export interface Quiet {
  readonly on: boolean;
  readonly from: string;
  readonly to: string;
  readonly critical: boolean; // critical alerts are heard all the same
}

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const DEFAULTS: Settings = { language: "zh", muted: false, desktop: false, reviewer: "", quiet: { on: false, from: "22:00", to: "07:00", critical: true }, phrases: null };

export const settings = keep("callmonitor.settings", parse);

export const useSettings = (): Settings => useKept(settings);

/** The stored settings, field by field: what is missing or of another kind falls back. */
export function parse(stored: string | null): Settings {
  const { language, muted, desktop, reviewer, quiet, phrases } = fields(stored);
  return {
    language: language === "en" ? "en" : DEFAULTS.language,
    muted: typeof muted === "boolean" ? muted : DEFAULTS.muted,
    desktop: typeof desktop === "boolean" ? desktop : DEFAULTS.desktop,
    reviewer: typeof reviewer === "string" ? reviewer : DEFAULTS.reviewer,
    quiet: quietOf(quiet),
    phrases: Array.isArray(phrases) && phrases.every((phrase) => typeof phrase === "string") ? phrases : DEFAULTS.phrases,
  };
}

function quietOf(stored: unknown): Quiet {
  if (typeof stored !== "object" || stored === null) return DEFAULTS.quiet;
  const { on, from, to, critical } = stored as Record<string, unknown>;
  const time = (value: unknown, otherwise: string): string => (typeof value === "string" && TIME.test(value) ? value : otherwise);
  return {
    on: on === true,
    from: time(from, DEFAULTS.quiet.from),
    to: time(to, DEFAULTS.quiet.to),
    critical: typeof critical === "boolean" ? critical : DEFAULTS.quiet.critical,
  };
}
