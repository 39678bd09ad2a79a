/** What the whisper box shows: pure. */
import type { Whisper } from "../api/types";

export const PHRASES = 9; // there are as many keys
export const PHRASE = 200; // characters
const SHOWN = 3;

/** The last lines that people sent, oldest first. */
export function sentBySupervisors(whispers: Iterable<Whisper>): readonly Whisper[] {
  return [...whispers]
    .filter(({ origin }) => origin === "supervisor")
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    .slice(-SHOWN);
}

/** Quick phrases as they were typed, one a line; null where none is left: the page's own then stand. */
export function phrasesIn(text: string): readonly string[] | null {
  const phrases = text
    .split("\n")
    .map((line) => line.trim().slice(0, PHRASE))
    .filter((line) => line !== "")
    .slice(0, PHRASES);
  return phrases.length > 0 ? phrases : null;
}
