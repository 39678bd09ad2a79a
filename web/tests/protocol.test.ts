import { describe, expect, test } from "vitest";
import { LiveProtocol, type Action } from "../src/live/protocol";
import { changed } from "./fixtures";

const kinds = (actions: readonly Action[]): string[] => actions.map((action) => action.do);
const delay = (actions: readonly Action[]): number => actions.flatMap((action) => (action.do === "timer" ? [action.after] : []))[0] ?? NaN;
const event = (seq: number): string => JSON.stringify(changed(seq));

function live(random = 1): LiveProtocol {
  const protocol = new LiveProtocol(() => random);
  protocol.start();
  protocol.loaded("e1", 10);
  protocol.opened();
  return protocol;
}

describe("at the start", () => {
  test("reads the state, opens, and says where it stands", () => {
    const protocol = new LiveProtocol();
    expect(kinds(protocol.start())).toEqual(["load"]);
    expect(kinds(protocol.loaded("e1", 10))).toEqual(["open", "timer"]);
    const [send, show] = protocol.opened();
    expect(send).toEqual({ do: "send", text: '{"epoch":"e1","seq":10}' });
    expect(show).toEqual({ do: "show", connection: "live" });
  });

  test("a service that cannot be reached is shown, and asked again", () => {
    const protocol = new LiveProtocol(() => 1);
    protocol.start();
    expect(protocol.loadFailed()).toEqual([{ do: "show", connection: "reconnecting" }, { do: "timer", after: 500 }]);
    expect(kinds(protocol.elapsed())).toEqual(["load"]);
  });
});

describe("while live", () => {
  test("hands events on once each", () => {
    const protocol = live();
    expect(protocol.received(event(11))[0]).toEqual({ do: "apply", event: changed(11) });
    expect(kinds(protocol.received(event(11)))).toEqual(["timer"]);
    expect(kinds(protocol.received(event(9)))).toEqual(["timer"]);
  });

  test("a line gone quiet is renewed from where it stood, without alarm", () => {
    const protocol = live();
    protocol.received(event(15));
    expect(kinds(protocol.elapsed())).toEqual(["close", "open", "timer"]);
    expect(protocol.opened()[0]).toEqual({ do: "send", text: '{"epoch":"e1","seq":15}' });
  });

  test("a network that came back does so at once", () => {
    expect(kinds(live().wake())).toEqual(["close", "open", "timer"]);
  });
});

describe("after a lost connection", () => {
  test("checks the session, then asks for what it missed", () => {
    const protocol = live();
    protocol.received(event(11));
    expect(protocol.closed()).toEqual([{ do: "show", connection: "reconnecting" }, { do: "timer", after: 500 }]);
    expect(kinds(protocol.elapsed())).toEqual(["check"]);
    expect(kinds(protocol.checked())).toEqual(["open", "timer"]);
    expect(protocol.opened().slice(0, 2)).toEqual([
      { do: "send", text: '{"epoch":"e1","seq":11}' },
      { do: "show", connection: "live" },
    ]);
  });

  test("waits longer each time, up to a limit, with jitter, and starts afresh once events come", () => {
    const protocol = live();
    const waits = [delay(protocol.closed())];
    for (let round = 0; round < 8; round++) {
      protocol.elapsed();
      waits.push(delay(protocol.checkFailed()));
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000, 15000]);
    expect(delay(live(0).closed())).toBe(250);
    protocol.elapsed();
    protocol.checked();
    protocol.opened();
    protocol.received(event(11));
    expect(delay(protocol.closed())).toBe(500);
  });

  test("a server that takes the socket and drops it is not asked in a tight loop", () => {
    const protocol = live();
    const waits = Array.from({ length: 4 }, () => {
      const wait = delay(protocol.closed());
      protocol.elapsed();
      protocol.checked();
      protocol.opened();
      return wait;
    });
    expect(waits).toEqual([500, 1000, 2000, 4000]);
  });

  test("a socket that does not open in time is given up", () => {
    const protocol = live();
    protocol.closed();
    protocol.elapsed();
    protocol.checked();
    expect(kinds(protocol.elapsed())).toEqual(["close", "timer"]);
    expect(kinds(protocol.elapsed())).toEqual(["check"]);
  });

  test("does not wait when the network is back", () => {
    const protocol = live();
    protocol.closed();
    expect(kinds(protocol.wake())).toEqual(["check"]);
  });
});

describe("a reset", () => {
  test("reads the state again and goes on from there", () => {
    const protocol = live();
    expect(kinds(protocol.received('{"type":"reset"}'))).toEqual(["close", "load"]);
    protocol.loaded("e2", 3);
    expect(protocol.opened()[0]).toEqual({ do: "send", text: '{"epoch":"e2","seq":3}' });
    expect(protocol.received(event(4))[0]?.do).toBe("apply");
  });

  test.each(["{", "7", "null", '"text"'])("is also made by what cannot be read: %s", (text) => {
    expect(kinds(live().received(text))).toEqual(["close", "load"]);
  });

  test("again and again is met with patience", () => {
    const protocol = live();
    protocol.received('{"type":"reset"}');
    protocol.loaded("e2", 3);
    protocol.opened();
    expect(kinds(protocol.received('{"type":"reset"}'))).toEqual(["close", "show", "timer"]);
    expect(kinds(protocol.elapsed())).toEqual(["load"]);
  });
});

test("answers that come too late do nothing", () => {
  const protocol = live();
  expect(protocol.loaded("e9", 99)).toEqual([]);
  expect(protocol.checked()).toEqual([]);
  expect(protocol.loadFailed()).toEqual([]);
  expect(kinds(protocol.stop())).toEqual(["close"]);
  for (const late of [protocol.closed(), protocol.elapsed(), protocol.opened(), protocol.received(event(20)), protocol.wake()]) {
    expect(late).toEqual([]);
  }
});
