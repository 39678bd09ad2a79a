/** The recording of one call that is over. The server writes each play into its audit log, so a play is begun with it first. */
import { api, ApiError } from "../api/http";
import { mix, type Mixer } from "./mixer";
import { volumes } from "./volumes";

export interface Playing {
  readonly is: "ready" | "loading" | "playing" | "paused" | "failed";
  readonly at: number; // seconds
  readonly length: number;
  readonly speed: number;
  readonly begun: boolean; // something of it has been heard, so that a click in the words is meant for it
  readonly why: string | null; // failed: the server's code
}

const AGAIN = 10_000; // milliseconds within which a second failure is final

export class Recording {
  private state: Playing;
  private readonly listeners = new Set<() => void>();
  private audio: HTMLAudioElement | null = null;
  private context: AudioContext | null = null;
  private mixer: Mixer | null = null;
  private failed = -Infinity; // when it failed last
  private readonly forget: () => void;

  constructor(
    private readonly call: string,
    private readonly channels: readonly string[],
    length: number,
  ) {
    this.state = { is: "ready", at: 0, length, speed: 1, begun: false, why: null };
    this.forget = volumes.subscribe(() => this.mixer?.set(volumes.get()));
  }

  readonly get = (): Playing => this.state;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  levels(): number[] {
    return this.state.is === "playing" ? (this.mixer?.levels() ?? []) : [];
  }

  toggle(): void {
    if (this.state.is === "playing" || this.state.is === "loading") this.audio?.pause();
    else void this.play();
  }

  /** From where it stands, or from `at`. */
  async play(at?: number): Promise<void> {
    const from = at ?? (this.state.at >= this.state.length - 0.05 ? 0 : this.state.at);
    this.set({ at: from });
    if (this.audio === null) return this.begin();
    this.audio.currentTime = from;
    await this.context?.resume();
    await this.audio.play().catch(() => undefined);
  }

  seek(at: number): void {
    const place = Math.min(Math.max(0, at), this.state.length);
    this.set({ at: place });
    if (this.audio !== null) this.audio.currentTime = place;
  }

  faster(speed: number): void {
    this.set({ speed });
    if (this.audio !== null) this.audio.playbackRate = speed;
  }

  close(): void {
    this.forget();
    this.drop();
    void this.context?.close();
    this.context = null;
  }

  /** A play of its own, written down by the server, then its sound. */
  private async begin(): Promise<void> {
    this.set({ is: "loading", why: null });
    this.context ??= new AudioContext();
    const context = this.context;
    try {
      const play = await api.play(this.call);
      if (this.context !== context) return;
      await context.resume();
      this.load(context, `/api/calls/${encodeURIComponent(this.call)}/audio?play=${encodeURIComponent(play)}`);
    } catch (error) {
      this.fail(error instanceof ApiError ? error.code : "no_audio");
    }
  }

  private load(context: AudioContext, address: string): void {
    this.drop();
    const audio = new Audio();
    this.audio = audio;
    this.mixer = mix(context, context.createMediaElementSource(audio), this.channels);
    this.mixer.set(volumes.get());
    const mine = (then: () => void) => (): void => {
      if (this.audio === audio) then();
    };
    audio.onloadedmetadata = mine(() => {
      if (Number.isFinite(audio.duration)) this.set({ length: audio.duration });
      audio.currentTime = this.state.at;
      audio.playbackRate = this.state.speed;
    });
    audio.onplaying = mine(() => this.set({ is: "playing", begun: true }));
    audio.onwaiting = mine(() => this.set({ is: "loading" }));
    audio.onpause = mine(() => this.set({ is: "paused", at: audio.currentTime }));
    audio.ontimeupdate = mine(() => this.set({ at: audio.currentTime }));
    audio.onended = mine(() => {
      this.set({ is: "paused", at: this.state.length });
      this.drop(); // to hear it again is another play
    });
    audio.onerror = mine(() => this.broken());
    audio.src = address;
    audio.play().catch(() => undefined);
  }

  /** A play lasts an hour on the server: where it ran out, another is begun. */
  private broken(): void {
    this.drop();
    const again = performance.now() - this.failed > AGAIN;
    this.failed = performance.now();
    if (again) void this.begin();
    else this.fail("no_audio");
  }

  private fail(why: string): void {
    this.drop();
    this.set({ is: "failed", why });
  }

  private drop(): void {
    const { audio } = this;
    this.audio = null;
    this.mixer = null;
    audio?.pause();
    audio?.removeAttribute("src");
    audio?.load();
  }

  private set(change: Partial<Playing>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
