import { Button } from "antd";
import { ArrowDownOutlined } from "@ant-design/icons";
import { useEffect, useRef, useState } from "react";
import type { Severity } from "../api/types";
import { useWords } from "../i18n";
import type { Place } from "../state/summary";
import type { Line } from "../state/views";
import { TranscriptLine } from "./TranscriptLine";
import { useFollow } from "./useFollow";

/** A line to show, and in it a finding; `visit` tells one wish from the next for the same line. */
export interface Target extends Place {
  readonly visit: number;
}

interface Props {
  readonly lines: readonly Line[];
  readonly severities: ReadonlyMap<string, Severity>;
  readonly live: boolean;
  readonly target: Target | null;
}

const WINDOW = 300; // lines drawn at first; hours of talk would be thousands
const CONTEXT = 20; // lines drawn above one jumped to

export function Transcript({ lines, severities, live, target }: Props) {
  const words = useWords();
  const { scroller, content, following, follow, letGo } = useFollow();
  const [first, setFirst] = useState(() => Math.max(0, lines.length - WINDOW));
  const wanted = target === null ? -1 : lines.findIndex(({ key }) => key === target.line);
  const from = wanted >= 0 ? Math.min(first, Math.max(0, wanted - CONTEXT)) : first;
  useJump(scroller, target, wanted >= 0, letGo);
  return (
    <div className="transcript-frame">
      <div className="transcript" ref={scroller} tabIndex={0} role="log" aria-live="off" aria-label={words.transcript} data-testid="transcript">
        <div ref={content}>
          {from > 0 && (
            <p className="older">
              <Button type="text" onClick={() => setFirst(Math.max(0, from - WINDOW))}>
                {words.earlier}
              </Button>
            </p>
          )}
          {lines.length === 0 && <p className="transcript-empty">{live ? words.nothingSaid : words.nothingSaidEnded}</p>}
          <ol className="lines">
            {lines.slice(from).map((line) => (
              <TranscriptLine
                key={line.key}
                line={line}
                severities={severities}
                marked={line.key === target?.line ? target.visit : null}
              />
            ))}
          </ol>
        </div>
      </div>
      {!following && (
        <Button className="latest" shape="round" icon={<ArrowDownOutlined />} onClick={follow} data-testid="jump-latest">
          {words.jumpToLatest}
        </Button>
      )}
    </div>
  );
}

/** Unlike scrollIntoView, moves nothing but the view itself. */
function centre(view: HTMLElement, line: Element): void {
  const [outer, inner] = [view.getBoundingClientRect(), line.getBoundingClientRect()];
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.scrollBy({ top: inner.top - outer.top - (outer.height - inner.height) / 2, behavior: calm ? "instant" : "smooth" });
}

function useJump(scroller: React.RefObject<HTMLElement | null>, target: Target | null, there: boolean, letGo: () => void): void {
  const done = useRef<Target | null>(null);
  useEffect(() => {
    if (target === null || !there || done.current === target) return;
    done.current = target;
    letGo();
    const line = scroller.current?.querySelector(`[data-line="${CSS.escape(target.line)}"]`);
    if (scroller.current && line) centre(scroller.current, line);
  }, [scroller, target, there, letGo]);
}
