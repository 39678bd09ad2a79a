import { Slider } from "antd";
import { useEffect, useRef } from "react";
import type { Speaker } from "../api/types";
import { useWords } from "../i18n";
import { LOUDEST, useVolumes, volumes } from "./volumes";

interface Props {
  readonly channels: readonly string[];
  readonly levels: () => number[]; // of each channel now, 0..1
}

const STEP = 0.05;
const FALL = 0.92; // of a meter from one drawing to the next, at most

/** One slider and one meter for each side of the call. */
export function Volumes({ channels, levels }: Props) {
  const words = useWords();
  const chosen = useVolumes();
  const meters = useMeters(levels);
  const names: Record<Speaker, string> = { agent: words.agent, customer: words.customer, unknown: words.unknownSpeaker };
  return (
    <div className="volumes">
      {channels.map((speaker, index) => {
        const name = names[speaker as Speaker] ?? speaker;
        return (
          <div className="volume" key={speaker} data-testid="volume" data-speaker={speaker}>
            <span aria-hidden="true">{name}</span>
            <Slider
              min={0}
              max={LOUDEST}
              step={STEP}
              value={chosen[speaker] ?? 1}
              onChange={(value: number) => volumes.set({ [speaker]: value })}
              ariaLabelForHandle={words.listening.volume(name)}
              ariaValueTextFormatterForHandle={(value) => percent(value as number)}
              tooltip={{ formatter: (value) => percent(value ?? 0) }}
            />
            <i className="meter" aria-hidden="true" data-testid="meter" ref={(element) => void (meters.current[index] = element)} />
          </div>
        );
      })}
    </div>
  );
}

const percent = (volume: number): string => `${Math.round(volume * 100)}%`;

/** Draws the levels as often as the screen is drawn, past React. They fall slowly, or nobody could read them. */
function useMeters(levels: () => number[]): React.RefObject<(HTMLElement | null)[]> {
  const meters = useRef<(HTMLElement | null)[]>([]);
  useEffect(() => {
    let frame = 0;
    const shown: number[] = [];
    const draw = (): void => {
      const now = levels();
      meters.current.forEach((meter, index) => {
        const level = (shown[index] = Math.max(now[index] ?? 0, (shown[index] ?? 0) * FALL));
        const percent = String(Math.round(100 * level));
        if (meter === null || meter.dataset["level"] === percent) return;
        meter.dataset["level"] = percent;
        meter.style.setProperty("--level", level.toFixed(2));
      });
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [levels]);
  return meters;
}
