import { App, Button } from "antd";
import { CheckOutlined, StopOutlined, UndoOutlined } from "@ant-design/icons";
import { memo } from "react";
import type { Alert, AlertStatus } from "../api/types";
import { useLocale, useNames, useWords } from "../i18n";
import { useNow } from "../lib/now";
import { go } from "../lib/route";
import { settings } from "../lib/settings";
import { clock, since, timeOfDay } from "../lib/time";
import { useSelect } from "../state/store";
import { isOpen } from "../state/views";
import { useClient, useSession } from "./context";
import { SeverityMark } from "./Severity";
import { Waited } from "./Ticking";

interface Props {
  readonly alert: Alert;
  /** In the feed an alert tells whose call it is; in the call itself that is known. */
  readonly where: "feed" | "call";
}

const FRESH = 10; // seconds for which a new alert stands out

export const AlertItem = memo(function AlertItem({ alert, where }: Props) {
  const words = useWords();
  const names = useNames();
  const open = isOpen(alert);
  return (
    <li className="alert" data-testid="alert-item" data-alert={alert.id} data-call={alert.call} data-severity={alert.severity} data-status={alert.status}>
      {open && <Fresh raised={alert.raised} />}
      <button type="button" className="alert-body" onClick={() => go(alert.call, alert.id)}>
        <span className="alert-top">
          <SeverityMark severity={alert.severity} />
          <b>{names.alert(alert)}</b>
          {alert.because.length > 1 && <small>{words.times(alert.because.length)}</small>}
          {open && (
            <span className="alert-wait" title={words.waiting}>
              <Waited since={alert.raised} />
            </span>
          )}
        </span>
        {alert.text !== "" && <q className="alert-words">{alert.text}</q>}
        <span className="alert-where">
          {where === "feed" ? <Where call={alert.call} /> : words.atCallTime(clock(alert.at))}
        </span>
      </button>
      {open ? <Judge alert={alert} /> : <Judged alert={alert} />}
    </li>
  );
});

function Fresh({ raised }: { readonly raised: string | null }) {
  const fresh = since(raised, useNow()) < FRESH;
  return fresh ? <i className="alert-fresh" aria-hidden="true" /> : null;
}

function Where({ call }: { readonly call: string }) {
  const words = useWords();
  const known = useSelect((state) => state.calls.get(call));
  const over = known === undefined || known.status === "live" ? null : words.status[known.status];
  return [known?.agent ?? words.unknownAgent, known?.team, over].filter(Boolean).join(" · ");
}

function useMark(alert: Alert): (status: AlertStatus) => void {
  const words = useWords();
  const client = useClient();
  const { who } = useSession();
  const { message } = App.useApp();
  return (status) => {
    const by = who.name || settings.get().reviewer.trim() || words.supervisor;
    client.mark(alert, status, by).catch((error: unknown) => {
      void message.error(`${words.notStored}：${error instanceof Error ? error.message : String(error)}`);
    });
  };
}

function Judge({ alert }: { readonly alert: Alert }) {
  const words = useWords();
  const { rights } = useSession();
  const mark = useMark(alert);
  if (!rights.includes("decide")) return null;
  return (
    <span className="alert-actions">
      <Button size="small" icon={<CheckOutlined />} onClick={() => mark("acknowledged")} data-testid="alert-ack">
        {words.acknowledge}
      </Button>
      <Button size="small" type="text" icon={<StopOutlined />} onClick={() => mark("false_alarm")} data-testid="alert-false">
        {words.falseAlarm}
      </Button>
    </span>
  );
}

function Judged({ alert }: { readonly alert: Alert }) {
  const words = useWords();
  const locale = useLocale();
  const now = useNow();
  const { rights } = useSession();
  const mark = useMark(alert);
  const decides = rights.includes("decide");
  const by = alert.by === "system" ? words.bySystem : (alert.by ?? "");
  const when = alert.when === null ? "" : timeOfDay(alert.when, now, locale);
  return (
    <span className="alert-actions alert-judged">
      <span>{words.handledBy(words.alertStatus[alert.status], by, when)}</span>
      {alert.note !== null && <span>{alert.note}</span>}
      {decides && alert.status === "acknowledged" && (
        <Button size="small" type="text" icon={<StopOutlined />} onClick={() => mark("false_alarm")} data-testid="alert-false">
          {words.falseAlarm}
        </Button>
      )}
      {decides && alert.status !== "resolved" && (
        <Button size="small" type="text" icon={<UndoOutlined />} onClick={() => mark("open")} data-testid="alert-reopen">
          {words.reopen}
        </Button>
      )}
    </span>
  );
}
