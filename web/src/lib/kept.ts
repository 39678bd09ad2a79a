/** What this browser remembers, each thing an object under a key of its own, and who watches it. */
import { useSyncExternalStore } from "react";

export interface Kept<T> {
  readonly get: () => T;
  readonly set: (change: Partial<T>) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** `parse` makes the best of what is stored; null: nothing is, or it is out of reach. */
export function keep<T extends object>(key: string, parse: (stored: string | null) => T): Kept<T> {
  let current = parse(read(key));
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set: (change) => {
      current = { ...current, ...change };
      try {
        localStorage.setItem(key, JSON.stringify(current));
      } catch {
        // Storage may be full or forbidden: the choice then lasts as long as the page.
      }
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const useKept = <T>(kept: Kept<T>): T => useSyncExternalStore(kept.subscribe, kept.get, kept.get);

/** The fields of a stored object, of whatever kind they are; none where it is no object. */
export function fields(stored: string | null): Record<string, unknown> {
  try {
    const raw: unknown = JSON.parse(stored ?? "{}");
    return typeof raw === "object" && raw !== null ? (raw as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
