/** Alert sounds, made here: the graver, the higher and the more often. */
import type { Severity } from "../api/types";
import { gravity } from "./arrivals";

interface Tone {
  readonly at: number; // seconds
  readonly pitch: number; // Hertz
  readonly length: number; // seconds
  readonly gain: number;
}

const SOUNDS: Record<Severity, readonly Tone[]> = {
  notice: [{ at: 0, pitch: 587, length: 0.22, gain: 0.1 }],
  warning: [
    { at: 0, pitch: 587, length: 0.18, gain: 0.16 },
    { at: 0.2, pitch: 784, length: 0.26, gain: 0.16 },
  ],
  critical: [0, 0.5].flatMap((start) =>
    [880, 1175, 880].map((pitch, index) => ({ at: start + index * 0.13, pitch, length: 0.12, gain: 0.24 })),
  ),
};

/** For the agent, who is talking: soft and low; two tones for a supervisor's words. */
const CHIMES: Record<"playbook" | "supervisor", readonly Tone[]> = {
  playbook: [{ at: 0, pitch: 523, length: 0.5, gain: 0.06 }],
  supervisor: [
    { at: 0, pitch: 523, length: 0.4, gain: 0.08 },
    { at: 0.22, pitch: 659, length: 0.55, gain: 0.08 },
  ],
};

let context: AudioContext | null = null;
let busy = { until: 0, gravity: 0 }; // until: of the context's clock
const listeners = new Set<() => void>();

/** Browsers stay silent until the user has touched the page; so this is called from every first touch. */
export function unlock(): void {
  if (context === null) {
    if (typeof AudioContext === "undefined") return;
    context = new AudioContext();
    context.onstatechange = () => listeners.forEach((listener) => listener());
  }
  if (context.state === "suspended") void context.resume();
}

export const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const unlocked = (): boolean => context?.state === "running";

/** Plays now, unless one as grave is still playing: a burst of alerts is one sound. */
export function play(severity: Severity): void {
  if (context === null || context.state !== "running") return;
  if (context.currentTime < busy.until && gravity(severity) <= busy.gravity) return;
  const start = context.currentTime + 0.02;
  for (const tone of SOUNDS[severity]) sound(context, start, tone);
  const length = Math.max(...SOUNDS[severity].map((tone) => tone.at + tone.length));
  busy = { until: start + length + 0.3, gravity: gravity(severity) };
}

/** A whisper has come. */
export function chime(origin: "playbook" | "supervisor"): void {
  if (context === null || context.state !== "running") return;
  const start = context.currentTime + 0.02;
  for (const tone of CHIMES[origin]) sound(context, start, tone);
}

function sound(audio: AudioContext, start: number, { at, pitch, length, gain }: Tone): void {
  const oscillator = audio.createOscillator();
  const envelope = audio.createGain();
  oscillator.type = "triangle";
  oscillator.frequency.value = pitch;
  envelope.gain.setValueAtTime(0, start + at);
  envelope.gain.linearRampToValueAtTime(gain, start + at + 0.012);
  envelope.gain.exponentialRampToValueAtTime(0.0005, start + at + length);
  oscillator.connect(envelope).connect(audio.destination);
  oscillator.start(start + at);
  oscillator.stop(start + at + length + 0.02);
}
