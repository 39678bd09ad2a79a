import { describe, expect, it } from "vitest";
import { JitterBuffer } from "../src/sound/jitter";

const RATE = 8000;
const FRAME = RATE / 10; // samples a channel
const BLOCK = 128; // as an audio worklet asks for
const HELD = 0.3; // seconds held back at first

/** A quiet ramp that tells each sample from the next: the agent's side its number, the customer's its negative. */
function sound(first: number, count: number, value = (number: number): number => number % 8000): Int16Array {
  const samples = new Int16Array(2 * count);
  for (let index = 0; index < count; index++) {
    samples[2 * index] = value(first + index);
    samples[2 * index + 1] = -value(first + index);
  }
  return samples;
}

function push(buffer: JitterBuffer, frame: number, value?: (number: number) => number): void {
  buffer.push(frame / 10, sound(frame * FRAME, FRAME, value));
}

/** The next `count` samples of both sides, as 16-bit numbers. */
function heard(buffer: JitterBuffer, count: number): [number[], number[]] {
  const all: [number[], number[]] = [[], []];
  for (let left = count; left > 0; left -= BLOCK) {
    const block = [new Float32Array(Math.min(BLOCK, left)), new Float32Array(Math.min(BLOCK, left))];
    buffer.pull(block);
    block.forEach((samples, side) => all[side]!.push(...Array.from(samples, (sample) => Math.round(32768 * sample))));
  }
  return all;
}

const filled = (frames: number, value?: (number: number) => number): JitterBuffer => {
  const buffer = new JitterBuffer(RATE, 2);
  for (let frame = 0; frame < frames; frame++) push(buffer, frame, value);
  return buffer;
};

const steady = (): number => 12_000;
const largestStep = (samples: readonly number[]): number => Math.max(...samples.slice(1).map((sample, index) => Math.abs(sample - samples[index]!)));

describe("the jitter buffer", () => {
  it("says nothing until enough is held, then every sample in order on its side", () => {
    const buffer = new JitterBuffer(RATE, 2);
    push(buffer, 0);
    push(buffer, 1);
    expect(heard(buffer, 256)[0]).toEqual(new Array(256).fill(0));
    expect(buffer.playing).toBe(false);
    push(buffer, 2);
    const [agent, customer] = heard(buffer, 2400);
    expect(buffer.playing).toBe(true);
    expect(agent.slice(40)).toEqual(Array.from({ length: 2360 }, (_, index) => index + 40)); // after the first 5 ms faded in
    expect(customer.slice(40).map((sample) => 0 - sample)).toEqual(agent.slice(40));
  });

  it("plays on without a seam while frames come late and unevenly, but within what is held", () => {
    const buffer = new JitterBuffer(RATE, 2);
    const samples: number[] = [];
    const late = [0, 0.05, 0.2, 0, 0.25, 0.1, 0, 0, 0.29, 0.2]; // seconds, of one frame after the other
    const due = Array.from({ length: 100 }, (_, frame) => frame / 10 + late[frame % 10]!);
    let frame = 0;
    for (let now = 0; now < 9.8; now += BLOCK / RATE) {
      while (frame < 100 && due.slice(0, frame + 1).every((moment) => moment <= now)) push(buffer, frame++, (number) => number % 30_000);
      samples.push(...heard(buffer, BLOCK)[0]);
    }
    expect(buffer.underruns).toBe(0);
    const from = samples.indexOf(100);
    expect(samples.slice(from, from + 29_000)).toEqual(Array.from({ length: 29_000 }, (_, index) => 100 + index));
  });

  it("stops softly when nothing is left, and then holds more back", () => {
    const buffer = filled(3, steady);
    const [agent] = heard(buffer, 3200);
    expect(buffer.underruns).toBe(1);
    expect(agent.slice(2600)).toEqual(new Array(600).fill(0));
    expect(largestStep(agent)).toBeLessThanOrEqual(12_000 / 40 + 1);
    for (let frame = 3; frame < 6; frame++) push(buffer, frame, steady);
    expect(heard(buffer, BLOCK)[0]).toEqual(new Array(BLOCK).fill(0)); // 0.3 s is not enough any more
    push(buffer, 6, steady);
    expect(heard(buffer, BLOCK)[0].at(-1)).toBe(12_000);
  });

  it("holds less back again after a long calm", () => {
    const buffer = filled(3);
    heard(buffer, 2500); // stops once: 0.4 s from now on
    let frame = 3;
    while (frame < 7) push(buffer, frame++);
    while (frame < 450) {
      heard(buffer, FRAME);
      push(buffer, frame++);
    }
    expect(buffer.underruns).toBe(1);
    heard(buffer, RATE); // stops again, but after two easings of 0.05: 0.4 s once more, not 0.5
    expect(buffer.underruns).toBe(2);
    for (let index = 0; index < 4; index++) push(buffer, frame++);
    heard(buffer, BLOCK);
    expect(buffer.playing).toBe(true);
  });

  it("is never late by more than it may: what came too long ago is cut, and the newest kept", () => {
    const buffer = filled(3, steady);
    heard(buffer, BLOCK);
    for (let frame = 3; frame < 20; frame++) push(buffer, frame, steady);
    expect(buffer.held).toBeLessThanOrEqual(HELD + 0.6 + 1e-9);
    expect(buffer.cut).toBeGreaterThan(0.5);
    const [agent] = heard(buffer, 4000);
    expect(largestStep(agent.slice(100))).toBeLessThanOrEqual(300);
  });

  it("takes minutes at once without growing", () => {
    const buffer = new JitterBuffer(RATE, 2);
    buffer.push(0, sound(0, 60 * RATE));
    expect(buffer.held).toBeCloseTo(HELD, 3);
    buffer.push(60, sound(60 * RATE, 5 * RATE));
    expect(buffer.held).toBeLessThanOrEqual(HELD + 0.6);
  });

  it("jumps over frames the server dropped, without a click", () => {
    const buffer = filled(3, steady);
    heard(buffer, BLOCK);
    push(buffer, 5, (): number => -12_000);
    push(buffer, 6, (): number => -12_000);
    const [agent] = heard(buffer, 3000);
    expect(agent.at(-1)).toBe(-12_000);
    expect(largestStep(agent)).toBeLessThanOrEqual(2 * (12_000 / 40));
    expect(buffer.underruns).toBe(0);
  });

  it("wears off what a fast clock piles up, where nobody speaks", () => {
    const buffer = filled(6, () => 0); // 0.3 s more than needed, kept up
    for (let frame = 6; frame < 66; frame++) {
      heard(buffer, FRAME);
      push(buffer, frame, () => 0);
    }
    expect(buffer.held).toBeLessThan(HELD + 0.15);
    expect(buffer.underruns).toBe(0);
  });

  it("does not cut into speech to wear off a little", () => {
    const buffer = filled(6, steady);
    for (let frame = 6; frame < 66; frame++) {
      heard(buffer, FRAME);
      push(buffer, frame, steady);
    }
    expect(buffer.cut).toBe(0);
  });

  it("plays the last words to their end", () => {
    const buffer = filled(1, steady);
    heard(buffer, BLOCK);
    expect(buffer.done).toBe(false);
    buffer.end();
    expect(heard(buffer, 1000)[0].slice(50, 700)).toEqual(new Array(650).fill(12_000));
    expect(buffer.done).toBe(true);
    expect(buffer.underruns).toBe(0);
  });

  it("has one side where the call has one", () => {
    const buffer = new JitterBuffer(RATE, 1);
    buffer.push(0, Int16Array.from({ length: 2400 }, (_, index) => index));
    const block = [new Float32Array(BLOCK)];
    buffer.pull(block);
    expect(Math.round(32768 * block[0]![100]!)).toBe(100);
  });
});
