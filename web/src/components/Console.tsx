import { Badge } from "antd";
import { BellOutlined, PhoneOutlined } from "@ant-design/icons";
import { useState } from "react";
import { DeskOf } from "../desk/Desk";
import { useWords } from "../i18n";
import { useRoute } from "../lib/route";
import { shallow, useSelect } from "../state/store";
import { totals, type Filter } from "../state/views";
import { AlertFeed } from "./AlertFeed";
import { Attention } from "./Attention";
import { CallList } from "./CallList";
import { CallView } from "./CallView";
import { Header } from "./Header";
import { Live } from "./Live";
import { Notices } from "./Notices";
import { WebhookTrouble } from "../webhooks/Trouble";
import { StrainBanner } from "./StrainBanner";

export function Console({ signedOut }: { readonly signedOut: () => void }) {
  return (
    <Live signedOut={signedOut}>
      <DeskOf>
        <Header signedOut={signedOut} />
        <StrainBanner />
        <Notices />
        <WebhookTrouble />
        <Panes />
      </DeskOf>
      <Attention />
    </Live>
  );
}

type Tab = "calls" | "alerts";

const EVERYTHING: Filter = { text: "", team: null, agent: null, severity: null, sort: "risk" };

function Panes() {
  const words = useWords();
  const { call } = useRoute();
  const [tab, setTab] = useState<Tab>("calls");
  const { live, open } = useSelect(totals, shallow);
  const [filter, setFilter] = useState(EVERYTHING);
  const change = (part: Partial<Filter>): void => setFilter({ ...filter, ...part });
  const clear = (): void => setFilter({ ...EVERYTHING, sort: filter.sort });
  return (
    <div className="panes" data-open={call !== null} data-tab={tab}>
      <CallList selected={call} filter={filter} change={change} clear={clear} />
      {call !== null && <CallView key={call} call={call} />}
      <AlertFeed filter={filter} clear={clear} />
      <nav className="tabs">
        <button type="button" aria-current={tab === "calls"} onClick={() => setTab("calls")}>
          <Badge count={live} color="#4b5966" size="small" offset={[6, -2]}>
            <PhoneOutlined />
          </Badge>
          {words.calls}
        </button>
        <button type="button" aria-current={tab === "alerts"} onClick={() => setTab("alerts")} data-testid="tab-alerts">
          <Badge count={open} size="small" offset={[6, -2]}>
            <BellOutlined />
          </Badge>
          {words.alerts}
        </button>
      </nav>
    </div>
  );
}
