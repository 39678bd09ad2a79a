/**
 * The live socket's conduct, without the socket: messages, closings and timers go in, actions come out.
 *
 * The shell (client.ts) carries the actions out in order and reports back. At any moment there is at most one socket,
 * one request under way and one timer; setting a timer replaces the one before.
 */
import type { LiveEvent } from "../api/types";

export type Connection = "connecting" | "live" | "reconnecting";

export type Action =
  | { readonly do: "load" } // GET /api/state, then loaded() or loadFailed()
  | { readonly do: "check" } // is the session still good? then checked() or checkFailed()
  | { readonly do: "open" } // a socket; then opened(), received() and closed()
  | { readonly do: "send"; readonly text: string }
  | { readonly do: "close" } // the socket, without a closed() for it
  | { readonly do: "timer"; readonly after: number } // milliseconds, then elapsed()
  | { readonly do: "apply"; readonly event: LiveEvent }
  | { readonly do: "show"; readonly connection: Connection };

type Phase = "idle" | "loading" | "waiting" | "checking" | "opening" | "live";

const BACKOFF_FIRST = 500; // milliseconds
const BACKOFF_LAST = 15_000;
const OPEN_WITHIN = 10_000;
/** Nothing heard for so long: the line may be dead without a word (a sleeping laptop, a pulled cable). Ask again over a new one. */
const QUIET = 30_000;

export class LiveProtocol {
  private phase: Phase = "idle";
  private epoch: string | null = null;
  private seq = 0;
  private failures = 0;
  private next: "load" | "check" = "load";
  private shown: Connection = "connecting";

  constructor(private readonly random: () => number = Math.random) {}

  start(): Action[] {
    this.failures = 0;
    return this.load();
  }

  stop(): Action[] {
    this.phase = "idle";
    return [{ do: "close" }];
  }

  loaded(epoch: string, seq: number): Action[] {
    if (this.phase !== "loading") return [];
    this.epoch = epoch;
    this.seq = seq;
    return this.open();
  }

  loadFailed(): Action[] {
    return this.phase === "loading" ? this.wait("load") : [];
  }

  checked(): Action[] {
    return this.phase === "checking" ? this.open() : [];
  }

  checkFailed(): Action[] {
    return this.phase === "checking" ? this.wait("check") : [];
  }

  opened(): Action[] {
    if (this.phase !== "opening") return [];
    this.phase = "live";
    const hello = JSON.stringify({ epoch: this.epoch, seq: this.seq });
    return [{ do: "send", text: hello }, ...this.show("live"), { do: "timer", after: QUIET }];
  }

  received(text: string): Action[] {
    if (this.phase !== "live") return [];
    const message = parse(text);
    // What cannot be read may have been anything: only the whole state is sure to be right.
    if (message === undefined || message.type === "reset") return this.reset();
    this.failures = 0;
    const alive: Action = { do: "timer", after: QUIET };
    if (typeof message.seq !== "number" || message.seq <= this.seq) return [alive];
    this.seq = message.seq;
    return [{ do: "apply", event: message as LiveEvent }, alive];
  }

  closed(): Action[] {
    return this.phase === "live" || this.phase === "opening" ? this.wait("check") : [];
  }

  elapsed(): Action[] {
    switch (this.phase) {
      case "waiting":
        return this.next === "load" ? this.load() : this.check();
      case "opening":
        return [{ do: "close" }, ...this.wait("check")];
      case "live":
        return [{ do: "close" }, ...this.open()];
      default:
        return [];
    }
  }

  /** The computer woke up or the network came back: do not wait out the timer. */
  wake(): Action[] {
    switch (this.phase) {
      case "waiting":
        this.failures = 0;
        return this.elapsed();
      case "live":
        return this.elapsed();
      default:
        return [];
    }
  }

  private load(): Action[] {
    this.phase = "loading";
    return [{ do: "load" }];
  }

  private check(): Action[] {
    this.phase = "checking";
    return [{ do: "check" }];
  }

  private open(): Action[] {
    this.phase = "opening";
    return [{ do: "open" }, { do: "timer", after: OPEN_WITHIN }];
  }

  private reset(): Action[] {
    this.failures += 1;
    const close: Action = { do: "close" };
    // The first time at once; a server that resets again and again is not asked in a tight loop.
    return this.failures === 1 ? [close, ...this.load()] : [close, ...this.wait("load")];
  }

  private wait(next: "load" | "check"): Action[] {
    this.phase = "waiting";
    this.next = next;
    const full = Math.min(BACKOFF_LAST, BACKOFF_FIRST * 2 ** Math.min(this.failures, 16));
    this.failures += 1;
    const after = Math.round(full * (0.5 + 0.5 * this.random()));
    return [...this.show("reconnecting"), { do: "timer", after }];
  }

  private show(connection: Connection): Action[] {
    if (connection === this.shown) return [];
    this.shown = connection;
    return [{ do: "show", connection }];
  }
}

function parse(text: string): { type?: unknown; seq?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
