import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AWAY, Listener, type State } from "../src/sound/listener";

/** The browser, as far as a listener without sound needs it. */
class Socket {
  static opened: Socket[] = [];
  onclose: ((event: { reason: string }) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  closed: number | null = null;

  constructor(readonly url: string) {
    Socket.opened.push(this);
  }

  close(code: number): void {
    this.closed = code;
  }

  send(): void {}
}

const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
const see = (state: "visible" | "hidden"): void => {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
};

let shown: State[] = [];
const listen = (): Listener => new Listener("c:1", (state) => shown.push(state));
const last = (): State | undefined => shown.at(-1);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("document", page);
  vi.stubGlobal("location", { protocol: "https:", host: "monitor.example" });
  [Socket.opened, shown] = [[], []];
  see("visible");
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("listening in", () => {
  it("asks for the call's sound, and hangs up when told", () => {
    const listener = listen();
    expect(Socket.opened.map(({ url }) => url)).toEqual(["wss://monitor.example/api/calls/c%3A1/listen"]);
    expect(last()).toEqual({ is: "connecting" });
    listener.stop();
    expect(Socket.opened[0]!.closed).toBe(1000);
    expect(last()).toEqual({ is: "off", why: "left" });
  });

  it("is ended where the page is forgotten, and not where one only looked away", () => {
    listen();
    see("hidden");
    vi.advanceTimersByTime(AWAY - 1);
    see("visible");
    vi.advanceTimersByTime(AWAY);
    expect(last()).toEqual({ is: "connecting" });
    see("hidden");
    vi.advanceTimersByTime(AWAY);
    expect(last()).toEqual({ is: "off", why: "away" });
    expect(Socket.opened[0]!.closed).toBe(1000);
  });

  it("comes back on a lost line, later each time, and then gives up", () => {
    listen();
    for (const wait of [500, 1_000, 2_000, 4_000, 8_000]) {
      const before = Socket.opened.length;
      Socket.opened.at(-1)!.onclose!({ reason: "" });
      vi.advanceTimersByTime(wait - 1);
      expect(Socket.opened).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(Socket.opened).toHaveLength(before + 1);
    }
    Socket.opened.at(-1)!.onclose!({ reason: "" });
    expect(last()).toEqual({ is: "off", why: "lost" });
  });

  it.each(["ended", "signed_out", "forbidden", "unknown_call", "too_many_listeners", "archive"] as const)("does not come back after %s", (reason) => {
    listen();
    Socket.opened[0]!.onclose!({ reason });
    vi.advanceTimersByTime(60_000);
    expect(Socket.opened).toHaveLength(1);
    expect(last()).toEqual({ is: "off", why: reason });
  });

  it("ends where the server says what it should not", () => {
    listen();
    Socket.opened[0]!.onmessage!({ data: "{}" });
    expect(last()).toEqual({ is: "off", why: "lost" });
  });
});
