import { describe, expect, test } from "vitest";
import { pieces } from "../src/lib/highlight";

const cut = (text: string, ...spans: [string, number, number][]): [string, string][] =>
  pieces(text, spans.map(([id, from, to]) => ({ id, span: [from, to] }))).map((piece) => [piece.text, piece.ids.join("+")]);

describe("pieces", () => {
  test("without evidence is the whole text", () => {
    expect(cut("您好")).toEqual([["您好", ""]]);
    expect(cut("")).toEqual([]);
  });

  test("cut at a span's ends", () => {
    expect(cut("我打一二三一五投诉", ["a", 1, 7])).toEqual([["我", ""], ["打一二三一五", "a"], ["投诉", ""]]);
  });

  test("of overlapping and nested spans know all that cover them", () => {
    expect(cut("0123456789", ["a", 2, 6], ["b", 4, 8], ["c", 4, 5])).toEqual([
      ["01", ""], ["23", "a"], ["4", "a+b+c"], ["5", "a+b"], ["67", "b"], ["89", ""],
    ]);
  });

  test("of equal and adjacent spans are not cut twice", () => {
    expect(cut("abcd", ["a", 0, 2], ["b", 0, 2], ["c", 2, 4])).toEqual([["ab", "a+b"], ["cd", "c"]]);
  });

  test("count code points, as Python does", () => {
    expect(cut("😡😡投诉", ["a", 2, 4])).toEqual([["😡😡", ""], ["投诉", "a"]]);
    expect(cut("𠮷野家退款", ["a", 3, 5])).toEqual([["𠮷野家", ""], ["退款", "a"]]);
  });

  test("ignore what lies outside the text, and empty or turned spans", () => {
    expect(cut("短", ["a", 0, 9], ["b", 5, 9], ["c", 1, 1], ["d", 1, 0])).toEqual([["短", "a"]]);
  });

  test.each([0, 1, 2, 3, 4])("joined are the text again (%i)", (seed) => {
    const text = "a😡好𠮷，退款！12315";
    const length = Array.from(text).length;
    const spans = Array.from({ length: 5 }, (_, index): [string, number, number] => {
      const from = (seed * 7 + index * 3) % length;
      return [`f${index}`, from, from + 1 + ((seed + index) % 4)];
    });
    const parts = cut(text, ...spans);
    expect(parts.map(([part]) => part).join("")).toBe(text);
    for (const [id, from, to] of spans) {
      const covered = parts.filter(([, ids]) => ids.split("+").includes(id)).map(([part]) => part).join("");
      expect(covered).toBe(Array.from(text).slice(from, to).join(""));
    }
  });

  test("marks words that have moved where they stand now", () => {
    const moved = { id: "f", span: [5, 9] as const, text: "联系记者" };
    const marked = (text: string) => pieces(text, [moved]).find(({ ids }) => ids.length > 0)?.text;
    expect(marked("我已经，已经联系记者了")).toBe("联系记者");
    expect(marked("联系记者，我说联系记者了")).toBe("联系记者");
    expect(pieces("联系记者，我说联系记者了", [moved])[0]).toEqual({ text: "联系记者，我说", ids: [] });
    expect(marked("我已经，已经别的什么了")).toBe("经别的什"); // gone: where it was
  });
});
