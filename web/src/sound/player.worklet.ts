/** The audio thread's part of listening in. Built into a file of its own, as the content security policy asks. */
import { JitterBuffer } from "./jitter";

declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new (options: AudioWorkletNodeOptions) => AudioWorkletProcessor): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

export type ToPlayer = { readonly at: number; readonly sound: Int16Array<ArrayBuffer>; readonly late: number } | "end";

/** After each frame, and whenever the sound starts or stops. */
export interface FromPlayer {
  readonly held: number; // seconds
  readonly late: number; // of the newest frame, as it came
  readonly playing: boolean;
  readonly done: boolean;
}

class Player extends AudioWorkletProcessor {
  private readonly buffer: JitterBuffer;
  private playing = false;
  private late = 0;

  constructor(options: AudioWorkletNodeOptions) {
    super();
    this.buffer = new JitterBuffer(sampleRate, options.outputChannelCount?.[0] ?? 1);
    this.port.onmessage = ({ data }: MessageEvent<ToPlayer>) => {
      if (data === "end") return this.buffer.end();
      this.late = data.late;
      this.buffer.push(data.at, data.sound);
      this.tell();
    };
  }

  process(_inputs: unknown, [block]: Float32Array[][]): boolean {
    this.buffer.pull(block!);
    if (this.buffer.playing !== this.playing || this.buffer.done) this.tell();
    return !this.buffer.done;
  }

  private tell(): void {
    this.playing = this.buffer.playing;
    const news: FromPlayer = { held: this.buffer.held, late: this.late, playing: this.playing, done: this.buffer.done };
    this.port.postMessage(news);
  }
}

registerProcessor("callmonitor-player", Player);
