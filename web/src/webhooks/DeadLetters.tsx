import { Button, Modal } from "antd";
import { useState } from "react";
import { SeverityMark } from "../components/Severity";
import { useNames, useWords } from "../i18n";
import { go } from "../lib/route";
import { useSettings } from "../lib/settings";
import { useMoment } from "./useMoment";
import { webhooks, type DeadLetter, type Order, type Webhook, type Webhooks } from "./api";
import { reason } from "./reasons";
import "./webhooks.css";

interface Props {
  readonly state: Webhooks;
  readonly put: (now: Webhooks) => void;
  readonly open: boolean;
  readonly close: () => void;
}

/** How each webhook does, and what it did not take: sent again or given up. */
export function DeadLetters({ state, put, open, close }: Props) {
  const { webhooks: words } = useWords();
  const [fault, setFault] = useState("");
  const order = async (letter: DeadLetter, what: Order): Promise<void> => {
    try {
      setFault("");
      put(await webhooks.order(letter.id, what));
    } catch {
      setFault(words.failed);
    }
  };
  return (
    <Modal open={open} onCancel={close} footer={null} title={words.title} width={760} destroyOnHidden>
      <ul className="webhooks">
        {state.webhooks.map((one) => (
          <State key={one.name} webhook={one} />
        ))}
      </ul>
      <h3 className="letters-head">{words.dead}</h3>
      <p className="letters-fault" role="alert">
        {fault}
      </p>
      {state.dead.length === 0 && <p className="letters-none">{words.none}</p>}
      <ul className="letters">
        {state.dead.map((letter) => (
          <Letter key={letter.id} letter={letter} order={order} close={close} />
        ))}
      </ul>
    </Modal>
  );
}

function State({ webhook }: { readonly webhook: Webhook }) {
  const { language } = useSettings();
  const moment = useMoment();
  const { webhooks: words } = useWords();
  return (
    <li className="webhook" data-failing={webhook.why !== null} data-testid="webhook">
      <b>{webhook.name}</b>
      <span>
        {words.shapes[webhook.shape]} · {webhook.host}
      </span>
      <span>{webhook.last === null ? words.never : words.last(moment(webhook.last))}</span>
      {webhook.waiting > 0 && <span>{words.waiting(webhook.waiting)}</span>}
      {webhook.why !== null && (
        <span className="webhook-why">
          {reason(webhook.why, language)}
          {webhook.again !== null && ` · ${words.again(moment(webhook.again))}`}
        </span>
      )}
    </li>
  );
}

interface LetterProps {
  readonly letter: DeadLetter;
  readonly order: (letter: DeadLetter, what: Order) => Promise<void>;
  readonly close: () => void;
}

function Letter({ letter, order, close }: LetterProps) {
  const { language } = useSettings();
  const moment = useMoment();
  const words = useWords();
  const names = useNames();
  const title = names.alert(letter);
  const show = (): void => {
    close();
    go(letter.call, letter.alert);
  };
  return (
    <li className="letter" data-severity={letter.severity} data-testid="dead-letter">
      <SeverityMark severity={letter.severity} />
      <div className="letter-said">
        <button type="button" className="plain letter-title" onClick={show}>
          {title}
        </button>
        <small>
          {[letter.agent, letter.team, letter.raised === null ? null : moment(letter.raised)].filter(Boolean).join(" · ")}
        </small>
        <small className="letter-why">{words.webhooks.why(letter.webhook, letter.attempts, reason(letter.why ?? "", language))}</small>
      </div>
      <Button size="small" onClick={() => void order(letter, "retry")} aria-label={`${words.webhooks.retry}：${title}`} data-testid="letter-retry">
        {words.webhooks.retry}
      </Button>
      <Button size="small" type="text" onClick={() => void order(letter, "drop")} aria-label={`${words.webhooks.drop}：${title}`} data-testid="letter-drop">
        {words.webhooks.drop}
      </Button>
    </li>
  );
}
