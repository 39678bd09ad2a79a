/** The small measures of a call: risk, ladder, mood line, talk share. */
import { memo } from "react";
import type { Call, Mood, Severity } from "../api/types";
import { useWords } from "../i18n";
import { moodPath } from "../lib/sparkline";
import { feelingOf } from "../state/feeling";

export function riskSeverity(risk: number): Severity | undefined {
  if (risk >= 70) return "critical";
  return risk >= 40 ? "warning" : undefined;
}

export function Risk({ risk }: { readonly risk: number }) {
  const words = useWords();
  return (
    <span className="risk" data-severity={riskSeverity(risk)} role="img" aria-label={`${words.risk} ${risk}`}>
      <b className="number">{risk}</b>
      <span className="risk-bar">
        <i style={{ transform: `scaleX(${risk / 100})` }} />
      </span>
    </span>
  );
}

const LADDER = [1, 2, 3, 4];

export function Level({ level }: { readonly level: number }) {
  const words = useWords();
  const severity = level >= 3 ? "critical" : level === 2 ? "warning" : undefined;
  return (
    <span className="level" data-severity={severity} role="img" aria-label={`${words.level} ${level}/4 ${words.levels[level] ?? ""}`}>
      <span className="level-steps">
        {LADDER.map((step) => (
          <i key={step} data-on={step <= level} />
        ))}
      </span>
      <span className="level-name">{words.levels[level] ?? level}</span>
    </span>
  );
}

const WIDTH = 120;
const HEIGHT = 28;

/** The customer's valence over the last minutes; above the middle line is good, below (shaded) is bad. */
export const MoodLine = memo(function MoodLine({ mood }: { readonly mood: readonly Mood[] }) {
  const words = useWords();
  const { line, below, valence } = moodPath(mood, WIDTH, HEIGHT);
  const value = words.moodNow[valence === undefined ? "none" : feelingOf(valence)];
  return (
    <svg className="mood-line" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words.moodOf(value)}>
      <path d={`M0 ${HEIGHT / 2}H${WIDTH}`} className="mood-zero" />
      {below !== "" && <path d={below} className="mood-below" />}
      {line !== "" && <path d={line} className="mood-stroke" />}
    </svg>
  );
});

export function TalkShare({ share }: { readonly share: Call["talk_share"] }) {
  const words = useWords();
  const { agent, customer } = share;
  if (agent === undefined || customer === undefined || agent + customer === 0) return <span className="talk-share" />;
  const percent = Math.round((100 * agent) / (agent + customer));
  const label = words.shareOf(percent, 100 - percent);
  return (
    <span className="talk-share" role="img" aria-label={label} title={label}>
      <span className="number">{percent}</span>
      <span className="talk-bar">
        <i style={{ width: `${percent}%` }} />
      </span>
      <span className="number">{100 - percent}</span>
    </span>
  );
}
