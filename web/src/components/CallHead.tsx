import { Button } from "antd";
import { CloseOutlined, LeftOutlined } from "@ant-design/icons";
import type { Call, TakenOver } from "../api/types";
import { TakenOverMark, TakeOver } from "../desk/TakeOver";
import { useLocale, useWords } from "../i18n";
import { useNow } from "../lib/now";
import { go } from "../lib/route";
import { timeOfDay } from "../lib/time";
import { Level, Risk, TalkShare } from "./measures";
import { Duration } from "./Ticking";

export function CallHead({ id, call }: { readonly id: string; readonly call: Call | undefined }) {
  const words = useWords();
  const leave = (): void => go(null);
  return (
    <header className="call-head">
      <Button className="call-back" type="text" icon={<LeftOutlined />} aria-label={words.back} onClick={leave} data-testid="call-back" />
      {call === undefined ? <Who name={id} more="" /> : <Known call={call} />}
      <Button className="call-close" type="text" icon={<CloseOutlined />} aria-label={words.closeCall} onClick={leave} data-testid="call-close" />
    </header>
  );
}

function Known({ call }: { readonly call: Call }) {
  const words = useWords();
  const caller = call.customer === null ? null : `${words.caller} ${call.customer}`;
  return (
    <>
      <Who name={call.agent ?? words.unknownAgent} taken={call.taken_over} more={[call.team, caller, call.source === "file" ? words.file : null].filter(Boolean).join(" · ")} />
      <div className="call-state">
        <State call={call} />
        <Duration call={call} />
      </div>
      <div className="call-measures">
        <Risk risk={call.risk} />
        <Level level={call.level} />
        <TalkShare share={call.talk_share} />
      </div>
      <div className="call-desk">
        <TakeOver call={call} />
      </div>
      {call.why !== null && <p className="call-why">{call.why}</p>}
    </>
  );
}

function Who({ name, more, taken = null }: { readonly name: string; readonly more: string; readonly taken?: TakenOver | null }) {
  return (
    <div className="call-who">
      <h2>
        {name} {taken !== null && <TakenOverMark taken={taken} />}
      </h2>
      <small>{more}</small>
    </div>
  );
}

function State({ call }: { readonly call: Call }) {
  const words = useWords();
  const locale = useLocale();
  const now = useNow();
  const ended = call.ended === null ? "" : ` ${timeOfDay(call.ended, now, locale)}`;
  return (
    <span className="call-status" data-status={call.status} data-testid="call-status">
      {words.status[call.status]}
      {ended}
    </span>
  );
}
