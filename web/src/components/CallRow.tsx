import { memo } from "react";
import type { Call } from "../api/types";
import { TakenOverMark } from "../desk/TakeOver";
import { useLocale, useNames, useWords } from "../i18n";
import { useNow } from "../lib/now";
import { go } from "../lib/route";
import { timeOfDay } from "../lib/time";
import { shallow, useSelect } from "../state/store";
import { waitingByCall, type Waiting } from "../state/views";
import { Level, MoodLine, Risk, TalkShare } from "./measures";
import { SeverityMark } from "./Severity";
import { Duration, Waited } from "./Ticking";

interface Props {
  readonly id: string;
  readonly selected: boolean;
}

/** One call in the list. It draws itself again only when its own call, alerts or last words change. */
export const CallRow = memo(function CallRow({ id, selected }: Props) {
  const words = useWords();
  const call = useSelect((state) => state.calls.get(id));
  const waiting = useSelect((state) => waitingByCall(state).get(id), sameWaiting);
  if (call === undefined) return null;
  return (
    <li>
      <button
        type="button"
        className="row"
        aria-current={selected}
        data-testid="call-row"
        data-call={id}
        data-status={call.status}
        data-severity={waiting?.worst}
        onClick={() => go(id)}
      >
        <Risk risk={call.risk} />
        <span className="row-who">
          <b>{call.agent ?? words.unknownAgent}</b>
          {call.taken_over !== null && <TakenOverMark taken={call.taken_over} brief />}
          <small>{[call.team, call.customer].filter(Boolean).join(" · ")}</small>
        </span>
        <Level level={call.level} />
        <LongestWaiting waiting={waiting} />
        <MoodLine mood={call.mood} />
        <TalkShare share={call.talk_share} />
        <span className="row-time">
          <Duration call={call} />
          {call.status !== "live" && <Ended call={call} />}
        </span>
        {call.status === "live" && <LastWords id={id} />}
      </button>
    </li>
  );
});

function sameWaiting(a: Waiting | undefined, b: Waiting | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && shallow(a, b));
}

function LongestWaiting({ waiting }: { readonly waiting: Waiting | undefined }) {
  const words = useWords();
  const names = useNames();
  if (waiting === undefined) return <span className="row-alert row-alert-none">{words.noOpenAlert}</span>;
  const { longest, open } = waiting;
  return (
    <span className="row-alert" data-severity={longest.severity}>
      <SeverityMark severity={longest.severity} />
      <span className="row-alert-title">{names.alert(longest)}</span>
      {open > 1 && (
        <small className="row-alert-more" title={words.moreAlerts(open - 1)}>
          +{open - 1}
        </small>
      )}
      <span className="row-alert-wait">
        <Waited since={longest.raised} />
      </span>
    </span>
  );
}

function Ended({ call }: { readonly call: Call }) {
  const words = useWords();
  const locale = useLocale();
  const now = useNow();
  const when = call.ended === null ? "" : timeOfDay(call.ended, now, locale);
  const what = call.status === "ended" ? "" : words.status[call.status];
  return <small title={call.why ?? undefined}>{[what, when].filter(Boolean).join(" ")}</small>;
}

function LastWords({ id }: { readonly id: string }) {
  const words = useWords();
  const line = useSelect((state) => state.lines.get(id));
  if (line === undefined) return <span className="row-words" />;
  const speaker = { agent: words.agent, customer: words.customer, unknown: words.unknownSpeaker }[line.speaker];
  return (
    <span className="row-words" data-stage={line.stage}>
      <i>{speaker}</i>
      {line.text}
    </span>
  );
}
