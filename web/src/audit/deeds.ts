/** What an entry of the audit log says, in words. Pure. */
import type { Dictionary } from "../i18n/zh";
import { clock, stamp } from "../lib/time";
import type { Entry } from "./api";

export type Group = keyof Dictionary["audit"]["groups"];

export const GROUPS: Readonly<Record<Group, readonly string[]>> = {
  sign_in: ["sign_in", "sign_in_failed"],
  hear: ["listen", "listen_ended", "listen_refused", "play", "play_refused"],
  whisper: ["whisper", "whisper_marked"],
  takeover: ["takeover"],
  decision: ["decision"],
  export: ["export"],
  accounts: ["user_added", "role_changed", "password_changed", "user_disabled", "user_enabled"],
  webhooks: ["webhook_retry", "webhook_drop"],
};

export function deed({ action, detail }: Pick<Entry, "action" | "detail">, words: Dictionary): string {
  const name = action === "takeover" && detail.on === false ? "giveback" : action;
  return named(words.audit.deeds, name);
}

export interface Fact {
  readonly key: string;
  readonly label: string;
  readonly value: string;
}

/** The rest of it, in the order it was kept; what says nothing is left out, what this page does not know stands as it is. */
export function facts(entry: Entry, words: Dictionary): Fact[] {
  return Object.entries(entry.detail).flatMap(([key, value]) => {
    if (entry.action === "takeover" && key === "on") return []; // the deed's name says it
    const said = key === "teams" ? teams(entry.detail, words) : say(entry.action, key, value, words);
    return said === "" ? [] : [{ key, label: named(words.audit.keys, key), value: said }];
  });
}

function say(action: string, key: string, value: unknown, words: Dictionary): string {
  if (value === null || value === undefined) return "";
  if (key === "owner" && value === "") return words.desk.nobody;
  if (key === "heard" && Array.isArray(value)) return value.map((at) => (typeof at === "number" ? clock(at) : String(at))).join("–");
  if (Array.isArray(value)) return value.map((one) => say(action, key, one, words)).join("、");
  if (key === "was" && typeof value === "object") return post(value as Post, words);
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  if (key === "status") return named(action === "whisper_marked" ? words.desk.sentMarks : words.alertStatus, text);
  if (key === "why") return named(action === "listen_ended" ? words.audit.endings : words.desk.why, text);
  if (key === "role") return named(words.roles, text);
  if (key === "what") return named(words.audit.exports, text);
  if (key === "actions") return named(words.audit.deeds, text);
  if (key === "since" || key === "until") return stamp(text) || text;
  return text;
}

type Post = Readonly<Record<string, unknown>>;

/** What somebody was: the role, and whose calls came with it. */
function post(was: Post, words: Dictionary): string {
  return [say("", "role", was.role, words), teams(was, words), say("", "agent", was.agent, words)].filter(Boolean).join(" · ");
}

/** A supervisor without teams has them all. */
function teams(detail: Post, words: Dictionary): string {
  const named = say("", "teams", detail.teams, words);
  return named === "" && detail.role === "supervisor" ? words.audit.everyTeam : named;
}

/** An id this page has no name for stands for itself. */
function named(names: Readonly<Record<string, string>>, id: string): string {
  return Object.hasOwn(names, id) ? names[id]! : id;
}
