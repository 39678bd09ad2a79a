import type { Finding, Severity } from "../api/types";
import { useNames, useWords } from "../i18n";
import { clock } from "../lib/time";
import { toneOf } from "../lib/tone";
import type { HeldFinding } from "../state/state";
import { KindMark } from "./KindMark";
import { SeverityMark } from "./Severity";

/** What was found, why, and how sure. */
export function FindingNote({ held, severity }: { readonly held: HeldFinding; readonly severity: Severity | undefined }) {
  const words = useWords();
  const names = useNames();
  const { finding, provisional } = held;
  return (
    <li
      className="note"
      data-testid="finding"
      data-finding={finding.id}
      data-severity={severity}
      data-tone={toneOf(finding)}
      data-provisional={provisional}
    >
      {severity === undefined ? <KindMark kind={finding.kind} rule={finding.rule} /> : <SeverityMark severity={severity} />}
      <p>
        <b>{names.finding(finding)}</b> {names.because(finding)} <Values finding={finding} />
        {finding.utterance === null && <time className="number">{clock(finding.start)} </time>}
        <small className="number" title={provisional ? words.provisional : undefined}>
          {words.confidence} {Math.round(100 * finding.confidence)}%
        </small>
      </p>
    </li>
  );
}

function Values({ finding }: { readonly finding: Finding }) {
  const words = useWords();
  if (finding.inconsistent !== true || finding.values === undefined) return null;
  return (
    <span className="note-values">
      {words.inconsistent}：{finding.values.join(" → ")}{" "}
    </span>
  );
}
