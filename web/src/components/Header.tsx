import { Button, Popover } from "antd";
import { AuditOutlined, LogoutOutlined, MutedOutlined, SettingOutlined, SoundOutlined } from "@ant-design/icons";
import { useSyncExternalStore } from "react";
import { subscribe, unlock, unlocked } from "../attention/sound";
import { api } from "../api/http";
import { useNames, useWords } from "../i18n";
import { go } from "../lib/route";
import { settings, useSettings } from "../lib/settings";
import { shallow, useSelect } from "../state/store";
import { totals } from "../state/views";
import { Brand } from "./Brand";
import { ConnectionState } from "./ConnectionState";
import { useSession } from "./context";
import { LanguageSwitch } from "./LanguageSwitch";
import { SettingsPanel } from "./SettingsPanel";
import { Waited } from "./Ticking";

export function Header({ signedOut }: { readonly signedOut: () => void }) {
  const words = useWords();
  return (
    <header className="header">
      <Brand />
      <Totals />
      <div className="header-tools">
        <ConnectionState />
        <SoundSwitch />
        <LanguageSwitch />
        <AuditLink />
        <Popover trigger="click" placement="bottomRight" title={words.settings} content={<SettingsPanel />}>
          <Button type="text" icon={<SettingOutlined />} aria-label={words.settings} data-testid="settings" />
        </Popover>
        <WhoIsIn signedOut={signedOut} />
      </div>
    </header>
  );
}

/** For administrators. */
function AuditLink() {
  const { audit: words } = useWords();
  const { rights } = useSession();
  if (!rights.includes("audit")) return null;
  return (
    <Button type="text" href="/audit" icon={<AuditOutlined />} className="audit-link" title={words.open} aria-label={words.title} data-testid="audit-link">
      <span>{words.title}</span>
    </Button>
  );
}

/** Nothing where there are no accounts. */
export function WhoIsIn({ signedOut }: { readonly signedOut: () => void }) {
  const words = useWords();
  const { who } = useSession();
  if (who.name === "") return null;
  const leave = async (): Promise<void> => {
    await api.signOut().catch(() => undefined);
    signedOut();
  };
  return (
    <div className="who">
      <span className="who-name" title={who.name} data-testid="who" data-name={who.name} data-role={who.role}>
        <b>{who.display}</b> <small>{words.roles[who.role]}</small>
      </span>
      {who.role === "agent" && (
        <a className="who-page" href="/agent">
          {words.agentPage.title}
        </a>
      )}
      <Button
        type="text"
        icon={<LogoutOutlined />}
        onClick={() => void leave()}
        title={words.signIn.signOut}
        aria-label={words.signIn.signOut}
        data-testid="sign-out"
      />
    </div>
  );
}

function Totals() {
  const words = useWords();
  const names = useNames();
  const { live, open, critical, longest } = useSelect(totals, shallow);
  return (
    <dl className="totals">
      <div>
        <dt>{words.live}</dt>
        <dd data-testid="total-live">{live}</dd>
      </div>
      <div>
        <dt>{words.open}</dt>
        <dd data-testid="total-open">{open}</dd>
      </div>
      <div data-severity={critical > 0 ? "critical" : undefined}>
        <dt>{words.severity.critical}</dt>
        <dd data-testid="total-critical">{critical}</dd>
      </div>
      {longest !== undefined && (
        <div className="totals-longest">
          <dt>{words.longestWaiting}</dt>
          <dd>
            <button type="button" className="plain" onClick={() => go(longest.call, longest.id)} title={names.alert(longest)}>
              <Waited since={longest.raised} />
            </button>
          </dd>
        </div>
      )}
    </dl>
  );
}

function SoundSwitch() {
  const words = useWords();
  const { muted } = useSettings();
  const heard = useSyncExternalStore(subscribe, unlocked);
  const turn = (): void => {
    unlock();
    if (muted || heard) settings.set({ muted: !muted });
  };
  const title = muted ? words.unmute : heard ? words.mute : words.soundBlocked;
  const icon = muted ? <MutedOutlined /> : <SoundOutlined />;
  return (
    <Button
      type="text"
      icon={icon}
      onClick={turn}
      title={title}
      aria-label={title}
      aria-pressed={!muted}
      className={muted || heard ? "" : "sound-blocked"}
      data-testid="sound-switch"
    />
  );
}
