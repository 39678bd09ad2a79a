import { BorderOutlined, CustomerServiceOutlined, SoundOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Call, Person } from "../api/types";
import { useSession } from "../components/context";
import { keyOf } from "../desk/keys";
import { useWords } from "../i18n";
import { Listener, OFF, type State } from "./listener";
import { Volumes } from "./Volumes";
import "./sound.css";

const NOTHING = (): number[] => [];

/** Whether the page may offer it; the server has the last word. */
const mayListen = ({ role }: Person): boolean => role === "admin" || role === "supervisor";

/** Hear a live call, each side as loud as one likes. It ends with this component, with the call, or when the page is forgotten. */
export function ListenIn({ call }: { readonly call: Call }) {
  const { who } = useSession();
  const words = useWords().listening;
  const { state, start, stop, resume, levels } = useListener(call.id);
  if (!mayListen(who) || call.status !== "live") return null;
  const on = state.is !== "off";
  return (
    <section className="sound" data-on={on} aria-label={words.listen} data-testid="listen-in" data-state={state.is}>
      <Button
        className="sound-start"
        danger={on}
        type={on ? "primary" : "default"}
        size="small"
        icon={on ? <BorderOutlined /> : <CustomerServiceOutlined />}
        aria-pressed={on}
        aria-keyshortcuts={keyOf("listen")}
        title={`${words.audited} · ${words.hidden}`}
        onClick={on ? stop : start}
        data-testid="listen"
      >
        {on ? words.stop : words.listen}
      </Button>
      <Said state={state} resume={resume} />
      {"channels" in state && <Volumes channels={state.channels} levels={levels} />}
    </section>
  );
}

function Said({ state, resume }: { readonly state: State; readonly resume: () => void }) {
  const words = useWords().listening;
  if (state.is === "blocked") {
    return (
      <Button className="sound-said" size="small" type="link" icon={<SoundOutlined />} onClick={resume} data-testid="listen-resume">
        {words.blocked}
      </Button>
    );
  }
  const off = state.is === "off" ? (state.why === null || state.why === "left" ? words.audited : words.over[state.why]) : null;
  return (
    <p className="sound-said">
      <span role="status" className={state.is === "on" ? "on-air" : undefined} data-testid="listen-said">
        {off ?? { on: words.on, connecting: words.connecting, waiting: words.waiting }[state.is as "on" | "connecting" | "waiting"]}
      </span>
      {state.is === "on" && (
        <span className="number behind" title={words.behindHint} data-testid="behind" data-behind={state.behind.toFixed(3)} data-held={state.held.toFixed(3)}>
          {words.behind(state.behind.toFixed(1))}
        </span>
      )}
    </p>
  );
}

interface Use {
  readonly state: State;
  readonly start: () => void;
  readonly stop: () => void;
  readonly resume: () => void;
  readonly levels: () => number[];
}

function useListener(call: string): Use {
  const [state, setState] = useState<State>(OFF);
  const listener = useRef<Listener | null>(null);
  const start = useCallback(() => {
    listener.current?.stop();
    listener.current = new Listener(call, setState);
  }, [call]);
  const stop = useCallback(() => listener.current?.stop(), []);
  const resume = useCallback(() => listener.current?.resume(), []);
  const levels = useCallback(() => listener.current?.levels() ?? NOTHING(), []);
  useEffect(
    () => () => {
      listener.current?.stop();
      listener.current = null;
    },
    [call],
  );
  return { state, start, stop, resume, levels };
}
