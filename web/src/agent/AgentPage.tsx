import "./agent.css";
import { Select } from "antd";
import { useEffect, useMemo, useState } from "react";
import type { Call, Severity } from "../api/types";
import { CallSummary } from "../components/CallSummary";
import { useClient, useSession } from "../components/context";
import { Live } from "../components/Live";
import { Notices } from "../components/Notices";
import { Transcript, type Target } from "../components/Transcript";
import { useWords } from "../i18n";
import { useNow } from "../lib/now";
import { NOTHING_READ, type Detail, type State } from "../state/state";
import { useSelect } from "../state/store";
import type { Place } from "../state/summary";
import { lines, type Line } from "../state/views";
import { AgentHead } from "./AgentHead";
import { agentsOf, follow } from "./follow";
import { spoken } from "./guide";
import { Heard } from "./Heard";
import { preferences, usePreferences } from "./preferences";
import { StepGuide } from "./StepGuide";
import { WhisperStage } from "./WhisperStage";

/** The agent's one screen: the call they are in, what to say now, and how far they are. */
export function AgentPage({ signedOut }: { readonly signedOut: () => void }) {
  const words = useWords();
  useEffect(() => {
    document.title = words.agentPage.title;
  }, [words]);
  return (
    <Live signedOut={signedOut}>
      <Desk signedOut={signedOut} />
    </Live>
  );
}

function Desk({ signedOut }: { readonly signedOut: () => void }) {
  const { who } = useSession();
  const chosen = usePreferences().name || null;
  const agent = who.role === "agent" ? who.agent : chosen;
  const id = useFollowed(agent, who.role === "agent" && who.agent === null);
  const call = useSelect((state) => (id === null ? undefined : state.calls.get(id)));
  return (
    <div className="agent" data-testid="agent-page" data-call={call?.id} data-status={call?.status}>
      <AgentHead call={call} signedOut={signedOut} />
      {who.role !== "agent" && <Whose />}
      {call === undefined ? <Waiting agent={agent} /> : <OwnCall key={call.id} call={call} />}
      <Notices /> {/* last: nothing above it moves under the agent's hand */}
    </div>
  );
}

/** The id of the call to show. `nobody`: the account names no agent, and so has no calls. */
function useFollowed(agent: string | null, nobody: boolean): string | null {
  const calls = useSelect((state) => state.calls);
  const now = useNow();
  const [followed, setFollowed] = useState<string | null>(null);
  const next = nobody ? null : follow(followed, calls, agent, now);
  if (next !== followed) setFollowed(next);
  return next;
}

/** Where the account does not say whose calls to show: a supervisor who looks, or a machine without accounts. */
function Whose() {
  const words = useWords();
  const calls = useSelect((state) => state.calls);
  const { name } = usePreferences();
  const { who } = useSession();
  const names = useMemo(() => [...new Set([...agentsOf(calls), ...(name === "" ? [] : [name])])], [calls, name]);
  return (
    <div className="agent-whose">
      <label>
        <span>{words.agentPage.whose}</span>
        <Select
          size="small"
          value={name}
          onChange={(chosen: string) => preferences.set({ name: chosen })}
          options={[{ value: "", label: words.agentPage.anybody }, ...names.map((one) => ({ value: one, label: one }))]}
          popupMatchSelectWidth={false}
          aria-label={words.agentPage.whose}
          data-testid="whose"
        />
      </label>
      {who.name !== "" && <small>{words.agentPage.looking}</small>}
    </div>
  );
}

function Waiting({ agent }: { readonly agent: string | null }) {
  const words = useWords().agentPage;
  const { who } = useSession();
  const connection = useSelect((state) => state.connection);
  const loaded = useSelect((state) => state.loaded);
  const all = useWords();
  const lead = who.role === "agent" && agent === null ? words.noName : agent === null ? words.waitingForAny : words.waitingFor(agent);
  return (
    <main className="agent-waiting" data-testid="agent-waiting" role="status">
      <h2>{loaded || connection === "live" ? words.waiting : all.booting}</h2>
      <p>{lead}</p>
    </main>
  );
}

function OwnCall({ call }: { readonly call: Call }) {
  const words = useWords();
  const client = useClient();
  const loaded = useSelect((state) => state.loaded);
  useEffect(() => (loaded ? client.watch(call.id) : undefined), [client, call.id, loaded]);
  const detail = useSelect((state: State) => state.details.get(call.id) ?? NOTHING_READ);
  const all = useMemo(() => lines(detail), [detail]);
  const talk = useMemo(() => spoken(all), [all]);
  const [target, setTarget] = useState<Target | null>(null);
  const live = call.status === "live";
  return (
    <main className="agent-call" data-live={live}>
      {live ? (
        <>
          <WhisperStage call={call} whispers={detail.whispers} />
          <div className="agent-side">
            <StepGuide summary={detail.summary} lines={all} level={call.level} />
            <Heard summary={detail.summary} lines={all} />
          </div>
        </>
      ) : (
        <Ended call={call} detail={detail} lines={all} jump={(place) => setTarget({ ...place, visit: Date.now() })} />
      )}
      <section className="agent-talk" aria-label={words.transcript}>
        <Transcript lines={talk} severities={NO_SEVERITIES} live={live} target={target} />
      </section>
    </main>
  );
}

/** How grave a finding is, is for the supervisor. */
const NO_SEVERITIES: ReadonlyMap<string, Severity> = new Map();

interface Over {
  readonly call: Call;
  readonly detail: Detail;
  readonly lines: readonly Line[];
  readonly jump: (place: Place) => void;
}

function Ended({ call, detail, lines, jump }: Over) {
  const words = useWords().agentPage;
  return (
    <section className="agent-ended" data-testid="agent-ended">
      <h2>{words.over}</h2>
      {call.why !== null && <p className="call-why">{call.why}</p>}
      <CallSummary summary={{ ...detail.summary, earlier: [] }} call={call} alerts={[]} lines={lines} jump={jump} />
    </section>
  );
}
