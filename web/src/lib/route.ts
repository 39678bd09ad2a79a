/** Where the page is, kept in the address: #/calls/<id> or #/calls/<id>/alerts/<id>. */
import { useSyncExternalStore } from "react";

export interface Route {
  readonly call: string | null;
  readonly alert: string | null;
  readonly visit: number; // grows with each navigation, also to the same place
}

export function parseHash(hash: string): Omit<Route, "visit"> {
  const [place, call, sub, alert] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (place !== "calls" || !call) return { call: null, alert: null };
  return { call, alert: sub === "alerts" && alert ? alert : null };
}

export function hashOf(call: string | null, alert: string | null = null): string {
  if (call === null) return "#/";
  return `#/calls/${encodeURIComponent(call)}${alert === null ? "" : `/alerts/${encodeURIComponent(alert)}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

let current: Route = { ...parseHash(globalThis.location?.hash ?? ""), visit: 0 };
const listeners = new Set<() => void>();

function moved(): void {
  current = { ...parseHash(location.hash), visit: current.visit + 1 };
  for (const listener of listeners) listener();
}

export function go(call: string | null, alert: string | null = null): void {
  const hash = hashOf(call, alert);
  if (location.hash === hash) moved();
  else location.hash = hash;
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("hashchange", moved);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("hashchange", moved);
  };
}
