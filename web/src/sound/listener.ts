/** One listening to one live call: its socket, its audio graph, and what is to be shown of it. */
import { readFrame, readStart, type Start } from "./frames";
import { mix, type Mixer } from "./mixer";
import processor from "./player.worklet?worker&url";
import type { FromPlayer, ToPlayer } from "./player.worklet";
import { volumes } from "./volumes";

export type Ending = "left" | "ended" | "away" | "signed_out" | "forbidden" | "unknown_call" | "too_many_listeners" | "archive" | "lost" | "no_audio";

export type State =
  | { readonly is: "off"; readonly why: Ending | null }
  | { readonly is: "connecting" }
  | { readonly is: "waiting"; readonly channels: readonly string[] } // connected, and nothing to be heard yet, or for a moment
  | { readonly is: "blocked"; readonly channels: readonly string[] } // the browser wants another touch before it sounds
  // `behind`: seconds from the microphone's sample at the server to the ear, at most; `held`: those of them spent in the buffer
  | { readonly is: "on"; readonly channels: readonly string[]; readonly behind: number; readonly held: number };

export const AWAY = 15 * 60_000; // milliseconds a page may be out of sight and go on listening: a forgotten one must not
const RETRIES = [500, 1_000, 2_000, 4_000, 8_000]; // milliseconds
const FINAL: readonly string[] = ["ended", "signed_out", "forbidden", "unknown_call", "too_many_listeners", "archive"];
const FRAME = 0.1; // seconds: the first sample of a frame waited for the last

export const OFF: State = { is: "off", why: null };

export class Listener {
  private socket: WebSocket | null = null;
  private context: AudioContext | null = null;
  private node: AudioWorkletNode | null = null;
  private mixer: Mixer | null = null;
  private start: Start | null = null;
  private behind = 0;
  private held = 0;
  private playing = false;
  private over = false;
  private failed = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private away: ReturnType<typeof setTimeout> | undefined;
  private readonly forget: (() => void)[] = [];

  /** Begins at once; to be called where the user has just clicked, or browsers stay silent. */
  constructor(
    private readonly call: string,
    private readonly show: (state: State) => void,
  ) {
    this.forget.push(volumes.subscribe(() => this.mixer?.set(volumes.get())));
    const seen = (): void => {
      clearTimeout(this.away);
      if (document.visibilityState === "hidden") this.away = setTimeout(() => this.stop("away"), AWAY);
    };
    document.addEventListener("visibilitychange", seen);
    this.forget.push(() => document.removeEventListener("visibilitychange", seen));
    this.show({ is: "connecting" });
    this.open();
  }

  levels(): number[] {
    return this.mixer?.levels() ?? [];
  }

  /** After "blocked": the user has touched the page. */
  resume(): void {
    void this.context?.resume();
  }

  stop(why: Ending = "left"): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    clearTimeout(this.away);
    for (const forget of this.forget) forget();
    this.silence();
    this.socket?.close(1000);
    this.show({ is: "off", why });
  }

  private open(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/calls/${encodeURIComponent(this.call)}/listen`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.socket || this.over) return;
      if (typeof data === "string") void this.begin(socket, data);
      else this.hear(socket, data);
    };
    socket.onclose = ({ reason }) => {
      if (socket === this.socket && !this.over) this.closed(reason);
    };
  }

  private async begin(socket: WebSocket, text: string): Promise<void> {
    const start = readStart(text);
    if (start === null) return this.stop("lost");
    this.silence();
    this.start = start;
    this.show({ is: "waiting", channels: start.channels });
    let context: AudioContext | null = null;
    try {
      context = new AudioContext({ sampleRate: start.rate, latencyHint: "interactive" });
      this.context = context;
      context.onstatechange = () => this.tell();
      await context.audioWorklet.addModule(processor);
      if (this.over || this.context !== context || this.socket !== socket) return;
      const channels = start.channels.length;
      const node = new AudioWorkletNode(context, "callmonitor-player", { numberOfInputs: 0, outputChannelCount: [channels] });
      node.port.onmessage = ({ data }: MessageEvent<FromPlayer>) => this.told(data);
      this.mixer = mix(context, node, start.channels);
      this.mixer.set(volumes.get());
      this.node = node;
      if (context.state !== "running") await context.resume();
    } catch {
      if (this.context === context) this.stop("no_audio"); // else it was closed: the line was lost, and comes back
    }
  }

  private hear(socket: WebSocket, message: ArrayBuffer): void {
    const frame = this.start && readFrame(message, this.start.channels.length);
    if (frame === null) return this.stop("lost");
    socket.send(JSON.stringify({ got: frame.number }));
    if (this.node === null) return; // still being set up: what is said meanwhile would come too late
    this.failed = 0;
    const news: ToPlayer = { at: frame.at, sound: frame.sound, late: frame.late };
    this.node.port.postMessage(news, [frame.sound.buffer]);
  }

  private told({ held, late, playing, done }: FromPlayer): void {
    if (this.over) return;
    if (done) return this.stop("ended");
    this.playing = playing;
    const out = (this.context?.outputLatency || this.context?.baseLatency) ?? 0;
    if (playing) [this.held, this.behind] = [held, FRAME + late + held + out];
    this.tell();
  }

  private tell(): void {
    if (this.over || this.start === null || this.context === null) return;
    const { channels } = this.start;
    if (this.context.state !== "running") this.show({ is: "blocked", channels });
    else if (this.playing) this.show({ is: "on", channels, behind: this.behind, held: this.held });
    else this.show({ is: "waiting", channels });
  }

  private closed(reason: string): void {
    this.socket = null;
    if (reason === "ended" && this.playing && this.node !== null) {
      const last: ToPlayer = "end"; // the last words are still to be heard
      return this.node.port.postMessage(last);
    }
    if (FINAL.includes(reason)) return this.stop(reason as Ending);
    const wait = RETRIES[this.failed++];
    if (wait === undefined) return this.stop("lost");
    this.silence();
    this.show({ is: "connecting" });
    this.timer = setTimeout(() => this.open(), wait);
  }

  private silence(): void {
    this.playing = false;
    this.node?.disconnect();
    this.node = null;
    this.mixer = null;
    if (this.context !== null) {
      this.context.onstatechange = null;
      void this.context.close();
    }
    this.context = null;
  }
}
