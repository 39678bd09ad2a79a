import { Button, Checkbox, Input, Switch } from "antd";
import { useState } from "react";
import { SEVERITIES } from "../attention/arrivals";
import { ask, permission } from "../attention/desktop";
import { play, unlock } from "../attention/sound";
import { useWords } from "../i18n";
import { settings, useSettings, type Quiet } from "../lib/settings";
import { shallow, useSelect } from "../state/store";
import { WebhookSetting } from "../webhooks/Setting";
import { useSession } from "./context";

export function SettingsPanel() {
  const words = useWords();
  const { muted } = useSettings();
  const { who, rights } = useSession();
  const { model, version } = useSelect(({ model, version }) => ({ model, version }), shallow);
  return (
    <div className="settings">
      {who.name === "" && <Reviewer />}
      <div className="setting">
        <label className="setting-row">
          <span>{words.sound}</span>
          <Switch checked={!muted} onChange={(on) => settings.set({ muted: !on })} />
        </label>
        <div className="setting-row">
          <small>{words.tryOut}</small>
          <span>
            {SEVERITIES.map((severity) => (
              <Button key={severity} size="small" onClick={() => (unlock(), play(severity))}>
                {words.severity[severity]}
              </Button>
            ))}
          </span>
        </div>
      </div>
      <DesktopSetting />
      <QuietHours />
      <WebhookSetting />
      {rights.includes("label") && (
        <a className="setting-export" href="/api/export/cases" download data-testid="export-cases">
          {words.desk.exportCases}
        </a>
      )}
      <p className="setting-about">
        {words.model} {model} · {words.version} {version}
      </p>
    </div>
  );
}

/** Where there are no accounts, decisions are signed by the name given here. */
function Reviewer() {
  const words = useWords();
  const { reviewer } = useSettings();
  return (
    <label className="setting">
      <span>{words.reviewer}</span>
      <Input
        value={reviewer}
        maxLength={40}
        placeholder={words.supervisor}
        onChange={(event) => settings.set({ reviewer: event.target.value })}
        data-testid="reviewer"
      />
      <small>{words.reviewerHint}</small>
    </label>
  );
}

function QuietHours() {
  const words = useWords().desk;
  const { quiet } = useSettings();
  const set = (part: Partial<Quiet>): void => settings.set({ quiet: { ...quiet, ...part } });
  const time = (which: "from" | "to") => (
    <label>
      {words[which]}{" "}
      <input type="time" value={quiet[which]} onChange={(event) => event.target.value !== "" && set({ [which]: event.target.value })} data-testid={`quiet-${which}`} />
    </label>
  );
  return (
    <div className="setting">
      <label className="setting-row">
        <span>{words.quiet}</span>
        <Switch checked={quiet.on} onChange={(on) => set({ on })} data-testid="quiet" />
      </label>
      {quiet.on && (
        <>
          <div className="setting-row quiet-times">
            {time("from")}
            {time("to")}
          </div>
          <Checkbox checked={quiet.critical} onChange={(event) => set({ critical: event.target.checked })}>
            {words.quietCritical}
          </Checkbox>
        </>
      )}
      <small>{words.quietHint}</small>
    </div>
  );
}

function DesktopSetting() {
  const words = useWords();
  const { desktop } = useSettings();
  const [allowed, setAllowed] = useState(permission);
  const turn = async (on: boolean): Promise<void> => {
    const answer = on ? await ask() : allowed;
    setAllowed(answer);
    settings.set({ desktop: on && answer === "granted" });
  };
  const hint = { unsupported: words.desktopUnsupported, denied: words.desktopDenied, default: words.desktopOn, granted: words.desktopOn };
  return (
    <div className="setting">
      <label className="setting-row">
        <span>{words.desktop}</span>
        <Switch
          checked={desktop && allowed === "granted"}
          disabled={allowed === "unsupported" || allowed === "denied"}
          onChange={(on) => void turn(on)}
          data-testid="desktop-switch"
        />
      </label>
      <small>{hint[allowed]}</small>
    </div>
  );
}
