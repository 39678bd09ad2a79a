import { Button } from "antd";
import type { EarlierCall } from "../api/types";
import { useLocale, useWords } from "../i18n";
import { useNow } from "../lib/now";
import { go } from "../lib/route";
import { timeOfDay } from "../lib/time";

/** Calls of the same number in which the customer claimed the same: when, and what was said then. */
export function EarlierCalls({ calls }: { readonly calls: readonly EarlierCall[] }) {
  const words = useWords();
  const locale = useLocale();
  const now = useNow();
  return <EarlierList calls={calls} title={words.earlierCalls} when={(started) => timeOfDay(started, now, locale)} />;
}

interface Props {
  readonly calls: readonly EarlierCall[];
  readonly title: string;
  readonly when: (started: string) => string;
}

export function EarlierList({ calls, title, when }: Props) {
  if (calls.length === 0) return null;
  return (
    <section className="earlier" aria-label={title} data-testid="earlier-calls">
      <h3>{title}</h3>
      <ul>
        {calls.map(({ call, started, text }) => (
          <li key={call}>
            <Button type="link" size="small" onClick={() => go(call)}>
              {when(started)}
            </Button>
            <q>{text}</q>
          </li>
        ))}
      </ul>
    </section>
  );
}
