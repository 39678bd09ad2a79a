import { api, ApiError, OLDER } from "../api/http";
import type { Alert, Choice, LiveEvent, Whisper, WhisperMark } from "../api/types";
import { alertKey, type Answer, type Mark } from "../state/state";
import type { Store } from "../state/store";
import { LiveProtocol, type Action } from "./protocol";

const FRAME_AT_LATEST = 250; // milliseconds; a hidden page gets no animation frames

/** Carries out what LiveProtocol decides, and brings the server's words into the store, at most once a frame. */
export class Client {
  private readonly protocol = new LiveProtocol();
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private queue: LiveEvent[] = [];
  private frame: { readonly request: number; readonly timeout: ReturnType<typeof setTimeout> } | null = null;

  /** `name`: who the page is for; `signedOut` is called once that person is not in any more. */
  constructor(
    private readonly store: Store,
    private readonly name: string,
    private readonly signedOut: () => void,
  ) {}

  /** Returns how to end it. */
  start(): () => void {
    const wake = (): void => this.act(this.protocol.wake());
    const seen = (): void => {
      if (document.visibilityState === "visible" && this.store.get().connection !== "live") wake();
    };
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", seen);
    this.act(this.protocol.start());
    return () => {
      window.removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", seen);
      this.stop();
    };
  }

  /** Keeps a call's words fresh until the returned function is called. */
  watch(call: string): () => void {
    void this.read(call);
    return () => this.store.dispatch({ type: "detail_dropped", call });
  }

  async read(call: string): Promise<void> {
    this.store.dispatch({ type: "detail_wanted", call });
    try {
      const detail = await api.call(call);
      this.flush(); // what came before the answer is held first, then laid over it
      this.store.dispatch({ type: "detail_loaded", detail });
    } catch (error) {
      if (!this.expired(error)) this.store.dispatch({ type: "detail_failed", call });
    }
  }

  async older(before: string): Promise<void> {
    const calls = await api.older(before);
    this.store.dispatch({ type: "older", calls, end: calls.length < OLDER });
  }

  /** Shown at once, taken back when the server could not store it; then it throws. */
  async mark(seen: Alert, choice: Choice, by: string): Promise<void> {
    const key = alertKey(seen);
    const mark: Mark = choice.status === undefined ? choice : { ...choice, by };
    const before = this.store.get().alerts.get(key);
    this.store.dispatch({ type: "marking", key, mark });
    try {
      this.store.dispatch({ type: "marked", alert: await api.mark(seen, choice, by), mark, before });
    } catch (error) {
      this.store.dispatch({ type: "mark_failed", key, mark });
      if (!this.expired(error)) throw error;
    }
  }

  /** Mark a live call as taken over, or no longer. Throws when the server did not keep it; the page shows what the socket says. */
  async takeOver(call: string, on: boolean, by: string): Promise<void> {
    try {
      await api.takeOver(call, on, by);
    } catch (error) {
      if (!this.expired(error)) throw error;
    }
  }

  /** What the agent does with a whisper, as `mark`. */
  async answer(whisper: Whisper, status: WhisperMark): Promise<void> {
    const key = alertKey(whisper);
    const answer: Answer = { status };
    this.store.dispatch({ type: "answering", key, answer });
    try {
      this.store.dispatch({ type: "answered", whisper: await api.answer(whisper.call, whisper.id, status), answer });
    } catch (error) {
      this.store.dispatch({ type: "answer_failed", key, answer });
      if (!this.expired(error)) throw error;
    }
  }

  /** A supervisor's line to the agent of a call. Throws when the server did not take it. */
  async whisper(call: string, text: string): Promise<void> {
    try {
      this.store.dispatch({ type: "whispered", whisper: await api.whisper(call, text) });
    } catch (error) {
      if (!this.expired(error)) throw error;
    }
  }

  private stop(): void {
    this.act(this.protocol.stop());
    clearTimeout(this.timer);
    this.flush();
  }

  private act(actions: readonly Action[]): void {
    for (const action of actions) this.carryOut(action);
  }

  private carryOut(action: Action): void {
    switch (action.do) {
      case "load":
        return void this.load();
      case "check":
        return void this.check();
      case "open":
        return this.open();
      case "send":
        return this.socket?.send(action.text);
      case "close":
        return this.close();
      case "timer":
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.act(this.protocol.elapsed()), action.after);
        return;
      case "apply":
        this.queue.push(action.event);
        return this.schedule();
      case "show":
        return this.store.dispatch({ type: "connection", connection: action.connection });
    }
  }

  private async load(): Promise<void> {
    try {
      const snapshot = await api.state();
      this.flush();
      this.store.dispatch({ type: "loaded", snapshot });
      for (const call of this.store.get().details.keys()) void this.read(call);
      this.act(this.protocol.loaded(snapshot.epoch, snapshot.seq));
    } catch (error) {
      if (!this.expired(error)) this.act(this.protocol.loadFailed());
    }
  }

  private async check(): Promise<void> {
    const same = await this.same();
    if (same === undefined) this.act(this.protocol.checkFailed());
    else if (same) this.act(this.protocol.checked());
  }

  /**
   * Whether the page's own user is still in; signed out where not, also where somebody else has signed in with this browser: a
   * new socket would be theirs. Undefined where the server cannot be reached.
   */
  private async same(): Promise<boolean | undefined> {
    try {
      const { who } = await api.session();
      if (who?.name === this.name) return true;
      this.signedOut();
      return false;
    } catch {
      return undefined;
    }
  }

  private open(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/live`);
    this.socket = socket;
    const mine = (then: () => readonly Action[]) => (): void => {
      if (this.socket === socket) this.act(then());
    };
    socket.onopen = mine(() => {
      void this.same(); // a server that cannot be reached ends the socket, and the next one asks again
      return this.protocol.opened();
    });
    socket.onclose = mine(() => this.protocol.closed());
    socket.onmessage = (event) => {
      if (this.socket === socket) this.act(this.protocol.received(String(event.data)));
    };
  }

  private close(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private schedule(): void {
    if (this.frame !== null) return;
    const flush = (): void => this.flush();
    this.frame = { request: requestAnimationFrame(flush), timeout: setTimeout(flush, FRAME_AT_LATEST) };
  }

  private flush(): void {
    if (this.frame !== null) {
      cancelAnimationFrame(this.frame.request);
      clearTimeout(this.frame.timeout);
      this.frame = null;
    }
    if (this.queue.length === 0) return;
    const events = this.queue;
    this.queue = [];
    this.store.dispatch({ type: "events", events });
  }

  private expired(error: unknown): boolean {
    const expired = error instanceof ApiError && error.status === 401;
    if (expired) this.signedOut();
    return expired;
  }
}
