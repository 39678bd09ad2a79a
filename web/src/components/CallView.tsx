import { Button, Skeleton } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Alert } from "../api/types";
import { useWords } from "../i18n";
import { useRoute } from "../lib/route";
import type { Detail } from "../state/reducer";
import { useSelect } from "../state/store";
import { alertsOf, gravityOfFindings, lines, newestEvidence, seenAlerts } from "../state/views";
import { CallAlerts } from "./CallAlerts";
import { CallHead } from "./CallHead";
import { useClient } from "./context";
import { EarlierCalls } from "./EarlierCalls";
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
  useReadAtItsEnd(id, call?.status === "live");
  return (
    <section className="pane call" aria-label={words.transcript}>
      <CallHead id={id} call={call} />
      {detail?.status === "failed" && <Failed gone={call === undefined} retry={() => void client.read(id)} />}
      {(detail === undefined || (detail.status === "loading" && detail.utterances.size === 0)) && (
        <div className="call-loading" role="status" aria-label={words.loadingCall}>
          <Skeleton active paragraph={{ rows: 6 }} />
        </div>
      )}
      {detail !== undefined && call !== undefined && (detail.status === "ready" || detail.utterances.size > 0) && (
        <CallBody id={id} detail={detail} live={call.status === "live"} seconds={call.seconds} />
      )}
    </section>
  );
}

/** What a call came to is known when it ends, and no event tells it. */
function useReadAtItsEnd(id: string, live: boolean): void {
  const client = useClient();
  const before = useRef({ id, live });
  useEffect(() => {
    if (before.current.id === id && before.current.live && !live) void client.read(id);
    before.current = { id, live };
  }, [client, id, live]);
}

interface BodyProps {
  readonly id: string;
  readonly detail: Detail;
  readonly live: boolean;
  readonly seconds: number;
}

function CallBody({ id, detail, live, seconds }: BodyProps) {
  const everyAlert = useSelect(seenAlerts);
  const alerts = useMemo(() => alertsOf(everyAlert, id), [everyAlert, id]);
  const severities = useMemo(() => gravityOfFindings(alerts), [alerts]);
  const all = useMemo(() => lines(detail), [detail]);
  const route = useRoute();
  const chosen = alerts.find((alert) => alert.id === route.alert);
  const [target, setTarget] = useTarget(detail, chosen, route.visit);
  return (
    <>
      <CallAlerts alerts={alerts} chosen={chosen} />
      <EarlierCalls calls={detail.earlier} />
      <Timeline lines={all} severities={severities} seconds={seconds} jump={(line, finding) => setTarget({ line, finding, visit: Date.now() })} />
      <Transcript lines={all} severities={severities} live={live} target={target} />
    </>
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
