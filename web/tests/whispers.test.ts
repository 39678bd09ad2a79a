import { describe, expect, it } from "vitest";
import type { Whisper } from "../src/api/types";
import { reduce, type Change } from "../src/state/reducer";
import { alertKey, empty, type State } from "../src/state/state";
import { call, said, snapshot, whisper, whispered } from "./fixtures";

const play = (...changes: readonly Change[]): State => changes.reduce(reduce, empty);
const wanted: Change = { type: "detail_wanted", call: "c1" };
const answer = (...whispers: Whisper[]): Change => ({
  type: "detail_loaded",
  detail: { call: call(), utterances: [], findings: [], alerts: [], whispers, summary: {} },
});
const opened: readonly Change[] = [{ type: "loaded", snapshot: snapshot() }, wanted, answer(whisper())];
const told = (state: State, id = "w1"): Whisper | undefined => state.details.get("c1")?.whispers.get(id);

describe("whispers of an open call", () => {
  it("are those of the answer, then as the socket tells them", () => {
    const state = play(...opened, {
      type: "events",
      events: [whispered(11, { status: "withdrawn", when: "2026-11-22T09:00:30+08:00" }), whispered(12, { id: "w2" })],
    });
    expect(told(state)?.status).toBe("withdrawn");
    expect(told(state, "w2")?.status).toBe("sent");
  });

  it("that came while the call was being read are not lost to the answer", () => {
    const came: Change = { type: "events", events: [whispered(11, { status: "used" }), whispered(12, { id: "w2" })] };
    const state = play({ type: "loaded", snapshot: snapshot() }, wanted, came, answer(whisper()));
    expect(told(state)?.status).toBe("used");
    expect(told(state, "w2")).toBeDefined();
  });

  it("of a call that is not open are not kept", () => {
    const state = play({ type: "loaded", snapshot: snapshot() }, { type: "events", events: [whispered(11)] });
    expect(state.details.size).toBe(0);
    expect(state.seq).toBe(11);
  });

  it("stay as they are when other things of the call change", () => {
    const before = play(...opened);
    const after = reduce(before, { type: "events", events: [said(11)] });
    expect(after.details.get("c1")?.whispers).toBe(before.details.get("c1")?.whispers);
  });
});

describe("what the agent does with a whisper", () => {
  const key = alertKey(whisper());
  const used = { status: "used" } as const;
  const later = "2026-11-22T09:00:31+08:00";

  it("counts until the server has said how it is, or refused", () => {
    const asked = play(...opened, { type: "answering", key, answer: used });
    expect(asked.answers.get(key)).toBe(used);
    const kept = reduce(asked, { type: "answered", whisper: whisper({ status: "used", when: later }), answer: used });
    expect(kept.answers.size).toBe(0);
    expect(told(kept)?.status).toBe("used");
    const refused = reduce(asked, { type: "answer_failed", key, answer: used });
    expect(refused.answers.size).toBe(0);
    expect(told(refused)?.status).toBe("sent");
  });

  it("is not taken back by the answer to what was done before", () => {
    const seen = { status: "seen" } as const;
    const state = play(
      ...opened,
      { type: "answering", key, answer: seen },
      { type: "answering", key, answer: used },
      { type: "answered", whisper: whisper({ status: "seen", when: later }), answer: seen },
    );
    expect(state.answers.get(key)).toBe(used);
  });

  it("does not undo what the socket told meanwhile", () => {
    const state = play(
      ...opened,
      { type: "answering", key, answer: used },
      { type: "events", events: [whispered(11, { status: "withdrawn", when: "2026-11-22T09:00:32+08:00" })] },
      { type: "answered", whisper: whisper({ status: "used", when: later }), answer: used },
    );
    expect(told(state)?.status).toBe("withdrawn");
  });
});
