import { ask, request } from "../api/http";
import type { Role } from "../api/types";
import { dayBegins } from "../lib/time";

export interface Entry {
  readonly id: number;
  readonly when: string;
  readonly who: string; // empty: nobody known
  readonly role: Role | "console" | null;
  readonly address: string | null;
  readonly action: string;
  readonly call: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Somebody whom the log names; `role` and `display` null: no account. */
export interface Named {
  readonly name: string;
  readonly display: string | null;
  readonly role: Role | null;
}

/** Which entries. Days are the reader's, as 2026-11-23, both counted in; empty: no bound. */
export interface Wanted {
  readonly who: string | null;
  readonly actions: readonly string[];
  readonly from: string;
  readonly to: string;
}

export const PAGE = 50; // entries read at a time

export function query({ who, actions, from, to }: Wanted): URLSearchParams {
  const asked = new URLSearchParams(actions.map((action) => ["action", action]));
  const since = from === "" ? null : dayBegins(from);
  const until = to === "" ? null : dayBegins(to, 1);
  if (who !== null) asked.set("who", who);
  if (since !== null) asked.set("since", since);
  if (until !== null) asked.set("until", until);
  return asked;
}

export const log = {
  entries: async (wanted: Wanted, before: number | null) => {
    const asked = query(wanted);
    asked.set("limit", String(PAGE));
    if (before !== null) asked.set("before", String(before));
    return (await request<{ entries: Entry[] }>("GET", `audit?${asked}`)).entries;
  },
  people: async () => (await request<{ people: Named[] }>("GET", "audit/people")).people,
  /** All that is wanted, as a table; written into the log itself. */
  table: (wanted: Wanted) => ask("GET", `export/audit?${query(wanted)}`),
};
