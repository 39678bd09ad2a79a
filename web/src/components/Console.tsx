import { Badge } from "antd";
import { BellOutlined, PhoneOutlined } from "@ant-design/icons";
import { useState } from "react";
import { useWords } from "../i18n";
import { useRoute } from "../lib/route";
import { shallow, useSelect } from "../state/store";
import { totals } from "../state/views";
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
      <Header signedOut={signedOut} />
      <StrainBanner />
      <Notices />
      <WebhookTrouble />
      <Panes />
      <Attention />
    </Live>
  );
}

type Tab = "calls" | "alerts";

function Panes() {
  const words = useWords();
  const { call } = useRoute();
  const [tab, setTab] = useState<Tab>("calls");
  const { live, open } = useSelect(totals, shallow);
  return (
    <div className="panes" data-open={call !== null} data-tab={tab}>
      <CallList selected={call} />
      {call !== null && <CallView key={call} call={call} />}
      <AlertFeed />
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
