import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { EarlierList } from "../src/components/EarlierCalls";

const shown = (...texts: string[]): string => {
  const calls = texts.map((text, index) => ({ call: `c${index}`, started: `2026-11-2${index}T09:00:00.000Z`, text }));
  return renderToStaticMarkup(createElement(EarlierList, { calls, title: "此前来电 · 同一诉求", when: (started: string) => started.slice(0, 10) }));
};

describe("earlier calls", () => {
  test("are listed with when they were and what was said then", () => {
    const page = shown("洗衣机漏水", "地板泡坏了");
    expect(page).toContain("此前来电 · 同一诉求");
    expect(page).toMatch(/2026-11-20.*<q>洗衣机漏水<\/q>.*2026-11-21.*<q>地板泡坏了<\/q>/);
  });

  test("take no room where there are none", () => {
    expect(shown()).toBe("");
  });

  test("are text, never markup", () => {
    expect(shown("<img src=x onerror=alert(1)>")).not.toContain("<img");
  });
});
