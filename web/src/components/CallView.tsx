import { Button, Skeleton } from "antd";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Alert, Call } from "../api/types";
import { WhisperBox } from "../desk/WhisperBox";
import { useWords } from "../i18n";
import { useRoute } from "../lib/route";
import type { Detail } from "../state/state";
import { ListenIn } from "../sound/ListenIn";
import { Playback } from "../sound/Playback";
import { RecordingContext, useRecording } from "../sound/playing";
import { useSelect } from "../state/store";
import type { Place } from "../state/summary";
import { alertsOf, gravityOfFindings, lines, newestEvidence, seenAlerts } from "../state/views";
import { CallAlerts } from "./CallAlerts";
import { CallHead } from "./CallHead";
import { CallSummary } from "./CallSummary";
import { useClient } from "./context";
import { Timeline } from "./Timeline";
import { Transcript, type Target } from "./Transcript";

/** One call, opened: who, its alerts, what was found when, and its words as they come. */
export function CallView({ call: id }: { readonly call: string }) {
  const words = useWords();
  const client = useClient();
  const loaded = useSelect((state) => state.loaded);
  const call = useSelect((state) => state.calls.get(id));
  const detail = useSelect((state) => state.details.get(id));
  useEffect(() => (loaded ? client.watch(id) : undefined), [client, id, loaded]);
  return (
    <section className="pane call" aria-label={words.transcript}>
      <CallHead id={id} call={call} />
      {call !== undefined && <ListenIn call={call} />}
      {detail?.status === "failed" && <Failed gone={call === undefined} retry={() => void client.read(id)} />}
      {(detail === undefined || (detail.status === "loading" && detail.utterances.size === 0)) && (
        <div className="call-loading" role="status" aria-label={words.loadingCall}>
          <Skeleton active paragraph={{ rows: 6 }} />
        </div>
      )}
      {detail !== undefined && call !== undefined && (detail.status === "ready" || detail.utterances.size > 0) && (
        <CallBody call={call} detail={detail} />
      )}
    </section>
  );
}

function CallBody({ call, detail }: { readonly call: Call; readonly detail: Detail }) {
  const { id, status, seconds, channels } = call;
  const everyAlert = useSelect(seenAlerts);
  const alerts = useMemo(() => alertsOf(everyAlert, id), [everyAlert, id]);
  const severities = useMemo(() => gravityOfFindings(alerts), [alerts]);
  const all = useMemo(() => lines(detail), [detail]);
  const route = useRoute();
  const chosen = alerts.find((alert) => alert.id === route.alert);
  const [target, setTarget] = useTarget(detail, chosen, route.visit);
  const jump = useCallback((place: Place) => setTarget({ ...place, visit: Date.now() }), [setTarget]);
  const live = status === "live";
  const recording = useRecording(call);
  return (
    <RecordingContext value={recording}>
      {recording !== null && <Playback recording={recording} channels={channels} />}
      <CallAlerts alerts={alerts} chosen={chosen} />
      <Timeline lines={all} severities={severities} seconds={seconds} jump={jump} />
      <div className="call-main">
        <CallSummary call={call} alerts={alerts} summary={detail.summary} lines={all} jump={jump} />
        <Transcript lines={all} severities={severities} live={live} target={target} />
      </div>
      {live && <WhisperBox call={id} whispers={detail.whispers} />}
    </RecordingContext>
  );
}

/** Where in the transcript to go: chosen in the timeline, or, for an alert in the address, the newest words it rests on. */
function useTarget(detail: Detail, alert: Alert | undefined, visit: number): [Target | null, (target: Target) => void] {
  const [chosen, setChosen] = useState<Target | null>(null);
  const evidence = alert === undefined || detail.status === "loading" ? undefined : newestEvidence(alert, detail.findings);
  const line = evidence?.utterance ?? (evidence === undefined ? undefined : `finding ${evidence.id}`);
  const led = useRef(-1); // once a visit: words that come later must not pull the reader back
  useEffect(() => {
    if (line === undefined || led.current === visit) return;
    led.current = visit;
    setChosen({ line, finding: evidence?.id ?? null, visit: Date.now() });
  }, [visit, line, evidence]);
  return [chosen, setChosen];
}

function Failed({ gone, retry }: { readonly gone: boolean; readonly retry: () => void }) {
  const words = useWords();
  return (
    <div className="nothing" role="alert">
      <p>{gone ? words.callGone : words.callFailed}</p>
      <Button onClick={retry}>{words.retry}</Button>
    </div>
  );
}
