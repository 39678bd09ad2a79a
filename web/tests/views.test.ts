import { describe, expect, test } from "vitest";
import { arrivals, gravest } from "../src/attention/arrivals";
import { namesIn } from "../src/i18n";
import { hashOf, parseHash } from "../src/lib/route";
import { parse } from "../src/lib/settings";
import { reduce } from "../src/state/reducer";
import { empty, type State } from "../src/state/state";
import { agents, alertsOf, closed, feeds, gravityOfFindings, lines, listing, narrowed, neighbour, newestEvidence, openAnd, seenAlerts, steady, totals, waitingByCall, type Filter } from "../src/state/views";
import { alert, alerted, call, finding, snapshot, utterance } from "./fixtures";

const load = (change: Parameters<typeof snapshot>[0]): State => reduce(empty, { type: "loaded", snapshot: snapshot(change) });
const everything: Filter = { text: "", team: null, agent: null, severity: null, sort: "risk" };
const at = (second: number): string => new Date(Date.UTC(2026, 10, 22, 1, 0, second)).toISOString();

describe("the list of calls", () => {
  const state = load({
    calls: [
      call({ id: "calm", risk: 5, agent: "王芳", team: "宽带组", started: at(3) }),
      call({ id: "hot", risk: 90, agent: "李静", team: "家电组", started: at(2) }),
      call({ id: "warm", risk: 40, agent: "Zhao Lei", team: "家电组", customer: "13900", started: at(1) }),
      call({ id: "done", status: "ended", risk: 99, ended: at(4) }),
      call({ id: "later", status: "failed", ended: at(5) }),
    ],
    alerts: [
      alert({ call: "warm", id: "1", raised: at(10) }),
      alert({ call: "calm", id: "2", raised: at(5), severity: "notice" }),
      alert({ call: "hot", id: "3", raised: at(1), status: "acknowledged" }),
    ],
  });

  test("has the riskiest first, and the ended apart, the last first", () => {
    expect(listing(state, everything)).toEqual({ live: ["hot", "warm", "calm"], ended: ["later", "done"] });
  });

  test.each([
    ["waiting", ["calm", "warm", "hot"]],
    ["duration", ["warm", "hot", "calm"]],
    ["newest", ["calm", "hot", "warm"]],
  ] as const)("sorts by %s", (sort, ids) => expect(listing(state, { ...everything, sort }).live).toEqual(ids));

  test("is searched in agent, team, number and id, in any case", () => {
    const search = (text: string): readonly string[] => listing(state, { ...everything, text }).live;
    expect(search("李静")).toEqual(["hot"]);
    expect(search(" zhao ")).toEqual(["warm"]);
    expect(search("139")).toEqual(["warm"]);
    expect(search("calm")).toEqual(["calm"]);
    expect(search("没有")).toEqual([]);
  });

  test("is narrowed to a team, an agent, or to open alerts as grave as asked", () => {
    const live = (part: Partial<Filter>): readonly string[] => listing(state, { ...everything, ...part }).live;
    expect(live({ team: "家电组" })).toEqual(["hot", "warm"]);
    expect(live({ agent: "李静" })).toEqual(["hot"]);
    expect(live({ agent: "李静", team: "宽带组" })).toEqual([]);
    expect(live({ severity: "notice" })).toEqual(["warm", "calm"]);
    expect(live({ severity: "warning" })).toEqual(["warm"]);
    expect(agents(state)).toEqual(["李静", "王芳", "Zhao Lei"].toSorted((a, b) => a.localeCompare(b, "zh-CN")));
  });

  test("narrows the alerts along, but never those of a call nobody knows", () => {
    const stray = new Map([...state.alerts, ["gone/7", alert({ call: "gone", id: "7", severity: "critical" })]]);
    const left = (part: Partial<Filter>): readonly string[] => [...narrowed(state.calls, stray, { ...everything, ...part }).keys()];
    expect(narrowed(state.calls, stray, everything)).toBe(stray);
    expect(left({ team: "宽带组" })).toEqual(["calm/2", "gone/7"]);
    expect(left({ severity: "critical" })).toEqual(["warm/1", "hot/3", "gone/7"]);
  });

  test("stays identical while nothing it is made of changes", () => {
    const filter = { ...everything };
    const heard = reduce(state, { type: "events", events: [{ seq: 11, type: "utterance", call: "hot", data: utterance({ call: "hot" }) }] });
    expect(listing(heard, filter)).toBe(listing(state, filter));
  });

  test("holds still under the pointer", () => {
    expect(steady(["a", "b", "c"], ["c", "n", "a"])).toEqual(["a", "c", "n"]);
  });
});

describe("alerts", () => {
  const state = load({
    alerts: [
      alert({ id: "1", severity: "notice", raised: at(1) }),
      alert({ id: "2", severity: "critical", raised: at(3) }),
      alert({ id: "3", severity: "critical", raised: at(4) }),
      alert({ id: "4", status: "resolved", by: "system", when: at(9) }),
      alert({ id: "5", status: "false_alarm", by: "王", when: at(10) }),
      alert({ id: "7", status: "acknowledged", severity: "warning", raised: at(2) }),
      alert({ id: "8", status: "acknowledged", severity: "critical", raised: at(1) }),
    ],
  });
  const order = (list: readonly { id: string }[]): string => list.map(({ id }) => id).join("");

  test("open ones have the gravest first, then the newest, as have those somebody sees to; handled ones the last handled", () => {
    const { open, acting, handled } = feeds(seenAlerts(state));
    expect(order(acting)).toBe("87");
    expect(order(alertsOf(seenAlerts(state), "c1"))).toBe("3218754");
    expect(order(open)).toBe("321");
    expect(order(handled)).toBe("54");
  });

  test("of a call are summed up by how long the first waits and how grave the gravest is", () => {
    expect(waitingByCall(state).get("c1")).toMatchObject({ longest: { id: "1" }, worst: "critical", open: 3 });
    expect(totals(state)).toMatchObject({ live: 1, open: 3, critical: 2, longest: { id: "1" } });
  });

  test("just handled keep their places as long as they linger", () => {
    const { open } = feeds(seenAlerts(state));
    const pending = reduce(state, { type: "marking", key: "c1/2", mark: { status: "acknowledged", by: "王" } });
    const gone = closed(open, seenAlerts(pending));
    expect(gone).toEqual(["c1/2"]);
    expect(order(openAnd(new Set(gone), seenAlerts(pending)))).toBe("321");
    expect(order(openAnd(new Set(), seenAlerts(pending)))).toBe("31");
    expect(closed(open, new Map())).toEqual([]);
  });

  test("count as handled from the moment of the choice", () => {
    const pending = reduce(state, { type: "marking", key: "c1/2", mark: { status: "acknowledged", by: "王" } });
    expect(totals(pending)).toMatchObject({ open: 2, critical: 1 });
  });

  test("call for attention when new or graver, not when loaded, grown, handled or reopened", () => {
    const next = (...changes: Parameters<typeof alerted>[1][]): State =>
      reduce(state, { type: "events", events: changes.map((change, index) => alerted(11 + index, change)) });
    expect(arrivals(empty, state)).toEqual([]);
    expect(order(arrivals(state, next({ id: "9" }, { id: "8", status: "resolved" })))).toBe("9");
    expect(arrivals(state, next({ id: "2", severity: "critical", because: ["f1", "f2"] }))).toEqual([]);
    expect(order(arrivals(state, next({ id: "1", severity: "warning" })))).toBe("1");
    expect(arrivals(state, next({ id: "2", status: "acknowledged" }))).toEqual([]);
    expect(arrivals(state, next({ id: "4", status: "open" }))).toEqual([]);
    expect(gravest([{ severity: "warning" }, { severity: "notice" }])).toBe("warning");
    expect(gravest([])).toBeUndefined();
  });

  test("are gone through one by one, and no further than the last", () => {
    const { open } = feeds(seenAlerts(state));
    const from = (id: string | null, step: 1 | -1): string | undefined => neighbour(open, id === null ? null : `c1/${id}`, step)?.id;
    expect([from(null, 1), from("3", 1), from("1", 1)]).toEqual(["3", "2", "1"]);
    expect([from(null, -1), from("2", -1), from("3", -1)]).toEqual(["1", "3", "3"]);
    expect(neighbour([], "c1/1", 1)).toBeUndefined();
  });

  test("that were missed while the state was read again still call", () => {
    const reloaded = reduce(state, { type: "loaded", snapshot: snapshot({ alerts: [...state.alerts.values(), alert({ id: "6" })] }) });
    expect(order(arrivals(state, reloaded))).toBe("6");
  });
});

describe("the transcript", () => {
  const held = (change: Parameters<typeof finding>[0]) => ({ finding: finding(change), provisional: false });
  const detail = {
    utterances: new Map([utterance({ id: "u2", start: 8 }), utterance({ id: "u1", start: 2 })].map((one) => [one.id, one])),
    findings: new Map(
      [
        held({ id: "late", utterance: "u2", start: 9 }),
        held({ id: "early", utterance: "u2", start: 8 }),
        held({ id: "silence", utterance: null, span: null, start: 5 }),
        held({ id: "orphan", utterance: "gone", start: 1 }),
      ].map((one) => [one.finding.id, one]),
    ),
  };

  test("is in the order of time, silences and findings without words among it", () => {
    const all = lines(detail);
    expect(all.map(({ utterance: words, findings }) => [words?.id, findings.map((one) => one.finding.id)])).toEqual([
      [undefined, ["orphan"]],
      ["u1", []],
      [undefined, ["silence"]],
      ["u2", ["early", "late"]],
    ]);
    expect(new Set(all.map(({ key }) => key)).size).toBe(4);
  });

  test("marks a finding as gravely as its gravest alert", () => {
    const grave = gravityOfFindings([alert({ severity: "critical", because: ["a"] }), alert({ severity: "notice", because: ["a", "b"] })]);
    expect([...grave].sort()).toEqual([["a", "critical"], ["b", "notice"]]);
  });

  test("an alert leads to its newest evidence that is still there", () => {
    expect(newestEvidence(alert({ because: ["early", "late", "withdrawn"] }), detail.findings)?.id).toBe("late");
    expect(newestEvidence(alert({ because: [] }), detail.findings)).toBeUndefined();
  });
});

test("names come from the vocabulary, else from the record", () => {
  const names = namesIn(
    { kinds: { conduct: { zh: "行为", en: "Conduct" } }, rules: { "conduct/dead_air": { zh: "静默", en: "Dead air" } }, alerts: { threat: { zh: "施压", en: "Threat" } } },
    "en",
  );
  expect(names.finding({ kind: "conduct", rule: "dead_air" })).toBe("Dead air");
  expect(names.finding({ kind: "conduct", rule: "new" })).toBe("Conduct");
  expect(names.finding({ kind: "other", rule: null })).toBe("other");
  expect(names.alert({ rule: "threat", title: "x" })).toBe("Threat");
  expect(names.alert({ rule: "own", title: "自定" })).toBe("自定");
});

test("an address leads where it was made", () => {
  for (const [one, two] of [["a/b c", "警%"], ["x", null]] as const) expect(parseHash(hashOf(one, two))).toEqual({ call: one, alert: two });
  expect(parseHash("#/calls/%E0%A4%A")).toEqual({ call: "%E0%A4%A", alert: null });
  expect(parseHash("#/")).toEqual({ call: null, alert: null });
});

test("stored settings are read field by field", () => {
  expect(parse('{"language":"en","muted":"yes","reviewer":"王"}')).toEqual({ language: "en", muted: false, desktop: false, reviewer: "王", quiet: { on: false, from: "22:00", to: "07:00", critical: true }, phrases: null });
  expect(parse('{"quiet":{"on":true,"from":"25:00","to":"06:30","critical":0},"phrases":["稳住"]}')).toMatchObject({
    quiet: { on: true, from: "22:00", to: "06:30", critical: true },
    phrases: ["稳住"],
  });
  expect(parse('{"quiet":7,"phrases":[1]}')).toMatchObject({ quiet: { on: false }, phrases: null });
  for (const broken of [null, "{", "null", "[]", "7"]) expect(parse(broken).language).toBe("zh");
});
