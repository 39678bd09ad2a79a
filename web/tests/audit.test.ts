import { describe, expect, it } from "vitest";
import { query, type Entry } from "../src/audit/api";
import { deed, facts, GROUPS } from "../src/audit/deeds";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { dayBegins, stamp } from "../src/lib/time";
import actions from "./actions.txt?raw";

const ACTIONS = actions.trim().split("\n");
const entry = (action: string, detail: Entry["detail"] = {}): Entry => ({
  id: 1,
  when: "2026-11-22T09:00:00+08:00",
  who: "boss",
  role: "admin",
  address: null,
  action,
  call: null,
  detail,
});
const said = (one: Entry): string => facts(one, zh).map(({ label, value }) => `${label} ${value}`).join("；");

describe("deed", () => {
  it("stands for every action of the service in one group", () => {
    expect(Object.values(GROUPS).flat().sort()).toEqual(ACTIONS);
  });

  it("has a name for every action in both languages", () => {
    for (const action of ACTIONS) {
      for (const words of [zh, en]) expect(deed(entry(action), words)).not.toBe(action);
    }
  });

  it("tells giving a call back from taking it over", () => {
    expect(deed(entry("takeover", { on: true }), zh)).toBe("接管");
    expect(deed(entry("takeover", { on: false }), zh)).toBe("交还坐席");
    expect(said(entry("takeover", { on: false }))).toBe("");
  });

  it("lets what it does not know stand for itself", () => {
    expect(deed(entry("constructor"), zh)).toBe("constructor");
    expect(said(entry("new_deed", { thing: { a: 1 }, constructor: 2 }))).toBe('thing {"a":1}；constructor 2');
  });
});

describe("facts", () => {
  it("says each deed's particulars in the page's words, and leaves out what says nothing", () => {
    expect(said(entry("decision", { alert: "a@1", status: "false_alarm", why: "quoted", note: null }))).toBe("告警 a@1；状态 误报；原因 在转述别人的话");
    expect(said(entry("decision", { alert: "a@1", owner: "" }))).toBe("告警 a@1；负责人 无人");
    expect(said(entry("whisper_marked", { whisper: "s1", status: "used" }))).toBe("耳语 s1；状态 已采用");
    expect(said(entry("listen_ended", { why: "left", heard: [1, 62.5], dropped: 0 }))).toBe("原因 自己停下；听到 0:01–1:02；丢帧 0");
    expect(said(entry("listen_ended", { why: "left", heard: null }))).toBe("原因 自己停下");
    expect(said(entry("export", { what: "audit", actions: ["listen", "odd"] }))).toBe("导出的是 审计日志；操作 开始监听、odd");
  });
});

describe("a change of role", () => {
  const changed = (role: string, teams: readonly string[], was: unknown) => entry("role_changed", { user: "li", role, teams, agent: null, was });

  it("says what somebody was in the page's words", () => {
    const agent = { role: "agent", teams: [], agent: "王芳" };
    expect(said(changed("qa", [], agent))).toBe("账号 li；角色 质检；原来 坐席 · 王芳");
    expect(said(changed("qa", [], { role: "supervisor", teams: ["一组", "二组"], agent: null }))).toBe("账号 li；角色 质检；原来 主管 · 一组、二组");
    expect(facts(changed("qa", [], agent), en).at(-1)?.value).toBe("Agent · 王芳");
  });

  it("says that a supervisor without teams has them all", () => {
    const all = { role: "supervisor", teams: [], agent: null };
    expect(said(changed("supervisor", [], all))).toBe("账号 li；角色 主管；班组 所有班组；原来 主管 · 所有班组");
    expect(facts(changed("qa", [], all), en).at(-1)?.value).toBe("Supervisor · every team");
  });

  it("leaves what an older version kept as it is", () => {
    expect(said(changed("qa", [], "agent (王芳)"))).toBe("账号 li；角色 质检；原来 agent (王芳)");
  });
});

describe("the page's labels", () => {
  it.each([zh.audit, en.audit])("never say the same of two things", (words) => {
    const { person, deed, from, to, when, call, detail, address, nobodyKnown, nobodyNamed, noAccounts } = words;
    const labels = [person, deed, from, to, when, call, detail, address, nobodyKnown, nobodyNamed, noAccounts];
    expect(new Set(labels).size).toBe(labels.length);
    expect(Object.values(words.deeds)).not.toContain(deed);
  });
});

describe("query", () => {
  it("asks for whole days of the reader, the last one too", () => {
    const asked = query({ who: "", actions: ["a", "b"], from: "2026-11-30", to: "2026-11-30" });
    expect(asked.get("who")).toBe("");
    expect(asked.getAll("action")).toEqual(["a", "b"]);
    expect(asked.get("since")).toBe(new Date(2026, 10, 30).toISOString());
    expect(asked.get("until")).toBe(new Date(2026, 11, 1).toISOString());
    expect(query({ who: null, actions: [], from: "", to: "" }).toString()).toBe("");
  });
});

describe("days and moments", () => {
  it("reads what is none as none", () => {
    expect(dayBegins("")).toBeNull();
    expect(dayBegins("2026")).toBeNull();
    expect(stamp("yesterday")).toBe("");
    expect(stamp(new Date(2026, 0, 2, 3, 4, 5).toISOString())).toBe("2026-01-02 03:04:05");
  });
});
