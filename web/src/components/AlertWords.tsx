import type { Alert } from "../api/types";
import { useNames } from "../i18n";

/** The words an alert rests on, in quotation marks; or what the service states where nobody said any: a silence, a step missed. */
export function AlertWords({ alert }: { readonly alert: Pick<Alert, "text" | "because"> }) {
  const { text, spoken } = useNames().words(alert);
  if (text === "") return null;
  return spoken ? <q className="alert-words">{text}</q> : <span className="alert-words">{text}</span>;
}
