import { Button, Checkbox, Segmented, Skeleton } from "antd";
import { useState } from "react";
import { useMe } from "../desk/context";
import { useWords } from "../i18n";
import { alertKey } from "../state/state";
import { useSelect } from "../state/store";
import { feeds, narrowed, openAnd, seenAlerts, type Filter } from "../state/views";
import { AlertItem } from "./AlertItem";
import { useLingering } from "./useLingering";

type Side = "open" | "acting" | "handled";

const STEP = 60; // alerts drawn at a time

interface Props {
  readonly filter: Filter;
  readonly clear: () => void;
}

/** The queue: what waits, what somebody sees to, what is done; of the calls that fit the filter. */
export function AlertFeed({ filter, clear }: Props) {
  const words = useWords();
  const [side, setSide] = useState<Side>("open");
  const [shown, setShown] = useState(STEP);
  const loaded = useSelect((state) => state.loaded);
  const [mine, setMine] = useState(false);
  const me = useMe();
  const every = useSelect(seenAlerts);
  const calls = useSelect((state) => state.calls);
  const all = narrowed(calls, every, filter);
  const lingering = useLingering(all);
  const { open, acting, handled } = feeds(all);
  const listed = { open: side === "open" ? openAnd(lingering, all) : open, acting, handled }[side];
  const alerts = mine ? listed.filter(({ owner }) => owner === me) : listed;
  const outside = feeds(every).open.length - open.length; // heard and counted all the same
  const turn = (to: Side): void => {
    setSide(to);
    setShown(STEP);
  };
  return (
    <section className="pane feed" aria-label={words.alerts}>
      <div className="feed-top">
        <h2>{words.alerts}</h2>
        <Segmented<Side>
          value={side}
          onChange={turn}
          options={[
            { value: "open", label: `${words.open} ${open.length}` },
            { value: "acting", label: `${words.desk.acting} ${acting.length}` },
            { value: "handled", label: `${words.handled} ${handled.length}` },
          ]}
        />
      </div>
      <div className="feed-tools">
        <Checkbox checked={mine} onChange={(event) => setMine(event.target.checked)} data-testid="only-mine">
          {words.desk.mine}
        </Checkbox>
        {outside > 0 && (
          <button type="button" className="plain feed-outside" onClick={clear} title={words.clearFilter} data-testid="outside">
            {words.desk.outside(outside)}
          </button>
        )}
      </div>
      <div className="feed-scroll">
        {!loaded && <Skeleton active className="calls-loading" paragraph={{ rows: 4 }} />}
        <ul className="alerts" data-testid="alert-feed">
          {alerts.slice(0, shown).map((alert) => (
            <AlertItem key={alertKey(alert)} alert={alert} where="feed" />
          ))}
        </ul>
        {alerts.length > shown && (
          <p className="older">
            <Button type="text" onClick={() => setShown(shown + STEP)}>
              {words.showMore}
            </Button>
          </p>
        )}
        {loaded && alerts.length === 0 && <NoAlerts side={side} />}
      </div>
    </section>
  );
}

function NoAlerts({ side }: { readonly side: Side }) {
  const words = useWords();
  return (
    <div className="nothing">
      <h3>{{ open: words.noAlerts, acting: words.desk.noActing, handled: words.noHandled }[side]}</h3>
      {side === "open" && <p>{words.noAlertsLead}</p>}
    </div>
  );
}
