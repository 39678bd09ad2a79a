/** The desk's keys: pure. The agent's page has its own (agent/keys.ts), for digits alone. */
import type { Pressed } from "../agent/keys";

export type Command =
  | "next"
  | "previous"
  | "acknowledge"
  | "false_alarm"
  | "resolve"
  | "assign"
  | "whisper"
  | "take_over"
  | "listen"
  | "search"
  | "help"
  | "leave";

export const KEYS: readonly { readonly key: string; readonly command: Command }[] = [
  { key: "j", command: "next" },
  { key: "k", command: "previous" },
  { key: "a", command: "acknowledge" },
  { key: "r", command: "resolve" },
  { key: "f", command: "false_alarm" },
  { key: "g", command: "assign" },
  { key: "w", command: "whisper" },
  { key: "t", command: "take_over" },
  { key: "l", command: "listen" },
  { key: "/", command: "search" },
  { key: "?", command: "help" },
  { key: "Escape", command: "leave" },
];

export const keyOf = (command: Command): string => KEYS.find((one) => one.command === command)?.key ?? "";

/** What a key means; null where it is part of a chord or of a word being composed, or meant for a field (`typing`). */
export function commandOf({ key, ctrlKey, metaKey, altKey, repeat, isComposing }: Pressed, typing: boolean): Command | null {
  if (typing || ctrlKey || metaKey || altKey || isComposing) return null;
  const command = KEYS.find((one) => one.key === (key.length === 1 ? key.toLowerCase() : key))?.command ?? null;
  return repeat && command !== "next" && command !== "previous" ? null : command;
}
