import { Button } from "antd";
import { ClockCircleOutlined, CloseOutlined, WarningOutlined } from "@ant-design/icons";
import { useContext } from "react";
import { useWords } from "../i18n";
import { useSettings } from "../lib/settings";
import { strain } from "../state/health";
import { StoreContext, useSelect } from "../state/store";

/** Alerts come late, or the service has more than it can do. Gone once it recovers; put away, it is back when that changes. */
export function StrainBanner() {
  const words = useWords();
  const { language } = useSettings();
  const store = useContext(StoreContext);
  const health = useSelect((state) => state.health);
  const seen = useSelect((state) => state.healthSeen);
  const now = seen ? undefined : strain(health);
  return (
    <div className="notices" role="status" aria-live="polite">
      {now !== undefined && (
        <div className="notice strain" data-level={now.kind === "overloaded" ? "error" : "warning"} data-testid="strain">
          <p>
            <strong>
              {now.kind === "overloaded" ? <WarningOutlined /> : <ClockCircleOutlined />} {words.strain[now.kind]}
            </strong>
            {now.why.map((cause) => (
              <span key={cause.code}>{cause[language]}</span>
            ))}
          </p>
          <Button
            type="text"
            size="small"
            icon={<CloseOutlined />}
            aria-label={words.dismiss}
            title={words.dismiss}
            onClick={() => store?.dispatch({ type: "health_seen" })}
          />
        </div>
      )}
    </div>
  );
}
