import { expect, test } from "vitest";
import type { Mood } from "../src/api/types";
import { moodPath } from "../src/lib/sparkline";

test("nothing heard is nothing drawn", () => {
  expect(moodPath([], 120, 28)).toEqual({ line: "", below: "", valence: undefined });
  expect(moodPath([[1, "agent", -1]], 120, 28).line).toBe("");
});

test("one point is a level line", () => {
  expect(moodPath([[5, "customer", 0]], 120, 28).line).toBe("M0 14L120 14");
});

test("the customer's line fills the width, the agent's mood left out, values beyond the scale held in", () => {
  const mood: Mood[] = [[10, "customer", 1], [15, "agent", -1], [20, "customer", 0], [30, "customer", -9]];
  const { line, below, valence } = moodPath(mood, 100, 28);
  expect(line).toBe("M0 2L50 14L100 26");
  expect(below).toBe("M0 14L0 14L50 14L100 26L100 14Z");
  expect(valence).toBe(-9);
});

test("only what is under the middle is shaded, from where the line crosses it", () => {
  expect(moodPath([[0, "unknown", 1], [10, "unknown", -1]], 100, 28).below).toBe("M0 14L0 14L50 14L100 26L100 14Z");
});

test("on a given stretch of time the points stand where they were said", () => {
  expect(moodPath([[25, "customer", 0], [75, "customer", 0]], 100, 28, 0, 100).line).toBe("M25 14L75 14");
});
