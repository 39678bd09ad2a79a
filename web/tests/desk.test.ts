import { describe, expect, test } from "vitest";
import { heed, isQuiet, TOGETHER, type Told } from "../src/attention/heed";
import type { Alert } from "../src/api/types";
import { acknowledging } from "../src/desk/context";
import { commandOf, KEYS, keyOf } from "../src/desk/keys";
import { phrasesIn, sentBySupervisors } from "../src/desk/whispering";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { endingOf } from "../src/state/summary";
import { alert, whisper } from "./fixtures";

describe("a storm of alerts", () => {
  const burst = (call: string, ...severities: Alert["severity"][]): Alert[] => severities.map((severity, index) => alert({ call, id: `${call}${index}`, severity }));
  const none: Told = new Map();

  test("of one call at once is one piece of news, as grave as its gravest", () => {
    const { news } = heed(none, burst("a", "notice", "critical", "warning"), 0);
    expect(news).toMatchObject([{ call: "a", worst: "critical", alert: { id: "a1" }, count: 3 }]);
  });

  test("that goes on is not told of again until some seconds have passed", () => {
    let { told, news } = heed(none, burst("a", "warning"), 0);
    const heard: number[] = [news.length];
    for (let now = 1_000; now <= 2 * TOGETHER; now += 1_000) {
      ({ told, news } = heed(told, burst("a", "warning"), now));
      heard.push(news.length);
    }
    expect(heard.reduce((sum, one) => sum + one)).toBe(3);
  });

  test("is told of at once when it becomes graver", () => {
    const { told } = heed(none, burst("a", "notice"), 0);
    const graver = heed(told, burst("a", "critical"), 500);
    expect(graver.news).toMatchObject([{ worst: "critical" }]);
    expect(heed(graver.told, burst("a", "critical", "warning"), 600).news).toEqual([]);
  });

  test("of another call is news of its own", () => {
    const { told } = heed(none, burst("a", "critical"), 0);
    expect(heed(told, [...burst("b", "notice"), ...burst("c", "warning")], 1).news.map(({ call }) => call)).toEqual(["b", "c"]);
  });

  test("leaves nothing behind: what is long past is forgotten", () => {
    const { told } = heed(none, burst("a", "critical"), 0);
    expect([...heed(told, [], TOGETHER).told]).toEqual([]);
  });
});

describe("quiet hours", () => {
  const night = { on: true, from: "22:30", to: "07:00", critical: true };
  const at = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));
  const quiet = (time: string, hours = night): boolean => isQuiet(hours, "warning", at(time));

  test("run past midnight", () => {
    expect(["22:29", "22:30", "00:00", "06:59", "07:00", "12:00"].map((time) => quiet(time))).toEqual([false, true, true, true, false, false]);
  });

  test("lie within a day", () => {
    const noon = { ...night, from: "12:00", to: "13:30" };
    expect(["11:59", "12:00", "13:29", "13:30"].map((time) => quiet(time, noon))).toEqual([false, true, true, false]);
  });

  test("of equal ends are all day, and switched off are none", () => {
    expect(quiet("15:00", { ...night, from: "08:00", to: "08:00" })).toBe(true);
    expect(quiet("23:00", { ...night, on: false })).toBe(false);
  });

  test("let critical alerts through or not", () => {
    expect(isQuiet(night, "critical", at("23:00"))).toBe(false);
    expect(isQuiet({ ...night, critical: false }, "critical", at("23:00"))).toBe(true);
  });
});

describe("the desk's keys", () => {
  const key = (key: string, more: Partial<Parameters<typeof commandOf>[0]> = {}): Parameters<typeof commandOf>[0] => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    isComposing: false,
    ...more,
  });

  test("are each their own, and named in both languages", () => {
    expect(new Set(KEYS.map((one) => one.key)).size).toBe(KEYS.length);
    for (const { key: name, command } of KEYS) {
      expect(commandOf(key(name), false)).toBe(command);
      expect(keyOf(command)).toBe(name);
      expect(zh.desk.commands[command]).not.toBe("");
      expect(en.desk.commands[command]).not.toBe("");
    }
  });

  test("count with caps lock on", () => expect(commandOf(key("A"), false)).toBe("acknowledge"));

  test("are left to fields, chords and words being composed", () => {
    expect(commandOf(key("a"), true)).toBeNull();
    for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { isComposing: true }]) expect(commandOf(key("a", held), false)).toBeNull();
    expect(commandOf(key("x"), false)).toBeNull();
  });

  test("held down go on through the queue, and decide nothing twice", () => {
    expect(commandOf(key("j", { repeat: true }), false)).toBe("next");
    expect(commandOf(key("a", { repeat: true }), false)).toBeNull();
  });
});

test("to acknowledge is to see to it, unless somebody does already", () => {
  expect(acknowledging(alert(), "王主管")).toEqual({ status: "acknowledged", owner: "王主管" });
  expect(acknowledging(alert({ owner: "赵主管" }), "王主管")).toEqual({ status: "acknowledged" });
});

describe("whispers", () => {
  test("of people are shown, the last three in order, and none of the playbook's", () => {
    const sent = [4, 1, 3, 2].map((at) => whisper({ id: `w${at}`, at, origin: "supervisor" }));
    const shown = sentBySupervisors([whisper({ id: "p", at: 9, origin: "playbook" }), ...sent]);
    expect(shown.map(({ id }) => id)).toEqual(["w2", "w3", "w4"]);
  });

  test("have quick phrases, a line each, at most nine", () => {
    expect(phrasesIn(" 先道歉 \n\n给时间\n")).toEqual(["先道歉", "给时间"]);
    expect(phrasesIn("x\n".repeat(20))).toHaveLength(9);
    expect(phrasesIn("长".repeat(500))?.[0]).toHaveLength(200);
    expect(phrasesIn(" \n")).toBeNull();
  });
});

describe("how a call ended", () => {
  test("is how the customer felt, and what became of the alerts", () => {
    const alerts = (["open", "acknowledged", "resolved", "false_alarm"] as const).map((status) => alert({ status }));
    expect(endingOf({ opening_valence: -0.6, closing_valence: 0.4 }, alerts)).toEqual({ feelings: { from: "bad", to: "good" }, handled: 2 });
    expect(endingOf({ opening_valence: 0, closing_valence: null }, [])).toEqual({ feelings: null, handled: 0 });
  });
});
