/** What this browser remembers of its supervisor. */
import { useSyncExternalStore } from "react";

export type Language = "zh" | "en";

export interface Settings {
  readonly language: Language;
  readonly muted: boolean;
  readonly desktop: boolean;
  readonly reviewer: string; // empty: the word for supervisor
}

const KEY = "callmonitor.settings";
const DEFAULTS: Settings = { language: "zh", muted: false, desktop: false, reviewer: "" };

let current = read();
const listeners = new Set<() => void>();

export const settings = {
  get: (): Settings => current,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  set: (change: Partial<Settings>): void => {
    current = { ...current, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(current));
    } catch {
      // Storage may be full or forbidden: the choice then lasts as long as the page.
    }
    for (const listener of listeners) listener();
  },
};

export const useSettings = (): Settings => useSyncExternalStore(settings.subscribe, settings.get, settings.get);

/** The stored settings, field by field: what is missing or of another kind falls back. */
export function parse(stored: string | null): Settings {
  let raw: unknown;
  try {
    raw = JSON.parse(stored ?? "{}");
  } catch {
    return DEFAULTS;
  }
  if (typeof raw !== "object" || raw === null) return DEFAULTS;
  const { language, muted, desktop, reviewer } = raw as Record<string, unknown>;
  return {
    language: language === "en" ? "en" : DEFAULTS.language,
    muted: typeof muted === "boolean" ? muted : DEFAULTS.muted,
    desktop: typeof desktop === "boolean" ? desktop : DEFAULTS.desktop,
    reviewer: typeof reviewer === "string" ? reviewer : DEFAULTS.reviewer,
  };
}

function read(): Settings {
  try {
    return parse(localStorage.getItem(KEY));
  } catch {
    return DEFAULTS;
  }
}
