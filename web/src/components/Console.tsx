import { Badge } from "antd";
import { BellOutlined, PhoneOutlined } from "@ant-design/icons";
import { useEffect, useMemo, useState } from "react";
import { api } from "../api/http";
import type { Vocabulary } from "../api/types";
import { useWords, VocabularyContext } from "../i18n";
import { useRoute } from "../lib/route";
import { Client } from "../live/client";
import { shallow, Store, StoreContext, useSelect } from "../state/store";
import { totals } from "../state/views";
import { AlertFeed } from "./AlertFeed";
import { Attention } from "./Attention";
import { CallList } from "./CallList";
import { CallView } from "./CallView";
import { ClientContext, useSession } from "./context";
import { Header } from "./Header";
import { Notices } from "./Notices";
import { StrainBanner } from "./StrainBanner";

export function Console({ signedOut }: { readonly signedOut: () => void }) {
  const { name } = useSession().who;
  const [store] = useState(() => new Store());
  const client = useMemo(() => new Client(store, name, signedOut), [store, name, signedOut]);
  useEffect(() => client.start(), [client]);
  return (
    <StoreContext value={store}>
      <ClientContext value={client}>
        <Named>
          <Header signedOut={signedOut} />
          <StrainBanner />
          <Notices />
          <Panes />
          <Attention />
        </Named>
      </ClientContext>
    </StoreContext>
  );
}

/** The names of kinds, rules and alerts, read as soon as there is a connection, and again after one was lost. */
function Named({ children }: { readonly children: React.ReactNode }) {
  const connection = useSelect((state) => state.connection);
  const [vocabulary, setVocabulary] = useState<Vocabulary>({ kinds: {}, rules: {}, alerts: {} });
  useEffect(() => {
    if (connection !== "live") return;
    api.vocabulary().then(setVocabulary, () => undefined); // ids stand for names until the next time
  }, [connection]);
  return <VocabularyContext value={vocabulary}>{children}</VocabularyContext>;
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
