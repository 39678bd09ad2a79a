import type { Mood } from "../api/types";

export interface MoodPath {
  readonly line: string; // SVG path; empty where there is nothing to draw
  readonly below: string; // the area between the line and the middle, where the line is under it
  readonly valence: number | undefined; // the newest
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const MARGIN = 2;

/** The customer's valence (of the only speaker, where who speaks is not known) drawn into width x height; 0 is the middle.
 *
 * `from` and `to` are the call times of the left and right edge; without them the line fills the width. */
export function moodPath(mood: readonly Mood[], width: number, height: number, from?: number, to?: number): MoodPath {
  const heard = mood.filter(([, speaker]) => speaker !== "agent");
  const [first, last] = [heard[0], heard.at(-1)];
  if (first === undefined || last === undefined) return { line: "", below: "", valence: undefined };
  const [start, end] = [from ?? first[0], to ?? last[0]];
  const middle = height / 2;
  const across = (time: number): number => (end > start ? ((time - start) / (end - start)) * width : width);
  const points = heard.map(([time, , valence]): Point => ({ x: across(time), y: middle - Math.max(-1, Math.min(1, valence)) * (middle - MARGIN) }));
  const shown = points.length === 1 && from === undefined ? points.flatMap((point) => [{ ...point, x: 0 }, point]) : points;
  const area = crossings(shown, middle).map(({ x, y }): Point => ({ x, y: Math.max(y, middle) }));
  const edge = (point: Point | undefined): Point => ({ x: point?.x ?? 0, y: middle });
  return { line: path(shown), below: `${path([edge(area[0]), ...area, edge(area.at(-1))])}Z`, valence: last[2] };
}

/** The points, and where the line between two of them crosses the middle. */
function crossings(points: readonly Point[], middle: number): Point[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    if (before === undefined || (before.y - middle) * (point.y - middle) >= 0) return [point];
    const share = (middle - before.y) / (point.y - before.y);
    return [{ x: before.x + share * (point.x - before.x), y: middle }, point];
  });
}

const path = (points: readonly Point[]): string => `M${points.map(({ x, y }) => `${round(x)} ${round(y)}`).join("L")}`;
const round = (value: number): number => Math.round(value * 10) / 10;
