import { memo, useMemo } from "react";
import type { Finding, Mood, Severity, Speaker } from "../api/types";
import { useNames, useWords } from "../i18n";
import { moodPath } from "../lib/sparkline";
import { clock, ticks } from "../lib/time";
import { toneOf } from "../lib/tone";
import { usePlayed, useTheRecording } from "../sound/playing";
import type { Playing } from "../sound/recording";
import type { Place } from "../state/summary";
import type { Line } from "../state/views";

interface Props {
  readonly lines: readonly Line[];
  readonly severities: ReadonlyMap<string, Severity>;
  readonly seconds: number;
  readonly jump: (place: Place) => void;
}

const WIDTH = 1000; // of the drawings' own units, stretched over the width there is
const LANE = 10;
const MOOD = 34;

/** Who spoke when, the customer's mood between the two lanes, and a mark for everything found. */
export const Timeline = memo(function Timeline({ lines, severities, seconds, jump }: Props) {
  const words = useWords();
  const length = Math.max(seconds, lines.reduce((last, { utterance }) => Math.max(last, utterance?.end ?? 0), 0), 10);
  const mood = useMemo(() => lines.flatMap(moodOf), [lines]);
  const drawn = moodPath(mood, WIDTH, MOOD, 0, length);
  return (
    <div className="timeline" data-testid="timeline" role="group" aria-label={`${words.timeline}: ${words.timelineHint}`}>
      <div className="timeline-names" aria-hidden="true">
        <span>{words.agent}</span>
        <span>{words.mood}</span>
        <span>{words.customer}</span>
      </div>
      <div className="timeline-track">
        <svg className="timeline-lane" viewBox={`0 0 ${WIDTH} ${LANE}`} preserveAspectRatio="none" aria-hidden="true">
          <path d={speech(lines, ["agent", "unknown"], length)} />
        </svg>
        <svg className="timeline-mood" viewBox={`0 0 ${WIDTH} ${MOOD}`} preserveAspectRatio="none" aria-hidden="true">
          <path d={`M0 ${MOOD / 2}H${WIDTH}`} className="mood-zero" />
          <path d={drawn.below} className="mood-below" />
          <path d={drawn.line} className="mood-stroke" />
        </svg>
        <svg className="timeline-lane" viewBox={`0 0 ${WIDTH} ${LANE}`} preserveAspectRatio="none" aria-hidden="true">
          <path d={speech(lines, ["customer"], length)} />
        </svg>
        <Playhead length={length} />
        <div className="timeline-marks">
          {lines.flatMap((line) =>
            line.findings.map(({ finding, provisional }) => (
              <TimelineMark
                key={finding.id}
                finding={finding}
                provisional={provisional}
                severity={severities.get(finding.id)}
                left={finding.start / length}
                jump={() => jump({ line: line.key, finding: finding.id })}
              />
            )),
          )}
        </div>
        <div className="timeline-axis" aria-hidden="true">
          {ticks(length, 6).map((second) => (
            <span key={second} className="number" style={{ left: `${(100 * second) / length}%` }}>
              {clock(second)}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
});

/** Where the recording stands; a click on the lanes goes there, as the slider does from the keyboard. */
function Playhead({ length }: { readonly length: number }) {
  const recording = useTheRecording();
  const at = usePlayed(place, -1);
  if (recording === null) return null;
  const seek = ({ nativeEvent, currentTarget }: React.MouseEvent<HTMLElement>): void =>
    recording.seek((length * nativeEvent.offsetX) / currentTarget.clientWidth);
  return (
    <div className="timeline-seek" onClick={seek} data-testid="timeline-seek">
      {at >= 0 && <i className="playhead" style={{ left: `${(100 * Math.min(at, length)) / length}%` }} data-testid="playhead" />}
    </div>
  );
}

const place = ({ begun, at }: Playing): number => (begun ? at : -1);

interface MarkProps {
  readonly finding: Finding;
  readonly provisional: boolean;
  readonly severity: Severity | undefined;
  readonly left: number; // 0..1
  readonly jump: () => void;
}

function TimelineMark({ finding, provisional, severity, left, jump }: MarkProps) {
  const names = useNames();
  const label = `${clock(finding.start)} ${names.finding(finding)}`;
  return (
    <button
      type="button"
      className="timeline-mark"
      data-testid="timeline-mark"
      data-finding={finding.id}
      data-speaker={finding.speaker}
      data-severity={severity}
      data-tone={toneOf(finding)}
      data-provisional={provisional}
      style={{ left: `${100 * Math.min(1, left)}%` }}
      title={`${label}：${names.because(finding)}`}
      aria-label={label}
      onClick={jump}
    />
  );
}

function moodOf({ utterance }: Line): Mood[] {
  const known = utterance !== null && utterance.valence !== null && utterance.stage !== "interim";
  return known ? [[utterance.end, utterance.speaker, utterance.valence]] : [];
}

function speech(lines: readonly Line[], speakers: readonly Speaker[], length: number): string {
  return lines
    .flatMap(({ utterance }) => (utterance !== null && speakers.includes(utterance.speaker) ? [utterance] : []))
    .map(({ start, end }) => {
      const [from, to] = [(WIDTH * start) / length, (WIDTH * end) / length];
      return `M${from.toFixed(1)} 0H${Math.max(to, from + 1).toFixed(1)}V${LANE}H${from.toFixed(1)}Z`;
    })
    .join("");
}
