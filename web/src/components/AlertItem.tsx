import { Button, Dropdown, type MenuProps } from "antd";
import { CheckCircleOutlined, CheckOutlined, EllipsisOutlined, StopOutlined, UndoOutlined, UserOutlined, UserSwitchOutlined } from "@ant-design/icons";
import { memo } from "react";
import type { Alert } from "../api/types";
import { acknowledging, useDecide, useDesk, useMe } from "../desk/context";
import { useLocale, useNames, useWords } from "../i18n";
import { useNow } from "../lib/now";
import { go, useRoute } from "../lib/route";
import { clock, since, timeOfDay } from "../lib/time";
import { useSelect } from "../state/store";
import { isActing, isOpen } from "../state/views";
import { AlertWords } from "./AlertWords";
import { useSession } from "./context";
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
  const waits = open || isActing(alert);
  const { call, alert: chosen } = useRoute();
  const current = where === "feed" && call === alert.call && chosen === alert.id;
  return (
    <li
      className="alert"
      data-testid="alert-item"
      data-alert={alert.id}
      data-call={alert.call}
      data-severity={alert.severity}
      data-status={alert.status}
      data-current={current}
    >
      {open && <Fresh raised={alert.raised} />}
      <button type="button" className="alert-body" onClick={() => go(alert.call, alert.id)} aria-current={current}>
        <span className="alert-top">
          <SeverityMark severity={alert.severity} />
          <b>{names.alert(alert)}</b>
          {alert.because.length > 1 && <small>{words.times(alert.because.length)}</small>}
          {waits && (
            <span className="alert-wait" title={words.waiting}>
              <Waited since={alert.raised} />
            </span>
          )}
        </span>
        <AlertWords alert={alert} />
        <span className="alert-where">
          {where === "feed" ? <Where call={alert.call} /> : words.atCallTime(clock(alert.at))}
        </span>
      </button>
      {!open && <Judged alert={alert} />}
      {(waits || alert.owner !== null) && (
        <span className="alert-actions">
          {alert.owner !== null && <OwnerMark owner={alert.owner} />}
          {waits && <Judge alert={alert} />}
        </span>
      )}
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

/** What a person may decide about an alert as it stands, the likeliest first. */
function Judge({ alert }: { readonly alert: Alert }) {
  const words = useWords();
  const { rights } = useSession();
  const decide = useDecide();
  const me = useMe();
  const { ask } = useDesk();
  if (!rights.includes("decide")) return null;
  const open = isOpen(alert);
  const more: MenuProps["items"] = [
    { key: "assign", label: words.desk.assign, icon: <UserSwitchOutlined />, extra: <kbd>G</kbd>, onClick: () => ask(alert, "assign") },
    open
      ? { key: "resolve", label: words.desk.resolve, icon: <CheckCircleOutlined />, extra: <kbd>R</kbd>, onClick: () => ask(alert, "resolve") }
      : { key: "reopen", label: words.reopen, icon: <UndoOutlined />, onClick: () => decide(alert, { status: "open" }) },
  ];
  return (
    <>
      {open ? (
        <Button size="small" icon={<CheckOutlined />} onClick={() => decide(alert, acknowledging(alert, me))} aria-keyshortcuts="a" data-testid="alert-ack">
          {words.acknowledge}
        </Button>
      ) : (
        <Button size="small" icon={<CheckCircleOutlined />} onClick={() => ask(alert, "resolve")} aria-keyshortcuts="r" data-testid="alert-resolve">
          {words.desk.resolve}
        </Button>
      )}
      <Button size="small" type="text" icon={<StopOutlined />} onClick={() => ask(alert, "false_alarm")} aria-keyshortcuts="f" data-testid="alert-false">
        {words.falseAlarm}
      </Button>
      <Dropdown menu={{ items: more }} trigger={["click"]} placement="bottomRight">
        <Button size="small" type="text" icon={<EllipsisOutlined />} aria-label={words.desk.more} title={words.desk.more} data-testid="alert-more" />
      </Dropdown>
    </>
  );
}

/** What was decided, by whom, and why. */
function Judged({ alert }: { readonly alert: Alert }) {
  const words = useWords();
  const locale = useLocale();
  const now = useNow();
  const { rights } = useSession();
  const decide = useDecide();
  const bySystem = alert.by === "system";
  const withdrawn = bySystem && alert.status === "resolved";
  const status = withdrawn ? words.desk.withdrawn : words.alertStatus[alert.status];
  const note = withdrawn ? words.desk.withdrawnWhy : bySystem ? null : alert.note;
  const when = alert.when === null ? "" : timeOfDay(alert.when, now, locale);
  const decided = alert.status === "resolved" || alert.status === "false_alarm";
  return (
    <span className="alert-judged">
      <span>{words.handledBy(status, bySystem ? words.bySystem : (alert.by ?? ""), when)}</span>
      {alert.why !== null && <span data-testid="alert-why">{words.desk.why[alert.why]}</span>}
      {note !== null && note !== "" && <span className="alert-note">{note}</span>}
      {decided && !bySystem && rights.includes("decide") && (
        <Button size="small" type="text" icon={<UndoOutlined />} onClick={() => decide(alert, { status: "open" })} data-testid="alert-reopen">
          {words.reopen}
        </Button>
      )}
    </span>
  );
}

/** Who sees to it. */
function OwnerMark({ owner }: { readonly owner: string }) {
  const words = useWords().desk;
  const me = useMe();
  return (
    <span className="alert-owner" title={words.owner} data-testid="alert-owner" data-owner={owner} data-mine={owner === me}>
      <UserOutlined aria-hidden="true" /> {owner === me ? words.me : owner}
    </span>
  );
}
