import type { Severity } from "../api/types";
import { useWords } from "../i18n";

/** Told apart by shape as well as by colour: octagon, triangle, disc. */
const SHAPES: Record<Severity, string> = {
  critical: "M5 1h6l4 4v6l-4 4H5l-4-4V5z",
  warning: "M8 1.2 15.4 14.4H.6z",
  notice: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z",
};

export function SeverityMark({ severity }: { readonly severity: Severity }) {
  const words = useWords();
  return (
    <svg className="severity-mark" data-severity={severity} viewBox="0 0 16 16" width="14" height="14" role="img" aria-label={words.severity[severity]}>
      <path d={SHAPES[severity]} fill="currentColor" />
      {severity === "notice" ? <path d="M8 7v4.4M8 4.2v1.4" className="severity-sign" /> : <path d="M8 4.6v4.4M8 10.8v1.4" className="severity-sign" />}
    </svg>
  );
}
