import { afterEach, describe, expect, test, vi } from "vitest";
import { fields, keep } from "../src/lib/kept";

const parse = (stored: string | null) => ({ loud: fields(stored).loud === true, name: "" });

describe("what the browser remembers", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("is read once, changed in part, stored, and told to who watches", () => {
    const stored = new Map([["k", '{"loud": true}']]);
    vi.stubGlobal("localStorage", { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => stored.set(key, value) });
    const kept = keep("k", parse);
    const seen: unknown[] = [];
    const forget = kept.subscribe(() => seen.push(kept.get()));
    kept.set({ name: "小王" });
    forget();
    kept.set({ loud: false });
    expect(seen).toEqual([{ loud: true, name: "小王" }]);
    expect(stored.get("k")).toBe('{"loud":false,"name":"小王"}');
  });

  test("lasts as long as the page where storage is forbidden", () => {
    const forbidden = (): never => {
      throw new Error("forbidden");
    };
    vi.stubGlobal("localStorage", { getItem: forbidden, setItem: forbidden });
    const kept = keep("k", parse);
    kept.set({ loud: true });
    expect(kept.get()).toEqual({ loud: true, name: "" });
  });

  test.each([null, "", "{", "null", "3", '"loud"'])("has no fields where %j is stored", (stored) => {
    expect(fields(stored)).toEqual({});
  });
});
