import { ClockCircleOutlined } from "@ant-design/icons";
import { Typography } from "antd";
import { useMemo, type ReactNode } from "react";
import type { Summary } from "../api/types";
import { useLocale, useWords } from "../i18n";
import { useNow } from "../lib/now";
import { moment } from "../lib/time";
import { pointsOf } from "../state/summary";
import type { Line } from "../state/views";

const MOST = 3; // of what the customer insists on: it is read at a glance

/** What the agent need not ask again, what the customer insists on, and what was promised. */
export function Heard({ summary, lines }: { readonly summary: Summary; readonly lines: readonly Line[] }) {
  const words = useWords();
  const locale = useLocale();
  const now = useNow();
  const facts = summary.facts ?? [];
  const points = useMemo(() => pointsOf(summary, lines).slice(0, MOST), [summary, lines]);
  const promises = summary.promises ?? [];
  const before = summary.earlier?.length ?? 0;
  return (
    <div className="heard">
      {before > 0 && <p className="heard-before">{words.agentPage.before(before)}</p>}
      <Part title={words.agentPage.facts} short={words.agentPage.short.facts} id="facts">
        {facts.length === 0 && <li className="heard-none">{words.agentPage.noFacts}</li>}
        {facts.map(({ id, zh, value }) => (
          <li key={id} className="fact" data-testid="fact">
            <small>{zh}</small>
            <Typography.Text copyable={{ text: value, tooltips: [words.agentPage.copy, words.agentPage.copied] }}>{value}</Typography.Text>
          </li>
        ))}
      </Part>
      {points.length > 0 && (
        <Part title={words.agentPage.stressed} short={words.agentPage.short.stressed} id="stressed">
          {points.map(({ text, mentions, values }) => (
            <li key={text} className="stressed" data-testid="stressed">
              <q>{text}</q>
              {mentions.length > 1 && <b className="number">×{mentions.length}</b>}
              {values.length > 1 && <span className="stressed-values">{values.join(" → ")}</span>}
            </li>
          ))}
        </Part>
      )}
      {promises.length > 0 && (
        <Part title={words.agentPage.promises} short={words.agentPage.short.promises} id="promised">
          {promises.map(({ text, due, said }, index) => (
            <li key={index} className="promised" data-testid="promised">
              <ClockCircleOutlined aria-hidden="true" />
              <b>{due === null ? (said ?? words.noDeadline) : words.dueBy(moment(due, now, locale))}</b>
              <q>{text}</q>
            </li>
          ))}
        </Part>
      )}
    </div>
  );
}

interface PartProps {
  readonly title: string;
  readonly short: string; // where there is little room
  readonly id: string;
  readonly children: ReactNode;
}

function Part({ title, short, id, children }: PartProps) {
  return (
    <section className={`heard-part heard-${id}`} aria-label={title} data-testid={`heard-${id}`}>
      <h3 title={title} aria-hidden="true">
        <span className="heard-whole">{title}</span>
        <span className="heard-short">{short}</span>
      </h3>
      <ul>{children}</ul>
    </section>
  );
}
