import { describe, expect, it } from "vitest";
import { readFrame, readStart } from "../src/sound/frames";
import { parse } from "../src/sound/volumes";

/** As the server packs it: call time, number, seconds waited, seconds there and back, samples. */
function message(at: number, number: number, age: number, trip: number, samples: readonly number[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(20 + 2 * samples.length));
  view.setFloat64(0, at, true);
  view.setUint32(8, number, true);
  view.setFloat32(12, age, true);
  view.setFloat32(16, trip, true);
  samples.forEach((sample, index) => view.setInt16(20 + 2 * index, sample, true));
  return view.buffer;
}

describe("what the listening socket sends", () => {
  it("begins with what the sound is like", () => {
    expect(readStart('{"rate": 8000, "channels": ["agent", "customer"]}')).toEqual({ rate: 8000, channels: ["agent", "customer"] });
    for (const wrong of ["", "{}", "null", '{"rate": "8000", "channels": ["agent"]}', '{"rate": 1, "channels": ["agent"]}', '{"rate": 8000, "channels": []}'])
      expect(readStart(wrong), wrong).toBeNull();
  });

  it("goes on with samples, their place in the call and how late they are", () => {
    const frame = readFrame(message(12.5, 7, 0.25, 0.5, [1, -1, 32767, -32768]), 2);
    expect(frame).toMatchObject({ at: 12.5, number: 7, late: 0.75 });
    expect([...frame!.sound]).toEqual([1, -1, 32767, -32768]);
  });

  it("is nothing else", () => {
    expect(readFrame(new ArrayBuffer(0), 1)).toBeNull();
    expect(readFrame(message(0, 1, 0, 0, []), 1)).toBeNull();
    expect(readFrame(message(0, 1, 0, 0, [1]), 2)).toBeNull();
    expect(readFrame(message(NaN, 1, 0, 0, [1]), 1)).toBeNull();
    expect(readFrame(message(-1, 1, 0, 0, [1]), 1)).toBeNull();
  });
});

describe("the volumes a browser remembers", () => {
  it("are taken only where they are volumes", () => {
    expect(parse('{"agent": 0.5, "customer": 2, "unknown": 9, "x": "1", "y": -1}')).toEqual({ agent: 0.5, customer: 2 });
    for (const wrong of [null, "", "[", "null", "7"]) expect(parse(wrong)).toEqual({});
  });
});
