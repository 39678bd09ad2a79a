/** Between frames that come unevenly and ears that hear evenly. Pure: the audio worklet runs it, tests feed it. */

const TARGET = 0.3; // seconds held back, so that a late frame is not missed
const MOST = 1.2; // seconds held back where frames are later than that again and again
const STEP = 0.1; // seconds more after each time nothing was left to play
const EASE = 0.05; // seconds less after each CALM seconds without
const CALM = 20;
const EXCESS = 0.6; // seconds above the target that are cut at once: who listens live is not to be late
const SPARE = 0.1; // seconds above the target, kept up for WINDOW seconds, that are cut piece by piece where it is quiet
const WINDOW = 2;
const PIECE = 0.02; // seconds
const QUIET = 0.01; // of full scale
const FADE = 0.005; // seconds over which a cut, a start and a stop are smoothed
const CAPACITY = 4; // seconds

export class JitterBuffer {
  /** Times the sound stopped because nothing was left. */
  underruns = 0;
  /** Seconds that were cut because they were too late. */
  cut = 0;
  /** Whether sound is coming out; while not, it is being held back until there is enough. */
  playing = false;

  private readonly ring: readonly Float32Array[];
  private readonly size: number;
  private readonly fade: number;
  private read = 0; // samples played or cut so far
  private written = 0;
  private next: number | null = null; // the call's sample expected next
  private target = TARGET;
  private calm = 0; // samples since the sound stopped last, or since the target was eased
  private least = Infinity; // samples held, at least, in this window
  private window = 0; // samples of it
  private spare = 0; // samples to cut where it is quiet
  private over = false;
  private readonly last: number[]; // sample heard, of each channel
  private falling = 0; // samples until the last one heard has fallen to silence

  /** `rate` in Hertz. */
  constructor(
    private readonly rate: number,
    channels: number,
  ) {
    this.size = CAPACITY * rate;
    this.fade = Math.max(1, Math.round(FADE * rate));
    this.last = new Array<number>(channels).fill(0);
    this.ring = Array.from({ length: channels }, () => new Float32Array(this.size));
  }

  /** Seconds of sound that wait to be heard. */
  get held(): number {
    return (this.written - this.read) / this.rate;
  }

  /** Whether the end was said and all has been played. */
  get done(): boolean {
    return this.over && this.written === this.read;
  }

  /** The samples of all channels, interleaved, from call time `at` on. A hole before them is jumped over. */
  push(at: number, sound: Int16Array): void {
    const channels = this.ring.length;
    const count = Math.min(Math.floor(sound.length / channels), this.size);
    const torn = this.next !== null && this.next !== Math.round(at * this.rate);
    this.next = Math.round(at * this.rate) + count;
    const full = this.written - this.read + count - this.size;
    if (full > 0) this.skip(full);
    if (torn) this.ramp(this.written - Math.min(this.fade, this.written - this.read), this.written, 1, 0);
    for (let index = 0; index < count; index++) {
      const place = (this.written + index) % this.size;
      this.ring.forEach((samples, channel) => (samples[place] = sound[index * channels + channel]! / 32768));
    }
    if (torn) this.ramp(this.written, this.written + Math.min(this.fade, count), 0, 1);
    this.written += count;
    if (this.held > this.target + EXCESS) this.skip(Math.round((this.held - this.target) * this.rate));
  }

  /** Nothing more comes: what is held is played to its end. */
  end(): void {
    this.over = true;
  }

  /** Fills one block, an array a channel, all of one length. */
  pull(block: readonly Float32Array[]): void {
    const length = block[0]?.length ?? 0;
    if (!this.playing && this.held >= (this.over ? 1 / this.rate : this.target)) this.start();
    if (!this.playing) return this.fall(block, 0);
    this.thin();
    const count = Math.min(length, this.written - this.read);
    block.forEach((samples, channel) => {
      const ring = this.ring[channel]!;
      for (let index = 0; index < count; index++) samples[index] = ring[(this.read + index) % this.size]!;
      this.last[channel] = ring[(this.read + count - 1 + this.size) % this.size]!;
    });
    this.read += count;
    if (count === length) return this.rest(length);
    this.falling = this.fade;
    this.fall(block, count);
    this.stop();
  }

  /** The rest of a block, from `index` on, where there is nothing to play: what was last heard falls to silence. */
  private fall(block: readonly Float32Array[], from: number): void {
    block.forEach((samples, channel) => {
      for (let index = from; index < samples.length; index++)
        samples[index] = (this.last[channel]! * Math.max(0, this.falling - 1 - (index - from))) / this.fade;
    });
    this.falling = Math.max(0, this.falling - (block[0]?.length ?? 0) + from);
  }

  private start(): void {
    this.playing = true;
    this.calm = 0;
    this.measure();
    this.ramp(this.read, this.read + Math.min(this.fade, this.written - this.read), 0, 1);
  }

  private stop(): void {
    this.playing = false;
    if (this.over) return;
    this.underruns += 1;
    this.target = Math.min(MOST, this.target + STEP);
  }

  /** After a block that was played in full. */
  private rest(length: number): void {
    this.calm += length;
    if (this.calm >= CALM * this.rate) {
      this.calm = 0;
      this.target = Math.max(TARGET, this.target - EASE);
    }
    this.least = Math.min(this.least, this.written - this.read);
    this.window += length;
    if (this.window < WINDOW * this.rate) return;
    const spare = this.least - this.target * this.rate;
    this.spare = spare > SPARE * this.rate ? Math.round(spare) : 0;
    this.measure();
  }

  private measure(): void {
    this.least = Infinity;
    this.window = 0;
  }

  /** Cut a piece of what was held for too long, if nobody is speaking: the other end's clock is a little fast. */
  private thin(): void {
    const piece = Math.round(PIECE * this.rate);
    if (this.spare < piece || this.written - this.read < 2 * piece || !this.quiet(piece + this.fade)) return;
    this.spare -= piece;
    this.skip(piece);
  }

  private quiet(count: number): boolean {
    return this.ring.every((samples) => {
      for (let index = 0; index < count; index++) if (Math.abs(samples[(this.read + index) % this.size]!) > QUIET) return false;
      return true;
    });
  }

  /** Let go of the oldest samples; while playing, what would have come next runs over into what comes now. */
  private skip(count: number): void {
    const fade = this.playing ? Math.max(0, Math.min(this.fade, this.written - this.read - count)) : 0;
    for (const samples of this.ring) {
      for (let index = 0; index < fade; index++) {
        const [old, place] = [(this.read + index) % this.size, (this.read + count + index) % this.size];
        const share = (index + 1) / (fade + 1);
        samples[place] = samples[old]! * (1 - share) + samples[place]! * share;
      }
    }
    this.read += count;
    this.cut += count / this.rate;
    this.measure();
  }

  private ramp(from: number, to: number, low: number, high: number): void {
    for (const samples of this.ring) {
      for (let index = from; index < to; index++) samples[index % this.size]! *= low + ((high - low) * (index - from + 1)) / (to - from + 1);
    }
  }
}
