import { describe, expect, test } from "vitest";
import type { Cause, LiveEvent } from "../src/api/types";
import { reduce, type Change } from "../src/state/reducer";
import { empty, type State } from "../src/state/state";
import { strain } from "../src/state/health";
import { cause, changed, health, snapshot } from "./fixtures";

const late = cause();
const later = cause({ status: "overloaded", value: 6.2, limit: 4.5 });
const queue = cause({ code: "queue" });
const disk = cause({ code: "disk", status: "overloaded" });

const examined = (seq: number, ...why: Cause[]): Change => ({
  type: "events",
  events: [{ seq, type: "health", call: null, data: health(...why) } satisfies LiveEvent],
});
const loaded = (...why: Cause[]): Change => ({ type: "loaded", snapshot: snapshot({ health: health(...why) }) });
const seen: Change = { type: "health_seen" };
const after = (...changes: Change[]): State => changes.reduce(reduce, empty);
const shown = (state: State): string[] => (state.healthSeen ? [] : (strain(state.health)?.why ?? []).map(({ code }) => code));

describe("a banner", () => {
  test("is not there while the service keeps up", () => {
    expect(strain(health())).toBeUndefined();
    expect(shown(empty)).toEqual([]);
  });

  test("says that alerts are late, and only that: a busy service whose alerts are in time is nobody's worry", () => {
    expect(strain(health(queue, late))).toEqual({ kind: "late", why: [late] });
    expect(strain(health(queue))).toBeUndefined();
  });

  test("says all that is wrong once it is overloaded, the worst first", () => {
    expect(strain(health(disk, late))).toEqual({ kind: "overloaded", why: [disk, late] });
    expect(strain(health(later))?.kind).toBe("overloaded");
  });

  test("comes with the event and goes when it is over", () => {
    const state = after(loaded(), examined(11, late));
    expect(shown(state)).toEqual(["latency"]);
    expect(shown(reduce(state, examined(12)))).toEqual([]);
  });

  test("is there for a page that comes later", () => {
    expect(shown(after(loaded(late)))).toEqual(["latency"]);
  });

  test("goes with a state read anew, as after a restart", () => {
    expect(shown(after(loaded(late), loaded()))).toEqual([]);
  });
});

describe("a banner put away", () => {
  test("stays away while only its numbers change, also over a new connection", () => {
    const state = after(loaded(), examined(11, late), seen);
    expect(shown(state)).toEqual([]);
    expect(shown(reduce(state, examined(12, cause({ value: 2.9 }))))).toEqual([]);
    expect(shown(reduce(state, loaded(late)))).toEqual([]);
  });

  test("stays away when something joins that a supervisor is not told", () => {
    expect(shown(after(loaded(), examined(11, late), seen, examined(12, late, queue)))).toEqual([]);
  });

  test("is back when it gets worse", () => {
    expect(shown(after(loaded(), examined(11, late), seen, examined(12, later)))).toEqual(["latency"]);
  });

  test("is back when it comes again", () => {
    expect(shown(after(loaded(), examined(11, late), seen, examined(12), examined(13, late)))).toEqual(["latency"]);
  });

  test("is not touched by other events, which keep what it says as it is", () => {
    const state = after(loaded(), examined(11, late), seen);
    const next = reduce(state, { type: "events", events: [changed(12, { risk: 80 })] });
    expect(next.health).toBe(state.health);
    expect(next.healthSeen).toBe(true);
  });
});
