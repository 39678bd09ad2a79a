import { CheckOutlined } from "@ant-design/icons";
import type { Summary } from "../api/types";
import { useWords } from "../i18n";
import { clock } from "../lib/time";
import type { Line } from "../state/views";
import { guide } from "./guide";

interface Props {
  readonly summary: Summary;
  readonly lines: readonly Line[];
  readonly level: number;
}

/** 稳 问 动 传 换: what is done, what comes next. */
export function StepGuide({ summary, lines, level }: Props) {
  const words = useWords().agentPage;
  const steps = guide(summary, lines, level);
  const next = steps.find(({ state }) => state === "next");
  const any = steps.some(({ state }) => state === "done");
  return (
    <section className="guide" aria-label={words.steps} data-testid="guide">
      <ol>
        {steps.map(({ step, state, at }) => (
          <li key={step} data-testid="guide-step" data-step={step} data-state={state} aria-current={state === "next" ? "step" : undefined}>
            <b lang="zh-CN" aria-hidden="true">{words.signs[step]}</b>
            <span>{words.stepNames[step]}</span>
            <small className="number">
              {state === "done" && <CheckOutlined aria-label={words.stepState.done} />}
              {at === null ? words.stepState[state] : clock(at)}
            </small>
          </li>
        ))}
      </ol>
      <p className="guide-next" data-testid="guide-next">
        {next === undefined ? (
          <span>{level === 0 && Object.keys(summary.steps ?? {}).length === 0 ? words.noSteps : any ? words.allDone : words.noSteps}</span>
        ) : (
          <>
            <b>{words.next}</b> {words.doNow[next.step]}
          </>
        )}
      </p>
    </section>
  );
}
