import { describe, expect, it } from "vitest";
import type { Call } from "../src/api/types";
import { agentsOf, follow } from "../src/agent/follow";
import { guide, moodNow, spoken } from "../src/agent/guide";
import { choiceOf, type Pressed } from "../src/agent/keys";
import { parse } from "../src/agent/preferences";
import { chinese } from "../src/agent/speech";
import { ARM, armsIn, EMPTY, HOLD, offered, settle, settlesIn, type Stage } from "../src/agent/stage";
import { lines } from "../src/state/views";
import { call, finding, utterance, whisper } from "./fixtures";

const table = (...calls: Call[]): ReadonlyMap<string, Call> => new Map(calls.map((one) => [one.id, one]));
const NINE = Date.parse("2026-11-22T09:00:00+08:00");
const minutes = (count: number): number => NINE + count * 60_000;
const at = (count: number): string => new Date(minutes(count)).toISOString();

describe("the call an agent's page follows", () => {
  const first = call({ id: "first", started: at(0) });
  const second = call({ id: "second", started: at(5) });
  const others = call({ id: "others", agent: "王芳", started: at(9) });

  it("is the newest live one of that agent, never another's", () => {
    expect(follow(null, table(second, first, others), "李静", minutes(10))).toBe("second");
    expect(follow("second", table(first, others), "李静", minutes(10))).toBe("first");
    expect(follow(null, table(others), "李静", minutes(10))).toBeNull();
    expect(follow(null, table(first, others), null, minutes(10))).toBe("others");
  });

  it("stays when it ends, until the next begins", () => {
    const over = { ...first, status: "ended", ended: at(3) } as const;
    expect(follow("first", table(over), "李静", minutes(600))).toBe("first");
    expect(follow("first", table(over, second), "李静", minutes(600))).toBe("second");
  });

  it("is the last that ended for a page opened a little later, none for one opened much later", () => {
    const over = { ...first, status: "ended", ended: at(3) } as const;
    const before = { ...second, status: "interrupted", ended: at(2) } as const;
    expect(follow(null, table(before, over), "李静", minutes(10))).toBe("first");
    expect(follow(null, table(before, over), "李静", minutes(40))).toBeNull();
    expect(follow("gone", table(), "李静", minutes(10))).toBeNull();
  });

  it("is no recording", () => {
    expect(follow(null, table(call({ source: "file", status: "ended", ended: at(1) })), null, minutes(2))).toBeNull();
  });

  it("may be chosen among those who have calls", () => {
    expect(agentsOf(table(first, second, others, call({ id: "nobody", agent: null })))).toEqual(["李静", "王芳"]);
  });
});

describe("the whispers on offer", () => {
  const none = new Map();
  const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id);

  it("are a supervisor's first, then by priority, then the newest", () => {
    const all = [
      whisper({ id: "low", priority: 10, at: 30 }),
      whisper({ id: "old", priority: 50, at: 10 }),
      whisper({ id: "new", priority: 50, at: 20 }),
      whisper({ id: "boss", origin: "supervisor", by: "赵敏", priority: 0, at: 5, expires: 6 }),
    ];
    expect(ids(offered(all, none, 35).open)).toEqual(["boss", "new", "old", "low"]);
  });

  it("are neither withdrawn, answered nor past their moment", () => {
    const all = [
      whisper({ id: "withdrawn", status: "withdrawn" }),
      whisper({ id: "used", status: "used" }),
      whisper({ id: "dismissed", status: "dismissed" }),
      whisper({ id: "stale", expires: 40 }),
      whisper({ id: "seen", status: "seen", expires: 41 }),
    ];
    expect(ids(offered(all, none, 40).open)).toEqual(["seen"]);
  });

  it("count an answer that is still on its way", () => {
    const { open, later } = offered([whisper(), whisper({ id: "w2" })], new Map([["c1/w1", { status: "later" as const }]]), 10);
    expect(ids(open)).toEqual(["w2"]);
    expect(ids(later)).toEqual(["w1"]);
  });

  it("keep what was put off, past its moment too", () => {
    expect(ids(offered([whisper({ status: "later", expires: 1 })], none, 99).later)).toEqual(["w1"]);
  });
});

describe("what was put off and is wanted back", () => {
  it("comes before all but a supervisor's words, until it is answered", () => {
    const all = [whisper({ status: "later", expires: 1, priority: 1 }), whisper({ id: "w2", priority: 90 })];
    const boss = whisper({ id: "boss", origin: "supervisor" });
    const ids = (...args: Parameters<typeof offered>): string[] => offered(...args).open.map(({ id }) => id);
    expect(ids(all, new Map(), 10, "w1")).toEqual(["w1", "w2"]);
    expect(ids([...all, boss], new Map(), 10, "w1")).toEqual(["boss", "w1", "w2"]);
    expect(offered(all, new Map(), 10, "w1").later).toEqual([]);
    expect(ids(all, new Map([["c1/w1", { status: "used" as const }]]), 10, "w1")).toEqual(["w2"]);
    expect(ids(all, new Map(), 10, "w3")).toEqual(["w2"]);
  });
});

describe("the whisper shown", () => {
  const shown = (id: string, since = 0): Stage => ({ shown: id, since, pending: null });

  it("comes at once to an empty stage, and takes no click in the first moment", () => {
    const stage = settle(EMPTY, "a", false, true, 5_000);
    expect(stage).toEqual(shown("a", 5_000));
    expect(armsIn(stage, 5_000)).toBe(ARM);
    expect(armsIn(stage, 5_000 + ARM)).toBe(0);
  });

  it("is replaced at once where the pointer is elsewhere", () => {
    expect(settle(shown("a"), "b", true, false, 5_000)).toEqual(shown("b", 5_000));
  });

  it("is not replaced under the pointer before the hold is over", () => {
    const waiting = settle(shown("a"), "b", true, true, 5_000);
    expect(waiting).toEqual({ shown: "a", since: 0, pending: 5_000 });
    expect(settlesIn(waiting, 5_400)).toBe(HOLD - 400);
    expect(settle(waiting, "b", true, true, 5_000 + HOLD - 1)).toBe(waiting);
    expect(settle(waiting, "c", true, true, 5_500).shown).toBe("a");
    expect(settle(waiting, "b", true, true, 5_000 + HOLD)).toEqual(shown("b", 5_000 + HOLD));
    expect(settle(waiting, "b", true, false, 5_100)).toEqual(shown("b", 5_100));
  });

  it("goes at once when it is withdrawn, and the next waits while the pointer is there", () => {
    const gone = settle(shown("a"), "b", false, true, 5_000);
    expect(gone).toEqual({ shown: null, since: 0, pending: 5_000 });
    expect(settle(gone, "b", false, true, 5_900)).toBe(gone);
    expect(settle(gone, "b", false, true, 6_000).shown).toBe("b");
    const empty = settle(shown("a"), null, false, true, 5_000);
    expect(empty).toEqual({ shown: null, since: 5_000, pending: null });
    expect(settle(empty, "b", false, true, 5_300)).toEqual({ shown: null, since: 5_000, pending: 5_000 });
    expect(settle(empty, "b", false, false, 5_300)).toEqual(shown("b", 5_300));
    expect(settle(empty, "b", false, true, 6_000)).toEqual(shown("b", 6_000));
  });

  it("stays as it is when nothing changes, and forgets what no longer wants its place", () => {
    const stage = shown("a");
    expect(settle(stage, "a", true, true, 9_000)).toBe(stage);
    expect(settle({ ...stage, pending: 5_000 }, "a", true, true, 5_500)).toEqual(stage);
    expect(settlesIn(stage, 9_000)).toBeNull();
    expect(settle(EMPTY, null, false, false, 1)).toBe(EMPTY);
  });
});

describe("the keys", () => {
  const pressed = (change: Partial<Pressed>): Pressed => ({
    key: "1",
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    isComposing: false,
    ...change,
  });

  it("answer the whisper", () => {
    expect(["1", "2", "3", "4", "a"].map((key) => choiceOf(pressed({ key }), false))).toEqual(["used", "later", "dismissed", null, null]);
  });

  it("do nothing while somebody types, in a chord, held down, or in an input method", () => {
    expect(choiceOf(pressed({}), true)).toBeNull();
    for (const with_ of ["ctrlKey", "metaKey", "altKey", "repeat", "isComposing"]) expect(choiceOf(pressed({ [with_]: true }), false)).toBeNull();
  });
});

describe("the steps", () => {
  const said = (...rules: string[]) =>
    lines({
      utterances: new Map([["u1", utterance({ speaker: "agent" })]]),
      findings: new Map(rules.map((rule) => [rule, { finding: finding({ id: rule, kind: "step", rule, speaker: "agent" }), provisional: false }])),
    });
  const states = (...args: Parameters<typeof guide>): string => guide(...args).map(({ step, state }) => `${step}:${state}`).join(" ");

  it("ask for nothing while the call is no complaint", () => {
    expect(states({}, [], 0)).toBe("soothe:idle probe:idle act:idle elevate:idle change:idle close:idle");
    expect(states({}, said("probe"), 0)).toContain("probe:done");
  });

  it("begin with soothing as soon as the customer is dissatisfied", () => {
    expect(states({}, [], 1)).toBe("soothe:next probe:todo act:todo elevate:idle change:idle close:todo");
    expect(states({}, said("soothe"), 1)).toContain("soothe:done probe:next");
  });

  it("are as the summary says once it knows", () => {
    const steps = { soothe: 12, probe: null, act: null, elevate: null, close: null };
    expect(states({ steps, steps_missing: ["probe", "act", "elevate", "close"] }, [], 2)).toBe(
      "soothe:done probe:next act:todo elevate:todo change:idle close:todo",
    );
    expect(guide({ steps }, [], 2)[0]).toEqual({ step: "soothe", state: "done", at: 12 });
    expect(states({ steps, steps_missing: [] }, [], 2)).toContain("close:idle");
  });

  it("take a change of person, place or time from the words", () => {
    expect(guide({ steps: { soothe: null } }, said("change"), 2)[4]).toEqual({ step: "change", state: "done", at: 5 });
  });
});

describe("the customer's mood", () => {
  it("is the last heard of the customer, against what was before", () => {
    expect(moodNow([])).toEqual({ feeling: "none", trend: "steady" });
    expect(moodNow([[1, "agent", 1]])).toEqual({ feeling: "none", trend: "steady" });
    expect(moodNow([[1, "customer", -0.6]])).toEqual({ feeling: "bad", trend: "steady" });
    expect(moodNow([[1, "customer", -0.8], [2, "agent", 1], [3, "customer", 0]])).toEqual({ feeling: "flat", trend: "better" });
    expect(moodNow([[1, "customer", 0.6], [2, "customer", 0.5], [3, "customer", 0.3]])).toEqual({ feeling: "good", trend: "worse" });
  });
});

describe("the transcript beside the call", () => {
  it("has the words, the marks an agent can use, and no silences", () => {
    const all = lines({
      utterances: new Map([["u1", utterance()]]),
      findings: new Map(
        [
          finding(),
          finding({ id: "shift", kind: "emotion_shift" }),
          finding({ id: "air", kind: "conduct", rule: "dead_air", utterance: null, span: null }),
        ].map((one) => [one.id, { finding: one, provisional: false }]),
      ),
    });
    expect(spoken(all).map(({ findings }) => findings.map((held) => held.finding.id))).toEqual([["u1.regulator"]]);
  });
});

describe("the voice", () => {
  const voice = (lang: string, change: { localService?: boolean; default?: boolean } = {}) => ({ lang, localService: true, default: false, ...change });

  it("speaks the customer's language and is made on this computer", () => {
    expect(chinese([voice("en-US"), voice("zh-TW"), voice("zh-CN")])?.lang).toBe("zh-CN");
    expect(chinese([voice("zh_CN_#Hans")])?.lang).toBe("zh_CN_#Hans");
    expect(chinese([voice("cmn")])?.lang).toBe("cmn");
    expect(chinese([voice("zh-CN", { localService: false }), voice("zh-HK"), voice("yue-Hant"), voice("zha")])).toBeUndefined();
  });
});

describe("what the browser remembers", () => {
  it("is silent speech and a chime, until the agent says otherwise", () => {
    expect(parse(null)).toEqual({ speak: false, chime: true, name: "" });
    expect(parse('{"speak":true,"chime":false,"name":"王芳"}')).toEqual({ speak: true, chime: false, name: "王芳" });
    expect(parse('{"speak":"yes","chime":1,"name":null}')).toEqual(parse(null));
    expect(["[", "null", "3", "[]"].map(parse)).toEqual(Array(4).fill(parse(null)));
  });
});
