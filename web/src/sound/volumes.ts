/** How loud this browser's user likes each side; kept in the browser. */
import { useSyncExternalStore } from "react";

export type Volumes = Readonly<Record<string, number>>; // by speaker, 0..LOUDEST, 1 as it came

const KEY = "callmonitor.volumes";
export const LOUDEST = 2;

let current = read();
const listeners = new Set<() => void>();

export const volumes = {
  get: (): Volumes => current,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  set: (speaker: string, volume: number): void => {
    current = { ...current, [speaker]: volume };
    try {
      localStorage.setItem(KEY, JSON.stringify(current));
    } catch {
      // Storage may be full or forbidden: the choice then lasts as long as the page.
    }
    for (const listener of listeners) listener();
  },
};

export const useVolumes = (): Volumes => useSyncExternalStore(volumes.subscribe, volumes.get, volumes.get);

/** What is stored; what is no volume is left out. */
export function parse(stored: string | null): Volumes {
  let raw: unknown;
  try {
    raw = JSON.parse(stored ?? "{}");
  } catch {
    return {};
  }
  if (typeof raw !== "object" || raw === null) return {};
  const fits = ([, volume]: [string, unknown]): boolean => typeof volume === "number" && volume >= 0 && volume <= LOUDEST;
  return Object.fromEntries(Object.entries(raw).filter(fits)) as Volumes;
}

function read(): Volumes {
  try {
    return parse(localStorage.getItem(KEY));
  } catch {
    return {};
  }
}
