import { Button, Input, Select, Skeleton } from "antd";
import { SearchOutlined } from "@ant-design/icons";
import { useState } from "react";
import type { Severity } from "../api/types";
import { useWords } from "../i18n";
import { useSelect } from "../state/store";
import { agents, isNarrow, listing, teams, type Filter, type Sort } from "../state/views";
import { CallRow } from "./CallRow";
import { NoCalls } from "./NoCalls";
import { OlderCalls } from "./OlderCalls";
import { useHeldStill } from "./useHeldStill";

type Least = Severity | "all";

const LEAST: readonly Least[] = ["all", "notice", "warning", "critical"];
const STEP = 50; // ended calls drawn at a time
const SORTS: readonly Sort[] = ["risk", "waiting", "duration", "newest"];

interface Props {
  readonly selected: string | null;
  readonly filter: Filter;
  readonly change: (part: Partial<Filter>) => void;
  readonly clear: () => void;
}

export function CallList({ selected, filter, change, clear }: Props) {
  const words = useWords();
  const [shown, setShown] = useState(STEP);
  const loaded = useSelect((state) => state.loaded);
  const { live, ended } = useSelect((state) => listing(state, filter));
  const { order, hold } = useHeldStill(live, filter);
  const narrowed = isNarrow(filter);
  return (
    <section className="pane calls" aria-label={words.calls}>
      <Tools filter={filter} change={change} />
      <div className="calls-scroll">
        {!loaded && <Skeleton active className="calls-loading" paragraph={{ rows: 8 }} />}
        {loaded && (
          <>
            <h2 className="group">
              {words.live} <span className="number">{live.length}</span>
            </h2>
            {order.length > 0 && <Columns />}
            <ul className="rows" data-testid="calls-live" {...hold}>
              {order.map((id) => (
                <CallRow key={id} id={id} selected={id === selected} />
              ))}
            </ul>
            {order.length === 0 && (narrowed ? <NoMatch clear={clear} /> : <NoCalls />)}
            {ended.length > 0 && (
              <h2 className="group">
                {words.ended} <span className="number">{ended.length}</span>
              </h2>
            )}
            <ul className="rows" data-testid="calls-ended">
              {ended.slice(0, shown).map((id) => (
                <CallRow key={id} id={id} selected={id === selected} />
              ))}
            </ul>
            {ended.length > shown ? <More show={() => setShown(shown + STEP)} /> : !narrowed && <OlderCalls read={() => setShown(shown + STEP)} />}
          </>
        )}
      </div>
    </section>
  );
}

function Tools({ filter, change }: { readonly filter: Filter; readonly change: (part: Partial<Filter>) => void }) {
  const words = useWords();
  const all = useSelect(teams);
  const everyAgent = useSelect(agents);
  return (
    <div className="tools" role="search">
      <Input
        allowClear
        prefix={<SearchOutlined />}
        placeholder={words.search}
        aria-label={words.search}
        value={filter.text}
        onChange={(event) => change({ text: event.target.value })}
        data-testid="call-search"
      />
      {all.length > 1 && (
        <Select
          aria-label={words.team}
          value={filter.team ?? ""}
          onChange={(team) => change({ team: team || null })}
          popupMatchSelectWidth={false}
          options={[{ value: "", label: words.allTeams }, ...all.map((team) => ({ value: team, label: team }))]}
        />
      )}
      {everyAgent.length > 1 && (
        <Select
          aria-label={words.agent}
          value={filter.agent ?? ""}
          onChange={(agent) => change({ agent: agent || null })}
          showSearch={{ optionFilterProp: "label" }}
          popupMatchSelectWidth={false}
          options={[{ value: "", label: words.desk.allAgents }, ...everyAgent.map((agent) => ({ value: agent, label: agent }))]}
          data-testid="agent-filter"
        />
      )}
      <Select<Least>
        aria-label={words.desk.severity}
        value={filter.severity ?? "all"}
        onChange={(least) => change({ severity: least === "all" ? null : least })}
        popupMatchSelectWidth={false}
        options={LEAST.map((least) => ({ value: least, label: words.desk.severities[least] }))}
        data-testid="severity-filter"
      />
      <Select
        aria-label={words.sortBy}
        value={filter.sort}
        onChange={(sort) => change({ sort })}
        popupMatchSelectWidth={false}
        options={SORTS.map((sort) => ({ value: sort, label: words.sort[sort] }))}
      />
    </div>
  );
}

function Columns() {
  const words = useWords();
  return (
    <div className="columns" aria-hidden="true">
      <span>{words.risk}</span>
      <span>{words.agent}</span>
      <span>{words.level}</span>
      <span>{words.longestWaiting}</span>
      <span>{words.mood}</span>
      <span>{words.talkShare}</span>
      <span>{words.duration}</span>
    </div>
  );
}

function More({ show }: { readonly show: () => void }) {
  return (
    <p className="older">
      <Button type="text" onClick={show}>
        {useWords().showMore}
      </Button>
    </p>
  );
}

function NoMatch({ clear }: { readonly clear: () => void }) {
  const words = useWords();
  return (
    <div className="nothing">
      <p>{words.noMatch}</p>
      <Button onClick={clear}>{words.clearFilter}</Button>
    </div>
  );
}
