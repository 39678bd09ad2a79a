import { Button, Popover, Switch } from "antd";
import { ArrowDownOutlined, ArrowUpOutlined, MutedOutlined, SettingOutlined } from "@ant-design/icons";
import { useSyncExternalStore } from "react";
import { api } from "../api/http";
import type { Call } from "../api/types";
import { subscribe, unlock, unlocked } from "../attention/sound";
import { useUnlock } from "../attention/useUnlock";
import { ConnectionState } from "../components/ConnectionState";
import { useSession } from "../components/context";
import { LanguageSwitch } from "../components/LanguageSwitch";
import { Level } from "../components/measures";
import { Duration } from "../components/Ticking";
import { TakenOverMark } from "../desk/TakeOver";
import { useWords } from "../i18n";
import { moodNow } from "./guide";
import { preferences, usePreferences } from "./preferences";
import { hasVoice, onVoices } from "./speech";

/** Who, how long, how the customer feels and how far up the ladder they are. */
export function AgentHead({ call, signedOut }: { readonly call: Call | undefined; readonly signedOut: () => void }) {
  const words = useWords();
  const { who } = useSession();
  const name = call?.agent ?? who.agent ?? (who.display || who.name);
  return (
    <header className="agent-head">
      <div className="agent-who">
        <b>{name || words.agentPage.title}</b>
        {call !== undefined && (
          <span className="agent-call-state" data-status={call.status} data-testid="agent-call-status">
            <i aria-hidden="true" />
            {words.status[call.status]} <Duration call={call} />
          </span>
        )}
        {call?.customer != null && call.taken_over === null && (
          <small className="number" title={words.caller}>
            {call.customer}
          </small>
        )}
        <span role="status">{call !== undefined && call.taken_over !== null && <TakenOverMark taken={call.taken_over} />}</span>
      </div>
      {call !== undefined && (
        <div className="agent-measures">
          <Mood call={call} />
          <Level level={call.level} />
        </div>
      )}
      <div className="agent-tools">
        <ConnectionState />
        <SoundHint />
        <Popover trigger="click" placement="bottomRight" content={<Settings signedOut={signedOut} />}>
          <Button type="text" icon={<SettingOutlined />} aria-label={words.settings} title={words.settings} data-testid="agent-settings" />
        </Popover>
      </div>
    </header>
  );
}

function Mood({ call }: { readonly call: Call }) {
  const words = useWords();
  const { feeling, trend } = moodNow(call.mood);
  const { mood, trend: trends } = words.agentPage;
  return (
    <span className="agent-mood" data-feeling={feeling} data-trend={trend} data-testid="agent-mood" role="img" aria-label={words.moodOf(`${mood[feeling]} ${trends[trend]}`)}>
      <small>{words.customer}</small>
      <b>{mood[feeling]}</b>
      {trend === "better" && <ArrowUpOutlined />}
      {trend === "worse" && <ArrowDownOutlined />}
      {trend !== "steady" && <span>{trends[trend]}</span>}
    </span>
  );
}

/** Browsers stay silent until the page was touched, and an agent may not touch it for a whole shift. */
function SoundHint() {
  const words = useWords().agentPage;
  const heard = useSyncExternalStore(subscribe, unlocked);
  const { speak, chime } = usePreferences();
  useUnlock();
  if (heard || !(speak || chime)) return null;
  return <Button className="sound-blocked" type="text" icon={<MutedOutlined />} onClick={unlock} title={words.hearNow} aria-label={words.hearNow} />;
}

function Settings({ signedOut }: { readonly signedOut: () => void }) {
  const words = useWords();
  const { who } = useSession();
  const { speak, chime } = usePreferences();
  const voice = useSyncExternalStore(onVoices, hasVoice);
  const leave = async (): Promise<void> => {
    await api.signOut().catch(() => undefined);
    signedOut();
  };
  return (
    <div className="settings">
      <div className="setting">
        <label className="setting-row">
          <span>{words.agentPage.chime}</span>
          <Switch checked={chime} onChange={(on) => preferences.set({ chime: on })} data-testid="agent-chime" />
        </label>
      </div>
      <div className="setting">
        <label className="setting-row">
          <span>{words.agentPage.speak}</span>
          <Switch checked={speak && voice} disabled={!voice} onChange={(on) => preferences.set({ speak: on })} data-testid="agent-speak" />
        </label>
        <small>{voice ? words.agentPage.speakHint : words.agentPage.noVoice}</small>
      </div>
      <div className="setting">
        <small>{words.agentPage.keys}</small>
      </div>
      <div className="setting-row">
        <LanguageSwitch />
        {who.name !== "" && (
          <Button onClick={() => void leave()} data-testid="sign-out">
            {words.signIn.signOut}
          </Button>
        )}
      </div>
    </div>
  );
}
