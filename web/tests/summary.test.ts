import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, describe, expect, test } from "vitest";
import type { LiveEvent, Summary, Utterance } from "../src/api/types";
import { CallSummary } from "../src/components/CallSummary";
import { VocabularyContext } from "../src/i18n";
import { settings } from "../src/lib/settings";
import { moment } from "../src/lib/time";
import { toneOf } from "../src/lib/tone";
import { reduce, type Change } from "../src/state/reducer";
import { empty } from "../src/state/state";
import { pointsOf, promisesOf, stepsOf } from "../src/state/summary";
import { lines, type Line } from "../src/state/views";
import { call, finding, found, said, snapshot } from "./fixtures";

const AGENT: Partial<Utterance> = { speaker: "agent", valence: 0 };
const EVENTS: readonly LiveEvent[] = [
  said(11, { id: "u1", start: 5, end: 9, text: "你们给我打了三次电话" }),
  said(12, { ...AGENT, id: "u2", start: 10, end: 14, text: "真对不起，明天下午三点前给您回电" }),
  said(13, { id: "u3", start: 31, end: 36, text: "我说了打了两次电话没人管" }),
  said(14, { ...AGENT, id: "u4", start: 40, end: 44, text: "我这就请主管来" }),
  found(15, { id: "u2.soothe", kind: "step", rule: "soothe", speaker: "agent", utterance: "u2", start: 10, text: "真对不起" }),
  found(16, { id: "u2.promise", kind: "promise", rule: "dated", speaker: "agent", utterance: "u2", start: 11, text: "给您回电", said: "明天下午三点前" }),
];
const SUMMARY: Summary = {
  type: "compensation",
  cause: "service",
  validity: "valid",
  steps: { close: null, elevate: null, act: 40.2, soothe: 10.1, probe: null },
  steps_missing: ["probe", "close"],
  promises: [{ text: "给您回电", due: "2026-11-23T15:00:00+08:00", said: "明天下午三点前" }, { text: "帮您问", due: null, said: null }],
  stressed: ["没人管", "打电话"],
  claims: [{ text: "打电话", times: [5, 31], values: ["三次", "两次"] }, { text: "退款", times: [31], values: [] }],
};

const transcript = (): Line[] => {
  const changes: Change[] = [
    { type: "loaded", snapshot: snapshot() },
    { type: "detail_wanted", call: "c1" },
    { type: "detail_loaded", detail: { call: call(), utterances: [], findings: [], alerts: [], whispers: [], summary: {} } },
    { type: "events", events: EVENTS },
  ];
  return lines(changes.reduce(reduce, empty).details.get("c1")!);
};

describe("steps", () => {
  test("stand in their order, each done, still to do, or not needed yet, while the call lasts", () => {
    const shown = stepsOf(SUMMARY, transcript(), true);
    expect(shown.map(({ step, state }) => [step, state])).toEqual([
      ["soothe", "done"],
      ["probe", "todo"],
      ["act", "done"],
      ["elevate", "idle"],
      ["close", "todo"],
    ]);
  });

  test("not done are missing once it is over", () => {
    expect(stepsOf(SUMMARY, transcript(), false).map(({ state }) => state)).toEqual(["done", "missing", "done", "idle", "missing"]);
  });

  test("lead to their finding, or to what the agent was saying then", () => {
    const [soothe, , act, elevate] = stepsOf(SUMMARY, transcript(), false);
    expect(soothe?.place).toEqual({ line: "u2", finding: "u2.soothe" });
    expect(act?.place).toEqual({ line: "u4", finding: null });
    expect(elevate?.place).toBeNull();
  });

  test("done at the very first instant are done", () => {
    expect(stepsOf({ steps: { soothe: 0 } }, [], true)).toEqual([{ step: "soothe", state: "done", at: 0, place: null }]);
  });

  test("are none where the call is no complaint, and what this page does not know is left out", () => {
    expect(stepsOf({}, [], true)).toEqual([]);
    expect(stepsOf({ steps: { constructor: 3, dance: 4 } }, [], true)).toEqual([]);
  });
});

describe("promises", () => {
  test("lead to the words; one whose words are not there leads nowhere", () => {
    expect(promisesOf(SUMMARY, transcript()).map(({ place }) => place)).toEqual([{ line: "u2", finding: "u2.promise" }, null]);
  });
});

describe("points", () => {
  test("are what was stressed, then what else was repeated, each once, with its mentions", () => {
    const points = pointsOf(SUMMARY, transcript());
    expect(points.map(({ text }) => text)).toEqual(["没人管", "打电话", "退款"]);
    expect(points[0]?.mentions).toEqual([{ at: 31, place: { line: "u3", finding: null } }]);
    expect(points[1]?.mentions.map(({ at, place }) => [at, place?.line])).toEqual([[5, "u1"], [31, "u3"]]);
    expect(points[1]?.values).toEqual(["三次", "两次"]);
  });

  test("whose words are not in the transcript have no place", () => {
    expect(pointsOf({ stressed: ["没说过"], claims: [{ text: "早", times: [0], values: [] }] }, transcript())).toEqual([
      { text: "没说过", mentions: [], values: [] },
      { text: "早", mentions: [{ at: 0, place: null }], values: [] },
    ]);
  });
});

describe("tone", () => {
  const tone = (kind: string, rule: string | null = null): string => toneOf(finding({ kind, rule }));

  test("of what was done well is good", () => {
    expect([tone("step", "soothe"), tone("step", "change"), tone("promise", "undated"), tone("emotion_shift", "soothed")]).toEqual(Array(4).fill("good"));
  });

  test("of faults, threats and the unknown is not", () => {
    const others = [tone("step_missing", "soothe"), tone("emotion_shift", "rising"), tone("conduct", "arguing"), tone("evasion"), tone("toString"), tone("")];
    expect(others).toEqual(Array(6).fill("plain"));
  });
});

describe("a moment", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");

  test("has its day and weekday, and its year where that is not this one", () => {
    expect(moment("2026-11-23T15:00:00+08:00", now, "zh-CN")).toBe("11月23日周一 15:00");
    expect(moment("2026-11-23T15:00:00-05:00", now, "zh-CN")).toBe("11月23日周一 15:00"); // as it was said, wherever it is read
    expect(moment("2027-01-05T09:30:00", now, "zh-CN")).toBe("2027年1月5日周二 09:30");
    expect(moment("2026-11-23T00:05:00", now, "en-GB")).toMatch(/^Mon,? 23 November 00:05$/);
  });

  test("that is none is empty", () => {
    expect(moment("明天", now, "zh-CN")).toBe("");
  });
});

describe("the card", () => {
  const VOCABULARY = { kinds: {}, alerts: {}, rules: { "step/probe": { zh: "问：问清情况和诉求", en: "Probe" } } };
  const card = (summary: Summary, live = false): string =>
    renderToStaticMarkup(
      createElement(
        VocabularyContext,
        { value: VOCABULARY },
        createElement(CallSummary, { call: call({ risk: 82, level: 3, status: live ? "live" : "ended" }), alerts: [], summary, lines: transcript(), jump: () => undefined }),
      ),
    );
  afterEach(() => settings.set({ language: "zh" }));

  test("says what the complaint is, in either language", () => {
    expect(card(SUMMARY)).toMatch(/补偿型.*服务.*有效投诉.*82.*外部施压/);
    settings.set({ language: "en" });
    expect(card(SUMMARY)).toMatch(/Compensation.*Service.*Valid.*82.*External pressure/);
  });

  test("shows the steps with their times, and what is missing", () => {
    const page = card(SUMMARY);
    expect(page).toMatch(/data-step="soothe" data-state="done".*安抚.*0:10.*data-step="probe" data-state="missing" title="问：问清情况和诉求 · 缺"/);
    expect(card(SUMMARY, true)).toMatch(/data-step="probe" data-state="todo"/);
  });

  test("shows when a promise is due, and both figures side by side", () => {
    const page = card(SUMMARY);
    expect(page).toMatch(/11月23日周一 15:00 前.*<q>给您回电<\/q>.*没说时限.*<q>帮您问<\/q>/);
    expect(page).toMatch(/前后不一.*<b>三次<\/b>.*→.*<b>两次<\/b>/);
  });

  test("of a call of which nothing is known yet says so, and of one that ended without stays quiet", () => {
    const page = card({}, true);
    expect(page.match(/还没听出/g)).toHaveLength(1);
    expect(page).not.toMatch(/原因|性质/);
    for (const part of ["step", "promises", "points", "summary-more"]) expect(page).not.toContain(`data-testid="${part}"`);
    expect(card({})).not.toContain("还没听出");
  });

  test("of an inquiry asks for no cause, and an id it has no name for stands for itself", () => {
    expect(card({ type: "inquiry", validity: "communicative" })).not.toContain("原因");
    expect(card({ type: "none", validity: "none" })).not.toMatch(/原因|性质/);
    expect(card({ type: "brand_new", cause: "toString", validity: "valid" })).toMatch(/brand_new.*toString.*有效投诉/);
  });

  test("is text, never markup", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const page = card({ stressed: [evil], promises: [{ text: evil, due: evil, said: evil }], claims: [{ text: "a", times: [1], values: [evil, "b"] }] });
    expect(page).not.toContain("<img");
  });
});
