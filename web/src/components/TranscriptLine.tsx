import { memo, useCallback } from "react";
import type { Severity, Utterance } from "../api/types";
import { useWords } from "../i18n";
import { clock } from "../lib/time";
import { usePlayed, useTheRecording } from "../sound/playing";
import type { Playing } from "../sound/recording";
import type { HeldFinding } from "../state/state";
import type { Line } from "../state/views";
import { Evidence } from "./Evidence";
import { FindingNote } from "./FindingNote";

const NOWHERE = { start: Infinity, end: Infinity };

interface Props {
  readonly line: Line;
  readonly severities: ReadonlyMap<string, Severity>;
  readonly marked: number | null; // the visit that led here
}

export const TranscriptLine = memo(function TranscriptLine({ line, severities, marked }: Props) {
  const words = useWords();
  const { utterance, findings } = line;
  const { start, end } = utterance ?? NOWHERE;
  const playing = usePlayed(useCallback(({ begun, at }: Playing) => begun && at >= start && at < end, [start, end]), false);
  const notes = (
    <ul className="notes">
      {findings.map((held) => (
        <FindingNote key={held.finding.id} held={held} severity={severities.get(held.finding.id)} />
      ))}
    </ul>
  );
  if (utterance === null) {
    return (
      <li className="line line-event" data-line={line.key} data-testid="event">
        {marked !== null && <i key={marked} className="line-flash" aria-hidden="true" />}
        {notes}
      </li>
    );
  }
  const speaker = { agent: words.agent, customer: words.customer, unknown: words.unknownSpeaker }[utterance.speaker];
  return (
    <li
      className="line"
      data-line={line.key}
      data-testid="utterance"
      data-utterance={utterance.id}
      data-speaker={utterance.speaker}
      data-stage={utterance.stage}
      data-playing={playing}
    >
      {marked !== null && <i key={marked} className="line-flash" aria-hidden="true" />}
      <p className="line-meta">
        <b>{speaker}</b>
        <Moment at={utterance.start} />
        <Certainty utterance={utterance} />
      </p>
      <p className="line-text">
        <Evidence text={utterance.text} findings={findings} severities={severities} />
      </p>
      {findings.length > 0 && notes}
    </li>
  );
}, same);

/** When it was said; where there is a recording, a click plays it from there. */
function Moment({ at }: { readonly at: number }) {
  const words = useWords().listening;
  const recording = useTheRecording();
  const said = <time className="number">{clock(at)}</time>;
  if (recording === null) return said;
  return (
    <button
      type="button"
      className="plain line-time"
      title={words.playFrom(clock(at))}
      aria-label={words.playFrom(clock(at))}
      onClick={() => void recording.play(at)}
      data-testid="play-from"
    >
      {said}
    </button>
  );
}

function Certainty({ utterance }: { readonly utterance: Utterance }) {
  const words = useWords();
  if (utterance.stage === "interim") return <em>{words.speaking}</em>;
  return utterance.stage === "draft" ? <em>{words.draft}</em> : null;
}

/** Lines are made anew for every event of the call; what a line shows seldom changes. */
function same(a: Props, b: Props): boolean {
  return (
    a.marked === b.marked &&
    a.line.key === b.line.key &&
    a.line.utterance === b.line.utterance &&
    a.line.findings.length === b.line.findings.length &&
    a.line.findings.every((held, index) => held === b.line.findings[index] && gravity(a, held) === gravity(b, held))
  );
}

const gravity = (props: Props, held: HeldFinding): Severity | undefined => props.severities.get(held.finding.id);
