import { describe, expect, test } from "vitest";
import type { LiveEvent, Summary } from "../src/api/types";
import { readFrom } from "../src/state/ended";
import { reduce, type Change } from "../src/state/reducer";
import { alertKey, empty, type State } from "../src/state/state";
import { seenAlerts } from "../src/state/views";
import { alert, alerted, call, changed, finding, found, said, snapshot, utterance } from "./fixtures";

const after = (...changes: Change[]): State => changes.reduce(reduce, empty);
const events = (...list: LiveEvent[]): Change => ({ type: "events", events: list });
const loaded: Change = { type: "loaded", snapshot: snapshot() };
const wanted: Change = { type: "detail_wanted", call: "c1" };
const detail = (change: object = {}): Change => ({
  type: "detail_loaded",
  detail: { call: call(), utterances: [], findings: [], alerts: [], whispers: [], summary: {}, ...change },
});

describe("events", () => {
  test("replace what has the same id, in order", () => {
    const state = after(loaded, events(changed(11, { risk: 50 }), changed(12, { risk: 80 })));
    expect(state.calls.get("c1")?.risk).toBe(80);
    expect(state.seq).toBe(12);
  });

  test("that are out of date change nothing, not even the identity of the state", () => {
    const state = after(loaded, events(changed(12, { risk: 80 })));
    expect(reduce(state, events(changed(12, { risk: 1 }), changed(11, { risk: 2 })))).toBe(state);
  });

  test("seen twice in one batch count once", () => {
    const grown = alerted(11, { because: ["f1", "f2"] });
    const state = after(loaded, events(grown, alerted(11)));
    expect(state.alerts.get("c1/a1")?.because).toEqual(["f1", "f2"]);
  });

  test("leave the tables they do not touch alone", () => {
    const before = after(loaded);
    const state = reduce(before, events(alerted(11)));
    expect(state.calls).toBe(before.calls);
    expect(state.lines).toBe(before.lines);
    expect(state.alerts).not.toBe(before.alerts);
  });

  test("alerts of two calls may share an id", () => {
    const state = after(loaded, events(alerted(11), alerted(12, { call: "c2" })));
    expect([...state.alerts.keys()]).toEqual(["c1/a1", "c2/a1"]);
  });

  test("of a type this page does not know are passed over, and counted", () => {
    const strange = { seq: 11, type: "whisper", call: "c1" } as unknown as LiveEvent;
    expect(after(loaded, events(strange)).seq).toBe(11);
  });

  test("with ids that are names of object members are ordinary", () => {
    const state = after(loaded, wanted, events(changed(11, { id: "__proto__" }), said(12, { id: "constructor" })));
    expect(state.calls.get("__proto__")?.risk).toBe(20);
    expect(state.details.get("c1")?.utterances.get("constructor")?.text).toBe("我打一二三一五");
    expect(({} as { risk?: number }).risk).toBeUndefined();
  });

  test("notices of one kind replace each other, and only a few stay", () => {
    const notice = (seq: number, code: string): LiveEvent => ({ seq, type: "notice", call: null, level: "warning", code, message: `${seq}` });
    const state = after(loaded, events(notice(11, "a"), notice(12, "a"), notice(13, "b"), notice(14, "c"), notice(15, "d")));
    expect(state.notices.map(({ code, message }) => [code, message])).toEqual([["b", "13"], ["c", "14"], ["d", "15"]]);
    const seen = state.notices[1]!;
    expect(reduce(state, { type: "notice_dismissed", notice: seen }).notices.map(({ code }) => code)).toEqual(["b", "d"]);
  });
});

describe("the last words of a call", () => {
  test("follow its utterances and end with it", () => {
    const talking = after(loaded, events(said(11, { text: "喂", stage: "interim" }), said(12, { text: "喂，你好", stage: "final" })));
    expect(talking.lines.get("c1")?.text).toBe("喂，你好");
    expect(reduce(talking, events(changed(13, { status: "ended" }))).lines.has("c1")).toBe(false);
  });

  test("go when they were no speech", () => {
    const gone: LiveEvent = { seq: 12, type: "utterance_withdrawn", call: "c1", id: "u1" };
    expect(after(loaded, events(said(11), gone)).lines.has("c1")).toBe(false);
  });
});

describe("an open call", () => {
  test("shows words and findings that come, each replaced under its id, until withdrawn", () => {
    const state = after(loaded, wanted, detail(), events(said(11, { stage: "draft" }), found(12, {}, true), said(13), found(14)));
    const open = state.details.get("c1");
    expect(open?.utterances.get("u1")?.stage).toBe("final");
    expect(open?.findings.get("u1.regulator")?.provisional).toBe(false);
    const less = reduce(
      state,
      events(
        { seq: 15, type: "finding_withdrawn", call: "c1", id: "u1.regulator" },
        { seq: 16, type: "utterance_withdrawn", call: "c1", id: "u1" },
      ),
    );
    expect(less.details.get("c1")?.findings.size).toBe(0);
    expect(less.details.get("c1")?.utterances.size).toBe(0);
  });

  test("keeps what came while it was being read, on top of what was read", () => {
    const withdrawn: LiveEvent = { seq: 13, type: "finding_withdrawn", call: "c1", id: "old" };
    const state = after(
      loaded,
      wanted,
      events(said(11, { text: "新的字", stage: "final" })),
      events(said(12, { id: "u2" }), withdrawn),
      detail({
        utterances: [utterance({ text: "旧的字", stage: "draft" }), utterance({ id: "u0", start: 1 })],
        findings: [finding({ id: "old" })],
      }),
    );
    const open = state.details.get("c1");
    expect(open?.status).toBe("ready");
    expect(open?.held).toEqual([]);
    expect(open?.utterances.get("u1")?.text).toBe("新的字");
    expect([...(open?.utterances.keys() ?? [])].sort()).toEqual(["u0", "u1", "u2"]);
    expect(open?.findings.has("old")).toBe(false);
  });

  test("still shows its words while it is read again after a reset", () => {
    const state = after(loaded, wanted, detail({ utterances: [utterance()] }), loaded, wanted);
    expect(state.details.get("c1")?.status).toBe("loading");
    expect(state.details.get("c1")?.utterances.size).toBe(1);
  });

  test("an answer for a call that was closed meanwhile is dropped", () => {
    const state = after(loaded, wanted, { type: "detail_dropped", call: "c1" });
    expect(reduce(state, detail())).toBe(state);
  });

  test("an old call brings itself and its alerts along, and never overwrites fresher ones", () => {
    const old = call({ id: "old", status: "ended" });
    const answer: Change = {
      type: "detail_loaded",
      detail: { call: old, utterances: [], findings: [], alerts: [alert({ call: "old" }), alert({ call: "c1" })], whispers: [], summary: {} },
    };
    const state = after(loaded, events(alerted(11, { status: "acknowledged" })), { type: "detail_wanted", call: "old" }, answer);
    expect(state.calls.get("old")).toBe(old);
    expect(state.alerts.get("old/a1")?.status).toBe("open");
    expect(state.alerts.get("c1/a1")?.status).toBe("acknowledged");
    const reloaded = reduce(state, loaded);
    expect(reloaded.calls.has("old")).toBe(true);
    expect(reloaded.alerts.has("old/a1")).toBe(true);
  });
});

describe("a fresh snapshot", () => {
  test("is the whole truth: what it does not hold is gone, its sequence counts", () => {
    const state = after(loaded, events(changed(11, { id: "gone" }), alerted(12)), { type: "loaded", snapshot: snapshot({ seq: 3 }) });
    expect([...state.calls.keys()]).toEqual(["c1"]);
    expect(state.alerts.size).toBe(0);
    expect(reduce(state, events(changed(4, { risk: 99 }))).calls.get("c1")?.risk).toBe(99);
  });
});

describe("marking an alert", () => {
  const key = alertKey(alert());
  const mark = { status: "acknowledged", by: "王主管" } as const;
  const open = after(loaded, events(alerted(11)));
  const before = open.alerts.get(key);
  const answer = alert({ status: "acknowledged", by: "王主管", when: "2026-11-22T09:01:00.000+08:00" });

  test("is pending until the server has stored it", () => {
    const pending = reduce(open, { type: "marking", key, mark });
    expect(pending.marks.get(key)).toBe(mark);
    expect(pending.alerts.get(key)?.status).toBe("open");
    const stored = reduce(pending, { type: "marked", alert: answer, mark, before });
    expect(stored.marks.size).toBe(0);
    expect(stored.alerts.get(key)?.by).toBe("王主管");
  });

  test("is taken back when it could not be stored", () => {
    const failed = reduce(reduce(open, { type: "marking", key, mark }), { type: "mark_failed", key, mark });
    expect(failed.marks.size).toBe(0);
    expect(failed.alerts.get(key)?.status).toBe("open");
  });

  test("a failure of an earlier choice does not undo a later one", () => {
    const later = { status: "false_alarm", by: "王主管" } as const;
    const state = reduce(reduce(open, { type: "marking", key, mark }), { type: "marking", key, mark: later });
    expect(reduce(state, { type: "mark_failed", key, mark }).marks.get(key)).toBe(later);
  });

  test("the answer neither shrinks an alert that grew nor beats a later judgement", () => {
    const grown = reduce(open, events(alerted(12, { because: ["f1", "f2"] })));
    expect(reduce(grown, { type: "marked", alert: answer, mark, before }).alerts.get(key)).toMatchObject({ because: ["f1", "f2"], status: "acknowledged" });
    const later = reduce(open, events(alerted(12, { status: "false_alarm", by: "别人", when: "2026-11-22T09:01:01.000+08:00" })));
    expect(reduce(later, { type: "marked", alert: answer, mark, before }).alerts.get(key)?.by).toBe("别人");
  });
});
test("older calls are read on from the last of the usual number, not from one that is there for its alert", () => {
  const ended = (minute: number): string => new Date(Date.UTC(2026, 10, 22, 1, minute)).toISOString();
  const usual = Array.from({ length: 50 }, (_, index) => call({ id: `e${index}`, status: "ended", ended: ended(9 + index) }));
  const state = reduce(empty, { type: "loaded", snapshot: snapshot({ calls: [...usual, call({ id: "waits", status: "ended", ended: ended(0) })] }) });
  expect(readFrom(state)).toBe(ended(9));
});

describe("an alert's owner", () => {
  const key = alertKey(alert());
  const mark = { owner: "王主管" } as const;
  const open = after(loaded, events(alerted(11)));
  const before = open.alerts.get(key);

  test("shows at once, and what was decided stays as it was", () => {
    const pending = seenAlerts(reduce(open, { type: "marking", key, mark })).get(key);
    expect(pending).toMatchObject({ owner: "王主管", status: "open", by: null });
    const let_go = reduce(open, { type: "marking", key, mark: { owner: null } });
    expect(seenAlerts(let_go).get(key)?.owner).toBeNull();
  });

  test("is whom the socket named last, whatever answer comes late", () => {
    const stored = reduce(open, { type: "marked", alert: alert({ owner: "王主管" }), mark, before });
    expect(stored.alerts.get(key)?.owner).toBe("王主管");
    const passed_on = reduce(open, events(alerted(12, { owner: "王主管" }), alerted(13, { owner: "赵主管" })));
    expect(reduce(passed_on, { type: "marked", alert: alert({ owner: "王主管" }), mark, before }).alerts.get(key)?.owner).toBe("赵主管");
  });
});

describe("a page left open all day", () => {
  const endings = Array.from({ length: 60 }, (_, index) =>
    changed(11 + index, { id: `e${index}`, status: "ended", ended: new Date(Date.UTC(2026, 10, 22, 1, index)).toISOString() }),
  );

  test("keeps the 50 calls that ended last, and those that still matter", () => {
    const state = after(loaded, { type: "detail_wanted", call: "e1" }, events(alerted(5, {})), events(alerted(11, { call: "e0" })));
    const done = reduce(state, events(...endings.map((event) => ({ ...event, seq: event.seq + 10 }))));
    const ids = [...done.calls.keys()].filter((id) => id.startsWith("e"));
    expect(ids).toHaveLength(52);
    expect(ids).toEqual(expect.arrayContaining(["e0", "e1", "e10", "e59"]));
    expect(ids).not.toContain("e9");
  });

  test("does not forget the older ones it was asked for", () => {
    const old = Array.from({ length: 5 }, (_, index) => call({ id: `o${index}`, status: "ended", ended: "2026-11-21T00:00:00Z" }));
    const done = reduce(after(loaded, { type: "older", calls: old, end: true }), events(...endings.slice(0, 50)));
    expect([...done.calls.keys()].filter((id) => id.startsWith("o"))).toHaveLength(5);
    expect(done.older).toMatchObject({ end: true, read: 5 });
  });

  test("reads back from the first ending it knows, then from the last beginning it was told", () => {
    expect(readFrom(after(loaded))).toBeUndefined();
    const some = after(loaded, events(...endings.slice(5, 8)));
    expect(readFrom(some)).toBe("2026-11-22T01:05:00.000Z");
    const more = reduce(some, { type: "older", calls: [call({ id: "o", status: "ended", started: "2026-11-20T00:00:00Z" })], end: false });
    expect(readFrom(more)).toBe("2026-11-20T00:00:00Z");
    expect(readFrom(reduce(more, loaded))).toBeUndefined();
  });
});

describe("what a call comes to", () => {
  const summary = { type: "venting", earlier: [{ call: "c0", started: "2026-11-20T09:00:00.000+00:00", text: "洗衣机漏水" }] };
  const told = (seq: number, data: Summary, call = "c1"): LiveEvent => ({ seq, type: "summary", call, data });

  test("comes with the answer and stays while words come", () => {
    const state = after(loaded, wanted, detail({ summary }), events(said(11)));
    expect(state.details.get("c1")?.summary).toBe(summary);
  });

  test("grows with the call, each time as a whole", () => {
    const state = after(loaded, wanted, detail({ summary }), events(told(11, { type: "help" }), told(12, { type: "revenge", cause: "price" })));
    expect(state.details.get("c1")?.summary).toEqual({ type: "revenge", cause: "price" });
  });

  test("told while the answer was on its way is newer than the answer", () => {
    const state = after(loaded, wanted, events(told(11, { type: "revenge" })), detail({ summary }));
    expect(state.details.get("c1")?.summary).toEqual({ type: "revenge" });
  });

  test("is still shown while the call is read again, and then is that of the new answer", () => {
    const again = after(loaded, wanted, detail({ summary }), wanted);
    expect(again.details.get("c1")?.summary).toBe(summary);
    expect(reduce(again, detail()).details.get("c1")?.summary).toEqual({});
  });

  test("of a call that is not open changes nothing but the sequence", () => {
    const before = after(loaded, wanted, detail({ summary }));
    const state = reduce(before, events(told(11, { type: "help" }, "c2")));
    expect(state).toEqual({ ...before, seq: 11 });
  });
});
