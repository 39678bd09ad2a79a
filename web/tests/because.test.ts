import { describe, expect, it } from "vitest";
import { namesIn } from "../src/i18n";
import { inEnglish, stated } from "../src/i18n/because";
import sentences from "./because.txt?raw";
import texts from "./stated.txt?raw";

const FORMS = sentences.trim().split("\n");
const CHINESE = /[\u4e00-\u9fff]/;

describe("inEnglish", () => {
  it("says a sentence of every form, and keeps the words", () => {
    expect(FORMS.length).toBeGreaterThan(40);
    for (const form of FORMS) {
      const said = inEnglish(form);
      expect(said.replaceAll("“话”", ""), form).not.toMatch(CHINESE);
      expect(said.includes("“话”"), form).toBe(form.includes("“话”"));
      expect(said, form).not.toMatch(/undefined|\$\d/);
    }
  });

  it("says what follows one, too", () => {
    expect(inEnglish("客户说“受不了”，明确表示不满（与“真受不了”一类说法相近）（第3次）")).toBe(
      "The customer said “受不了”, plainly dissatisfied (much like “真受不了”) (said 3 times by now)",
    );
    expect(inEnglish("坐席说“系统就是这么”，拿规定、系统或领导来挡（按读音认出，个别字听写可能有误）")).toMatch(/misheard\)$/);
    expect(inEnglish("坐席说“松”，把客户的问题说小了（与“总会松的”一类说法相近）；单看这一句不能确定，但本通坐席另有两次用语不当")).toBe(
      "The agent said “松”, making the customer's problem small (much like “总会松的”); not certain by itself, but the agent has used two others in this call",
    );
    expect(inEnglish("坐席承诺“五点前给您打电话”，最迟 11 月 23 日 17:05")).toBe("The agent promised “五点前给您打电话”, by 23 Nov, 17:05");
    expect(inEnglish("第 3 次说到，首次在 0:16：“两万块”；前后不一致：两万块，三万块")).toBe(
      "Said 3 times by now, first at 0:16: “两万块”; inconsistent: first 两万块, then 三万块",
    );
    expect(inEnglish("客户说已经讲过；第 2 次说到，首次在 0:16：“两万块”")).toBe(
      "The customer says this was told before. Said 2 times by now, first at 0:16: “两万块”",
    );
    expect(inEnglish("坐席两次问到金额、来意，客户都没有回答（类似“你们看着办”）")).toBe(
      "The agent asked for the amount and “来意” twice, and the customer did not answer (much like “你们看着办”)",
    );
    expect(inEnglish("constructor客户在 0:04 已经说过：“是”")).toBe("The customer has given “constructor” already, at 0:04: “是”");
  });

  it("takes strangers' words for nothing but words", () => {
    expect(inEnglish("客户说“$1”，明确表示不满（第9次）”，明确表示不满")).toBe("The customer said “$1”，明确表示不满（第9次）”, plainly dissatisfied");
    expect(inEnglish("第 2 次说到，首次在 0:01：“$2 $3”")).toBe("Said 2 times by now, first at 0:01: “$2 $3”");
  });

  it("leaves what it does not know as it is, whole", () => {
    for (const own of ["坐席说“好的”，本店不许这么说", "坐席说“好的”，本店不许这么说（第2次）", "", "Said in English"]) expect(inEnglish(own)).toBe(own);
  });
});

describe("because", () => {
  it("is English on the English page alone", () => {
    const nothing = { kinds: {}, rules: {}, alerts: {} };
    const finding = { because: "坐席承诺“一定”" };
    expect(namesIn(nothing, "zh").because(finding)).toBe(finding.because);
    expect(namesIn(nothing, "en").because(finding)).toBe("The agent promised “一定”");
  });
});

describe("words", () => {
  const { words: inChinese } = namesIn({ kinds: {}, rules: {}, alerts: {} }, "zh");
  const { words: inEnglishToo } = namesIn({ kinds: {}, rules: {}, alerts: {} }, "en");
  const unspoken = [["s16400.dead_air"], ["end.soothe_missing", "end.act_missing"]];

  it("says in the page's language what nobody said, and never as a quotation", () => {
    for (const text of texts.trim().split("\n")) {
      expect(stated(text), text).not.toMatch(CHINESE);
      for (const because of unspoken) {
        expect(inChinese({ text, because })).toEqual({ text, spoken: false });
        expect(inEnglishToo({ text, because })).toEqual({ text: stated(text), spoken: false });
      }
    }
    expect(stated("静默 5.2 秒")).toBe("Silence for 5.2 s");
  });

  it("quotes what somebody said as it was said, whatever it looks like", () => {
    for (const text of ["没有给出办法", "静默 5 秒", "静默了五秒", ""]) {
      for (const because of [["u3.dissatisfied"], ["u3.dissatisfied", "s16400.dead_air"], []]) {
        for (const words of [inChinese, inEnglishToo]) expect(words({ text, because })).toEqual({ text, spoken: true });
      }
    }
  });
});
