import { Button } from "antd";
import { useState } from "react";
import { useWords } from "../i18n";
import { DeadLetters } from "./DeadLetters";
import { useWebhooks } from "./useWebhooks";

/** Where alerts go besides the pages; nothing where they go nowhere else. */
export function WebhookSetting() {
  const { webhooks: words } = useWords();
  const [state, put] = useWebhooks();
  const [open, setOpen] = useState(false);
  if (state === null || (state.webhooks.length === 0 && state.dead.length === 0)) return null;
  return (
    <div className="setting">
      <div className="setting-row">
        <span>{words.title}</span>
        <Button size="small" onClick={() => setOpen(true)} data-testid="webhook-setting">
          {words.look}
        </Button>
      </div>
      <small>{state.webhooks.map((one) => `${one.name}（${words.shapes[one.shape]}）`).join("、")}</small>
      <DeadLetters state={state} put={put} open={open} close={() => setOpen(false)} />
    </div>
  );
}
