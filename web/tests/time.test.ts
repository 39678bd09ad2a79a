import { describe, expect, test } from "vitest";
import { clock, since, ticks, timeOfDay } from "../src/lib/time";

test.each([
  [0, "0:00"],
  [7.9, "0:07"],
  [59.999, "0:59"],
  [60, "1:00"],
  [754, "12:34"],
  [3599, "59:59"],
  [3723, "1:02:03"],
  [36_000, "10:00:00"],
  [-3, "0:00"],
  [NaN, "0:00"],
])("clock(%f) is %s", (seconds, text) => expect(clock(seconds)).toBe(text));

describe("since", () => {
  const now = Date.parse("2026-11-22T09:01:00.000+08:00");
  test("counts whole seconds across zones", () => {
    expect(since("2026-11-22T01:00:00.400Z", now)).toBe(59);
  });
  test("is never negative, and 0 where there is no instant", () => {
    expect(since("2026-11-22T09:05:00+08:00", now)).toBe(0);
    expect(since(null, now)).toBe(0);
    expect(since("soon", now)).toBe(0);
  });
});

describe("timeOfDay", () => {
  const now = new Date(2026, 10, 22, 20, 0).getTime();
  test("names the day only when it is another", () => {
    expect(timeOfDay(new Date(2026, 10, 22, 9, 5).toISOString(), now, "zh-CN")).toBe("09:05");
    expect(timeOfDay(new Date(2026, 10, 21, 0, 5).toISOString(), now, "zh-CN")).toMatch(/11.21.*00:05/);
  });
  test("of nonsense is nothing", () => expect(timeOfDay("?", now, "zh-CN")).toBe(""));
});

describe("ticks", () => {
  test.each([
    [0, []],
    [4, []],
    [22, [5, 10, 15, 20]],
    [117, [30, 60, 90]],
    [36_000, [7200, 14_400, 21_600, 28_800]],
  ])("of %i seconds", (seconds, marks) => expect(ticks(seconds, 5)).toEqual(marks));
});
