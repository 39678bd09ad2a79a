import { Tooltip } from "antd";
import { gravest } from "../attention/arrivals";
import type { Severity } from "../api/types";
import { useNames } from "../i18n";
import { pieces } from "../lib/highlight";
import { toneOf } from "../lib/tone";
import type { HeldFinding } from "../state/state";

interface Props {
  readonly text: string;
  readonly findings: readonly HeldFinding[];
  readonly severities: ReadonlyMap<string, Severity>;
}

/** An utterance's text with the words marked that something was found in; several findings may share words. */
export function Evidence({ text, findings, severities }: Props) {
  const names = useNames();
  const spans = findings.flatMap(({ finding: { id, span, text: words } }) => (span === null ? [] : [{ id, span, text: words }]));
  if (spans.length === 0) return text;
  const held = new Map(findings.map((one) => [one.finding.id, one]));
  return pieces(text, spans).map(({ text: part, ids }, index) => {
    if (ids.length === 0) return part;
    const here = ids.flatMap((id) => held.get(id) ?? []);
    const severity = gravest(ids.flatMap((id) => (severities.has(id) ? [{ severity: severities.get(id)! }] : [])));
    return (
      <Tooltip
        key={index}
        title={here.map(({ finding }) => (
          <span key={finding.id} className="evidence-why">
            <b>{names.finding(finding)}</b> {names.because(finding)}
          </span>
        ))}
      >
        <mark
          className="evidence"
          data-testid="evidence"
          data-findings={ids.join(" ")}
          data-severity={severity}
          data-tone={here.every(({ finding }) => toneOf(finding) === "good") ? "good" : "plain"}
          data-shared={ids.length > 1}
          data-provisional={here.every(({ provisional }) => provisional)}
        >
          {part}
        </mark>
      </Tooltip>
    );
  });
}
