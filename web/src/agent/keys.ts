/** The keys that answer a whisper: digits, which no input method keeps to itself. Pure. */
import type { WhisperMark } from "../api/types";

export type Choice = Exclude<WhisperMark, "seen">;

export const CHOICES: readonly { readonly key: string; readonly choice: Choice }[] = [
  { key: "1", choice: "used" },
  { key: "2", choice: "later" },
  { key: "3", choice: "dismissed" },
];

export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly repeat: boolean;
  readonly isComposing: boolean;
}

/** What a key means; null where it is held down, part of a chord or a word being composed, or meant for a field (`typing`). */
export function choiceOf(pressed: Pressed, typing: boolean): Choice | null {
  const { ctrlKey, metaKey, altKey, repeat, isComposing } = pressed;
  if (typing || ctrlKey || metaKey || altKey || repeat || isComposing) return null;
  return CHOICES.find(({ key }) => key === pressed.key)?.choice ?? null;
}

const FIELDS = "input, textarea, select, [contenteditable]:not([contenteditable='false']), [role='textbox'], [role='combobox'], [role='listbox']";

/** Whether what has the focus takes keys for itself. */
export const takesKeys = (target: EventTarget | null): boolean => target instanceof Element && target.closest(FIELDS) !== null;
