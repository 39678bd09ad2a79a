import { CheckOutlined, ClockCircleOutlined, CloseOutlined, DownOutlined, MinusOutlined, UpOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState, type ComponentType, type ReactNode } from "react";
import type { Alert, Call, Summary } from "../api/types";
import { TakenOverMark } from "../desk/TakeOver";
import { useLocale, useNames, useWords } from "../i18n";
import { useNow } from "../lib/now";
import { clock, moment } from "../lib/time";
import { endingOf, pointsOf, promisesOf, stepsOf, type Place, type Point, type PromiseView, type StepState, type StepView } from "../state/summary";
import type { Line } from "../state/views";
import { EarlierCalls } from "./EarlierCalls";
import { riskSeverity } from "./measures";

interface Props {
  readonly call: Call;
  readonly alerts: readonly Alert[];
  readonly summary: Summary;
  readonly lines: readonly Line[];
  readonly jump: (place: Place) => void;
}

/** What the call comes to, live and afterwards. Where there is no width for it beside the words, its details open on demand. */
export function CallSummary({ call, alerts, summary, lines, jump }: Props) {
  const words = useWords();
  const { risk, level } = call;
  const live = call.status === "live";
  const [open, setOpen] = useState(false);
  const promises = promisesOf(summary, lines);
  const points = pointsOf(summary, lines);
  const earlier = summary.earlier ?? [];
  const inside = [
    ...(promises.length > 0 ? [`${words.promises} ${promises.length}`] : []),
    ...(points.length > 0 ? [`${words.points} ${points.length}`] : []),
    ...(points.some(({ values }) => values.length > 1) ? [words.inconsistent] : []),
    ...(earlier.length > 0 ? [`${words.earlierCalls} ${earlier.length}`] : []),
  ];
  return (
    <aside className="summary" aria-label={words.summary} data-open={open} data-testid="call-summary">
      <h3 className="summary-title">{words.summary}</h3>
      <Verdict summary={summary} risk={risk} level={level} live={live} />
      {!live && <Ending call={call} alerts={alerts} summary={summary} />}
      <Steps steps={stepsOf(summary, lines, live)} jump={jump} />
      {inside.length > 0 && (
        <Button
          className="summary-more"
          type="text"
          size="small"
          icon={open ? <UpOutlined /> : <DownOutlined />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          data-testid="summary-more"
        >
          {inside.join(" · ")}
        </Button>
      )}
      <div className="summary-details">
        <Promises promises={promises} jump={jump} />
        <Points points={points} jump={jump} />
        <EarlierCalls calls={earlier} />
      </div>
    </aside>
  );
}

interface VerdictProps {
  readonly summary: Summary;
  readonly risk: number;
  readonly level: number;
  readonly live: boolean;
}

function Verdict({ summary: { type, cause, validity }, risk, level, live }: VerdictProps) {
  const words = useWords();
  const { types, causes, validities } = words.complaint;
  return (
    <dl className="verdict">
      <div>
        <dt>{words.complaint.type}</dt>
        <dd data-testid="complaint-type">{type == null ? <i className="summary-open">{live ? words.notYetKnown : "—"}</i> : nameIn(types, type)}</dd>
      </div>
      {cause != null && (
        <div>
          <dt>{words.complaint.cause}</dt>
          <dd>{nameIn(causes, cause)}</dd>
        </div>
      )}
      {validity != null && validity !== "none" && (
        <div>
          <dt>{words.complaint.validity}</dt>
          <dd>{nameIn(validities, validity)}</dd>
        </div>
      )}
      <div className="verdict-risk" data-severity={riskSeverity(risk)}>
        <dt>{words.risk}</dt>
        <dd>
          <b className="number">{risk}</b> {words.levels[level] ?? level}
        </dd>
      </div>
    </dl>
  );
}

/** How a call that is over ended: as a call, for the customer, and for its alerts. */
function Ending({ call, alerts, summary }: Pick<Props, "call" | "alerts" | "summary">) {
  const words = useWords();
  const { feelings, handled } = endingOf(summary, alerts);
  const { feeling } = words.desk;
  return (
    <section className="ending" data-testid="ending">
      <h4>{words.desk.ending}</h4>
      <ul>
        {call.status !== "ended" && (
          <li className="ending-cut" title={call.why ?? undefined}>
            {words.status[call.status]}
          </li>
        )}
        {feelings !== null && (
          <li data-testid="ending-mood" data-from={feelings.from} data-to={feelings.to}>
            {words.desk.mood(feeling[feelings.from], feeling[feelings.to])}
          </li>
        )}
        {alerts.length > 0 && <li>{words.desk.alertsHandled(handled, alerts.length)}</li>}
        {call.taken_over !== null && (
          <li>
            <TakenOverMark taken={call.taken_over} />
          </li>
        )}
      </ul>
    </section>
  );
}

/** An id this page has no name for stands for itself. */
const nameIn = (names: Readonly<Record<string, string>>, id: string): string => (Object.hasOwn(names, id) ? names[id]! : id);

const STATES: Record<StepState, ComponentType | null> = { done: CheckOutlined, todo: null, missing: CloseOutlined, idle: MinusOutlined };

function Steps({ steps, jump }: { readonly steps: readonly StepView[]; readonly jump: Props["jump"] }) {
  const words = useWords();
  const names = useNames();
  if (steps.length === 0) return null;
  return (
    <ol className="steps" aria-label={words.steps}>
      {steps.map(({ step, state, at, place }) => {
        const Icon = STATES[state];
        const word = at === null ? words.stepState[state] : clock(at);
        return (
          <li key={step} data-testid="step" data-step={step} data-state={state} title={`${names.finding({ kind: "step", rule: step })} · ${word}`}>
            <Jump place={place} jump={jump}>
              <i className="step-sign" aria-hidden="true">
                {Icon !== null && <Icon />}
              </i>
              <span>{words.stepNames[step]}</span>
              <small className="number">{word}</small>
            </Jump>
          </li>
        );
      })}
    </ol>
  );
}

function Promises({ promises, jump }: { readonly promises: readonly PromiseView[]; readonly jump: Props["jump"] }) {
  const words = useWords();
  const locale = useLocale();
  const now = useNow();
  if (promises.length === 0) return null;
  return (
    <section className="summary-part" data-testid="promises">
      <h4>{words.promises}</h4>
      <ul>
        {promises.map(({ text, due, said, place }, index) => (
          <li key={index} className="promise" data-testid="promise">
            <ClockCircleOutlined aria-hidden="true" />
            <p>
              {due === null ? <span className="promise-open">{said ?? words.noDeadline}</span> : <b>{words.dueBy(moment(due, now, locale))}</b>}
              <Jump place={place} jump={jump}>
                <q>{text}</q>
              </Jump>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Points({ points, jump }: { readonly points: readonly Point[]; readonly jump: Props["jump"] }) {
  const words = useWords();
  if (points.length === 0) return null;
  return (
    <section className="summary-part" data-testid="points">
      <h4>{words.points}</h4>
      <ol>
        {points.map(({ text, mentions, values }) => (
          <li key={text} className="point" data-testid="point">
            <q>{text}</q>
            {values.length > 1 && <Values values={values} />}
            <span className="point-times">
              {mentions.length > 1 && <span>{words.saidTimes(mentions.length)}</span>}
              {mentions.map(({ at, place }, index) => (
                <Jump key={index} place={place} jump={jump}>
                  <time className="number">{clock(at)}</time>
                </Jump>
              ))}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Figures that cannot all be true, in the order they were said. */
function Values({ values }: { readonly values: readonly string[] }) {
  const words = useWords();
  return (
    <span className="values" data-testid="values">
      <span>{words.inconsistent}</span>
      {values.map((value, index) => (
        <span key={value} className="values-one">
          {index > 0 && <i aria-hidden="true">→</i>}
          <b>{value}</b>
        </span>
      ))}
    </span>
  );
}

function Jump({ place, jump, children }: { readonly place: Place | null; readonly jump: Props["jump"]; readonly children: ReactNode }) {
  if (place === null) return <span className="jump">{children}</span>;
  return (
    <button type="button" className="plain jump" data-line={place.line} onClick={() => jump(place)}>
      {children}
    </button>
  );
}
