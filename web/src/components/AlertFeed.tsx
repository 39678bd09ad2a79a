import { Button, Segmented, Skeleton } from "antd";
import { useState } from "react";
import { useWords } from "../i18n";
import { alertKey } from "../state/reducer";
import { useSelect } from "../state/store";
import { feeds, openAnd, seenAlerts } from "../state/views";
import { AlertItem } from "./AlertItem";
import { useLingering } from "./useLingering";

type Side = "open" | "handled";

const STEP = 60; // alerts drawn at a time

export function AlertFeed() {
  const words = useWords();
  const [side, setSide] = useState<Side>("open");
  const [shown, setShown] = useState(STEP);
  const loaded = useSelect((state) => state.loaded);
  const all = useSelect(seenAlerts);
  const lingering = useLingering(all);
  const { open, handled } = feeds(all);
  const alerts = side === "open" ? openAnd(lingering, all) : handled;
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
            { value: "handled", label: `${words.handled} ${handled.length}` },
          ]}
        />
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
      <h3>{side === "open" ? words.noAlerts : words.noHandled}</h3>
      {side === "open" && <p>{words.noAlertsLead}</p>}
    </div>
  );
}
