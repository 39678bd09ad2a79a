/** A text cut where its evidence begins and ends. */

export interface Evidence {
  readonly id: string;
  /** [from, to) in Unicode code points, as the server counts them; JavaScript strings count UTF-16 units. */
  readonly span: readonly [number, number];
  /** The words it rests on. Where they stand elsewhere by now (what is still being said is written anew), they are marked there. */
  readonly text?: string;
}

export interface Piece {
  readonly text: string;
  readonly ids: readonly string[]; // the evidence that covers it, in the order given
}

/** Pieces joined give `text` again. Spans may overlap; what lies outside the text is cut off. */
export function pieces(text: string, evidence: readonly Evidence[]): Piece[] {
  const points = Array.from(text);
  const spans = evidence
    .map(({ id, span, text: words }) => ({ id, span: placed(points, span, words) }))
    .map(({ id, span: [from, to] }) => ({ id, from: Math.max(0, from), to: Math.min(points.length, to) }))
    .filter(({ from, to }) => from < to);
  const cuts = [...new Set([0, points.length, ...spans.flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1] ?? points.length;
    return {
      text: points.slice(from, to).join(""),
      ids: spans.filter((span) => span.from <= from && to <= span.to).map((span) => span.id),
    };
  });
}

/** The span, or where its words stand if they are not there: of several places, the nearest. */
function placed(points: readonly string[], span: readonly [number, number], words: string | undefined): readonly [number, number] {
  const [from, to] = span;
  if (!words || points.slice(from, to).join("") === words) return span;
  const length = Array.from(words).length;
  const places = points.flatMap((_, at) => (points.slice(at, at + length).join("") === words ? [at] : []));
  const nearest = places.sort((a, b) => Math.abs(a - from) - Math.abs(b - from))[0];
  return nearest === undefined ? span : [nearest, nearest + length];
}
