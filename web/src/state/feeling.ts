/** How a customer feels, of the valence heard: one word for the whole page. */
export type Feeling = "bad" | "flat" | "good";

const MARKED = 0.25; // valence away from 0 that counts as a mood

export const feelingOf = (valence: number): Feeling => (valence < -MARKED ? "bad" : valence > MARKED ? "good" : "flat");
