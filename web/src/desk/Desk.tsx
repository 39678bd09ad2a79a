import { Modal } from "antd";
import { useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { takesKeys } from "../agent/keys";
import type { Alert } from "../api/types";
import { useSession } from "../components/context";
import { useWords } from "../i18n";
import { go, useRoute } from "../lib/route";
import { alertKey } from "../state/state";
import { StoreContext } from "../state/store";
import { alertsOf, feeds, neighbour, seenAlerts } from "../state/views";
import { acknowledging, DeskContext, useDecide, useMe, type Desk, type Question } from "./context";
import { commandOf, KEYS, type Command } from "./keys";
import { Questions } from "./Questions";
import { useTakeOver } from "./TakeOver";

/** What is asked about alerts, and the keys that work everywhere on the page. */
export function DeskOf({ children }: { readonly children: ReactNode }) {
  const [asked, setAsked] = useState<{ readonly alert: Alert; readonly question: Question } | null>(null);
  const [help, setHelp] = useState(false);
  const ask = useCallback((alert: Alert, question: Question) => setAsked({ alert, question }), []);
  const desk = useMemo((): Desk => ({ ask }), [ask]);
  const close = useCallback(() => setAsked(null), []);
  useKeys(ask, () => setHelp(true), asked !== null || help);
  return (
    <DeskContext value={desk}>
      {children}
      {asked !== null && <Questions key={`${alertKey(asked.alert)} ${asked.question}`} alert={asked.alert} question={asked.question} close={close} />}
      {help && <Help close={() => setHelp(false)} />}
    </DeskContext>
  );
}

function useKeys(ask: Desk["ask"], help: () => void, busy: boolean): void {
  const store = useContext(StoreContext);
  const { rights } = useSession();
  const route = useRoute();
  const decide = useDecide();
  const me = useMe();
  const takeOver = useTakeOver();
  const carryOut = (command: Command): void => {
    if (store === null) return;
    const state = store.get();
    const alerts = seenAlerts(state);
    const chosen = route.call === null ? undefined : (alerts.get(`${route.call}/${route.alert ?? ""}`) ?? alertsOf(alerts, route.call)[0]);
    const decides = rights.includes("decide");
    switch (command) {
      case "next":
      case "previous": {
        const { open, acting } = feeds(alerts);
        const to = neighbour([...open, ...acting], chosen === undefined ? null : alertKey(chosen), command === "next" ? 1 : -1);
        if (to !== undefined) go(to.call, to.id);
        return;
      }
      case "acknowledge":
        if (decides && chosen?.status === "open") decide(chosen, acknowledging(chosen, me));
        return;
      case "false_alarm":
      case "resolve":
      case "assign":
        if (decides && chosen !== undefined && (chosen.status === "open" || chosen.status === "acknowledged")) ask(chosen, command);
        return;
      case "take_over": {
        const call = route.call === null ? undefined : state.calls.get(route.call);
        if (call !== undefined) takeOver(call);
        return;
      }
      case "listen":
        return document.querySelector<HTMLElement>(".sound-start")?.click();
      case "whisper":
        return document.querySelector<HTMLElement>(".whisper-line input")?.focus();
      case "search":
        return document.querySelector<HTMLElement>(".tools input")?.focus();
      case "help":
        return help();
      case "leave":
        if (route.call !== null) go(null);
    }
  };
  const current = useRef({ carryOut, busy });
  useEffect(() => {
    current.current = { carryOut, busy };
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || current.current.busy) return;
      // A field is left with Escape, and only then the call.
      if (event.key === "Escape" && takesKeys(event.target) && event.target instanceof HTMLElement) return event.target.blur();
      const command = commandOf(event, takesKeys(event.target));
      if (command === null || (command === "leave" && document.querySelector(".ant-popover:not(.ant-popover-hidden), .ant-dropdown:not(.ant-dropdown-hidden)"))) return;
      event.preventDefault();
      current.current.carryOut(command);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

function Help({ close }: { readonly close: () => void }) {
  const words = useWords().desk;
  return (
    <Modal open title={words.keys} footer={null} onCancel={close} width={360}>
      <dl className="keys" data-testid="keys">
        {KEYS.map(({ key, command }) => (
          <div key={command}>
            <dt>
              <kbd>{key === "Escape" ? "Esc" : key.toUpperCase()}</kbd>
            </dt>
            <dd>{words.commands[command]}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Alt</kbd>+<kbd>1</kbd>
          </dt>
          <dd>{words.phraseKeys}</dd>
        </div>
      </dl>
    </Modal>
  );
}
