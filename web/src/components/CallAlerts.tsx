import { Button } from "antd";
import { DownOutlined, UpOutlined } from "@ant-design/icons";
import { useState } from "react";
import type { Alert } from "../api/types";
import { useWords } from "../i18n";
import { alertKey } from "../state/reducer";
import { isOpen } from "../state/views";
import { AlertItem } from "./AlertItem";

/** This call's alerts: the gravest open one, and all of them on demand. */
export function CallAlerts({ alerts }: { readonly alerts: readonly Alert[] }) {
  const words = useWords();
  const [all, setAll] = useState(false);
  if (alerts.length === 0) return null;
  const open = alerts.filter(isOpen);
  const shown = all ? alerts : open.slice(0, 1);
  const hidden = alerts.length - shown.length;
  return (
    <div className="call-alerts" data-all={all}>
      <ul className="alerts">
        {shown.map((alert) => (
          <AlertItem key={alertKey(alert)} alert={alert} where="call" />
        ))}
      </ul>
      {(hidden > 0 || all) && (
        <Button type="text" size="small" icon={all ? <UpOutlined /> : <DownOutlined />} onClick={() => setAll(!all)} data-testid="call-alerts-all">
          {all ? words.showLess : words.otherAlerts(hidden, open.length - Math.min(open.length, 1))}
        </Button>
      )}
    </div>
  );
}
