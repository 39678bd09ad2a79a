import { Button } from "antd";
import { DownOutlined, UpOutlined } from "@ant-design/icons";
import { useState } from "react";
import type { Alert } from "../api/types";
import { useWords } from "../i18n";
import { alertKey } from "../state/state";
import { isOpen } from "../state/views";
import { AlertItem } from "./AlertItem";

interface Props {
  readonly alerts: readonly Alert[];
  readonly chosen: Alert | undefined;
}

/** This call's alerts: the chosen, or else the gravest open, or else the last handled; all of them on demand. */
export function CallAlerts({ alerts, chosen }: Props) {
  const words = useWords();
  const [all, setAll] = useState(false);
  if (alerts.length === 0) return null;
  const first = chosen ?? alerts[0];
  const shown = all ? alerts : alerts.filter((alert) => alert === first);
  const hidden = alerts.filter((alert) => !shown.includes(alert));
  return (
    <div className="call-alerts" data-all={all}>
      <ul className="alerts">
        {shown.map((alert) => (
          <AlertItem key={alertKey(alert)} alert={alert} where="call" />
        ))}
      </ul>
      {(hidden.length > 0 || all) && (
        <Button type="text" size="small" icon={all ? <UpOutlined /> : <DownOutlined />} onClick={() => setAll(!all)} data-testid="call-alerts-all">
          {all ? words.showLess : words.hiddenAlerts(hidden.length, hidden.filter(isOpen).length)}
        </Button>
      )}
    </div>
  );
}
