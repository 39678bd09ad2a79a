import { Typography } from "antd";
import { useWords } from "../i18n";

export function NoCalls() {
  const words = useWords();
  return (
    <div className="nothing" data-testid="no-calls">
      <h3>{words.nobodyCalls}</h3>
      <p>{words.nobodyCallsLead}</p>
      <dl>
        <dt>{words.howPlay}</dt>
        <dd>
          <Typography.Text code copyable>
            callmonitor play call.wav
          </Typography.Text>
        </dd>
        <dt>{words.howListen}</dt>
        <dd>
          <Typography.Text code copyable>
            callmonitor listen
          </Typography.Text>
        </dd>
      </dl>
    </div>
  );
}
