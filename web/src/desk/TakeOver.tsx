import { App, Button } from "antd";
import { SwapOutlined } from "@ant-design/icons";
import type { Call, TakenOver } from "../api/types";
import { useClient, useSession } from "../components/context";
import { useLocale, useWords } from "../i18n";
import { useNow } from "../lib/now";
import { timeOfDay } from "../lib/time";
import { useMe } from "./context";
import { keyOf } from "./keys";
import "./desk.css";

/** Takes a live call over, or gives it back. */
export function useTakeOver(): (call: Call) => void {
  const words = useWords();
  const client = useClient();
  const me = useMe();
  const { rights } = useSession();
  const { message } = App.useApp();
  return (call) => {
    if (call.status !== "live" || !rights.includes("whisper")) return;
    client.takeOver(call.id, call.taken_over === null, me).catch((error: unknown) => {
      void message.error(`${words.notStored}：${error instanceof Error ? error.message : String(error)}`);
    });
  };
}

export function TakeOver({ call }: { readonly call: Call }) {
  const words = useWords().desk;
  const { rights } = useSession();
  const takeOver = useTakeOver();
  if (call.status !== "live" || !rights.includes("whisper")) return null;
  const label = call.taken_over === null ? words.takeOver : words.giveBack;
  return (
    <Button size="small" icon={<SwapOutlined />} onClick={() => takeOver(call)} aria-keyshortcuts={keyOf("take_over")} aria-pressed={call.taken_over !== null} data-testid="take-over">
      {label}
    </Button>
  );
}

/** Who took a call over; when, to who points at it. */
export function TakenOverMark({ taken, brief = false }: { readonly taken: TakenOver; readonly brief?: boolean }) {
  const words = useWords().desk;
  const locale = useLocale();
  const now = useNow();
  const who = words.takenOver(taken.by);
  return (
    <span className="taken-over" title={`${who} ${timeOfDay(taken.when, now, locale)}`} data-testid="taken-over" data-by={taken.by}>
      {brief ? words.takenOverShort : who}
    </span>
  );
}
