import { Button } from "antd";
import { useState } from "react";
import { useWords } from "../i18n";
import { DeadLetters } from "./DeadLetters";
import { useWebhooks } from "./useWebhooks";

/** Says that alerts did not get out, until somebody has seen to each. */
export function WebhookTrouble() {
  const { webhooks: words } = useWords();
  const [state, put] = useWebhooks();
  const [open, setOpen] = useState(false);
  const failing = state?.webhooks.filter((one) => one.why !== null) ?? [];
  const dead = state?.dead.length ?? 0;
  const said = [
    ...(dead > 0 ? [words.notDelivered(dead)] : []),
    ...failing.map((one) => words.failing(one.name, words.shapes[one.shape])),
  ].join("；");
  return (
    <>
      <div className="notices" role="status">
        {said !== "" && (
          <p className="notice" data-level={dead > 0 ? "error" : "warning"} data-testid="webhook-trouble">
            <span>{said}</span>
            <Button type="text" size="small" onClick={() => setOpen(true)} data-testid="webhook-open">
              {words.look}
            </Button>
          </p>
        )}
      </div>
      {state && <DeadLetters state={state} put={put} open={open} close={() => setOpen(false)} />}
    </>
  );
}
