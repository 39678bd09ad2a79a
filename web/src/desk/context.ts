import { createContext, useContext } from "react";
import { App } from "antd";
import { ApiError } from "../api/http";
import type { Alert, Choice } from "../api/types";
import { useClient, useSession } from "../components/context";
import { useWords } from "../i18n";
import { settings } from "../lib/settings";

/** What an alert's decision still needs to be asked. */
export type Question = "false_alarm" | "resolve" | "assign";

export interface Desk {
  readonly ask: (alert: Alert, question: Question) => void;
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error("useDesk outside DeskContext");
  return desk;
}

/** How decisions are signed. */
export function useMe(): string {
  const words = useWords();
  const { who } = useSession();
  return who.name || settings.get().reviewer.trim() || words.supervisor;
}

/** Decides on an alert as it is shown; says so where that could not be kept. */
export function useDecide(): (alert: Alert, choice: Choice) => void {
  const words = useWords();
  const client = useClient();
  const me = useMe();
  const { message } = App.useApp();
  return (alert, choice) => {
    client.mark(alert, choice, me).catch((error: unknown) => {
      const code = error instanceof ApiError ? error.code : "";
      if (code === "alert_changed") void message.warning(words.desk.changed);
      else if (code === "unknown_owner") void message.error(words.desk.unknownOwner);
      else void message.error(`${words.notStored}：${error instanceof Error ? error.message : String(error)}`);
    });
  };
}

/** Acknowledging takes an alert that nobody has: somebody sees to it from then on. */
export const acknowledging = (alert: Alert, me: string): Choice => ({ status: "acknowledged", ...(alert.owner === null ? { owner: me } : {}) });
