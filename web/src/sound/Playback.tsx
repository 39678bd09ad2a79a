import { CaretRightOutlined, PauseOutlined } from "@ant-design/icons";
import { Button, Select, Slider } from "antd";
import { useCallback } from "react";
import { keyOf } from "../desk/keys";
import { useWords } from "../i18n";
import { clock } from "../lib/time";
import { usePlaying } from "./playing";
import type { Recording } from "./recording";
import { Volumes } from "./Volumes";
import "./sound.css";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const STEP = 0.1; // seconds

/** Hear a call that is over: play, pause, go anywhere; each side as loud as one likes. */
export function Playback({ recording, channels }: { readonly recording: Recording; readonly channels: readonly string[] }) {
  const words = useWords().listening;
  const playing = usePlaying(recording);
  const levels = useCallback(() => recording.levels(), [recording]);
  const running = playing.is === "playing" || playing.is === "loading";
  return (
    <section className="sound" aria-label={words.recording} data-testid="playback" data-state={playing.is} data-at={playing.at.toFixed(2)}>
      <Button
        className="sound-start"
        size="small"
        icon={running ? <PauseOutlined /> : <CaretRightOutlined />}
        aria-label={running ? words.pause : words.play}
        title={words.playAudited}
        aria-keyshortcuts={keyOf("listen")}
        onClick={() => recording.toggle()}
        data-testid="play"
      />
      <span className="number sound-time">{clock(playing.at)}</span>
      <Slider
        className="sound-place"
        min={0}
        max={Math.max(playing.length, STEP)}
        step={STEP}
        value={Math.min(playing.at, playing.length)}
        onChange={(at: number) => recording.seek(at)}
        ariaLabelForHandle={words.position}
        ariaValueTextFormatterForHandle={(at) => clock(at as number)}
        tooltip={{ formatter: (at) => clock(at ?? 0) }}
      />
      <span className="number sound-time">{clock(playing.length)}</span>
      <Select
        size="small"
        variant="borderless"
        value={playing.speed}
        options={SPEEDS.map((speed) => ({ value: speed, label: `${speed}×` }))}
        onChange={(speed: number) => recording.faster(speed)}
        aria-label={words.speed}
        popupMatchSelectWidth={false}
      />
      <Volumes channels={channels} levels={levels} />
      <span role="status" className="sound-said sound-fault" data-testid="playback-said">
        {playing.why !== null && (playing.why in words.notPlayed ? words.notPlayed[playing.why as keyof typeof words.notPlayed] : words.notPlayed.other)}
      </span>
    </section>
  );
}
