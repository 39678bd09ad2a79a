import { useSyncExternalStore } from "react";
import { serverNow } from "../api/http";

/** One clock for every ticking number on the page: it ticks once a second while somebody looks. */
const watchers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;
let second = Math.floor(serverNow() / 1000);

function tick(): void {
  second = Math.floor(serverNow() / 1000);
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  ticking ??= setInterval(tick, 1000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The server's time in milliseconds since 1970, to the second. */
export const useNow = (): number => useSyncExternalStore(watch, () => second, () => second) * 1000;
