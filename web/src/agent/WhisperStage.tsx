import { App, Button } from "antd";
import { useCallback, useContext, useEffect, useMemo, useRef, useState, type PointerEvent } from "react";
import type { Call, Whisper, WhisperMark } from "../api/types";
import { ApiError } from "../api/http";
import { chime } from "../attention/sound";
import { useClient, useSession } from "../components/context";
import { useWords, VocabularyContext } from "../i18n";
import { useSettings } from "../lib/settings";
import { clock } from "../lib/time";
import { useSelect } from "../state/store";
import { CHOICES, choiceOf, takesKeys, type Choice } from "./keys";
import { usePreferences } from "./preferences";
import { speak } from "./speech";
import { bySupervisor, offered } from "./stage";
import { useStage } from "./useStage";

interface Props {
  readonly call: Call;
  readonly whispers: ReadonlyMap<string, Whisper>;
}

/** At most one whisper, large, in a place that keeps its size whether there is one or none. */
export function WhisperStage({ call, whispers }: Props) {
  const words = useWords().agentPage;
  const answers = useSelect((state) => state.answers);
  const [recalled, recall] = useState<string | null>(null);
  const offer = useMemo(() => offered(whispers.values(), answers, call.seconds, recalled), [whispers, answers, call.seconds, recalled]);
  const [under, setUnder] = useState(false);
  const { whisper, armed, rest } = useStage(offer, under);
  const mine = useMine();
  const answer = useAnswer();
  useSeen(whisper, mine, answer);
  useHeard(whisper);
  const choose = useCallback(
    (choice: Choice) => {
      if (whisper === undefined || !armed || !mine) return;
      if (whisper.id === recalled) recall(null);
      if (choice !== whisper.status) void answer(whisper, choice);
    },
    [whisper, armed, mine, recalled, answer],
  );
  useKeys(choose);
  return (
    <section className="stage" aria-label={words.whisper} data-testid="stage" data-origin={whisper?.origin}>
      <Announcer whisper={whisper} />
      {whisper === undefined ? (
        <div className="stage-empty">
          <p>{words.quiet}</p>
          <small>{words.listening}</small>
        </div>
      ) : (
        <Card key={whisper.id} whisper={whisper} rest={rest} />
      )}
      <div
        className="stage-actions"
        onPointerEnter={(event: PointerEvent) => event.pointerType === "mouse" && setUnder(true)}
        onPointerLeave={() => setUnder(false)}
      >
        {whisper !== undefined && mine && <Choices armed={armed} choose={choose} />}
        <Later later={offer.later} again={mine ? recall : undefined} />
      </div>
    </section>
  );
}

function Card({ whisper, rest }: { readonly whisper: Whisper; readonly rest: number }) {
  const words = useWords().agentPage;
  const label = bySupervisor(whisper) ? words.fromSupervisor(whisper.by ?? "") : words.suggestion;
  const reason = useReason(whisper);
  const size = Array.from(whisper.say).length;
  return (
    <article className="whisper" data-testid="whisper" data-whisper={whisper.id} data-origin={whisper.origin} data-status={whisper.status}>
      <p className="whisper-top">
        <b>{label}</b>
        <time className="number">{clock(whisper.at)}</time>
        {rest > 0 && <span>{words.more(rest)}</span>}
      </p>
      <p className="stage-say" data-size={size <= 28 ? "large" : size <= 48 ? "middle" : size <= 84 ? "small" : "least"} data-testid="whisper-say" tabIndex={0}>
        {whisper.say}
      </p>
      {reason !== "" && (
        <p className="whisper-why" data-testid="whisper-why" title={reason}>
          {reason}
        </p>
      )}
    </article>
  );
}

/** In Chinese with the customer's own words and figures in it; in English as the playbook has it. */
function useReason({ reason, rule }: Whisper): string {
  const { whispers = {} } = useContext(VocabularyContext);
  const { language } = useSettings();
  const known = rule === null || !Object.hasOwn(whispers, rule) ? undefined : whispers[rule];
  return language === "zh" ? reason : (known?.en ?? reason);
}

function Choices({ armed, choose }: { readonly armed: boolean; readonly choose: (choice: Choice) => void }) {
  const words = useWords().agentPage;
  return (
    <div className="stage-choices" data-armed={armed}>
      {CHOICES.map(({ key, choice }) => (
        <Button
          key={choice}
          type={choice === "used" ? "primary" : "default"}
          size="large"
          aria-disabled={!armed}
          aria-keyshortcuts={key}
          title={words.put[choice]}
          onClick={() => choose(choice)}
          data-testid={`whisper-${choice}`}
        >
          {words.choices[choice]} <kbd>{key}</kbd>
        </Button>
      ))}
    </div>
  );
}

/** What was put off: the newest of it, one click away. */
function Later({ later, again }: { readonly later: readonly Whisper[]; readonly again: ((id: string) => void) | undefined }) {
  const words = useWords().agentPage;
  const [newest] = later;
  if (newest === undefined) return null;
  return (
    <p className="stage-later" data-testid="later">
      <span>{words.laterOnes(later.length)}</span>
      <q>{newest.say}</q>
      {again !== undefined && (
        <Button size="small" type="text" onClick={() => again(newest.id)} data-testid="later-again">
          {words.backAgain}
        </Button>
      )}
    </p>
  );
}

/** For a screen reader: a supervisor's words at once, a suggestion when there is a pause, and that one is gone. */
function Announcer({ whisper }: { readonly whisper: Whisper | undefined }) {
  const words = useWords().agentPage;
  const said = whisper === undefined ? "" : whisper.say;
  const boss = whisper !== undefined && bySupervisor(whisper);
  const had = useRef(false);
  useEffect(() => {
    had.current ||= whisper !== undefined;
  }, [whisper]);
  return (
    <>
      <div className="unseen" aria-live="assertive" data-testid="said-supervisor">
        {boss ? `${words.fromSupervisor(whisper.by ?? "")}：${said}` : ""}
      </div>
      <div className="unseen" aria-live="polite" data-testid="said-playbook">
        {boss ? "" : said === "" ? (had.current ? words.quiet : "") : `${words.suggestion}：${said}`}
      </div>
    </>
  );
}

/** Whether the whispers are this person's to answer: the agent's own, or of a machine without accounts. */
function useMine(): boolean {
  const { who } = useSession();
  return who.role === "agent" || who.name === "";
}

function useAnswer(): (whisper: Whisper, mark: WhisperMark) => Promise<void> {
  const client = useClient();
  const words = useWords();
  const { message } = App.useApp();
  return useCallback(
    async (whisper, mark) => {
      try {
        await client.answer(whisper, mark);
      } catch (error) {
        // That it was seen is told again when the line is back; only what the agent chose is worth a word.
        if (mark === "seen") return;
        void message.error(error instanceof ApiError && error.status !== 0 ? `${words.notStored}：${error.message}` : words.notStored);
      }
    },
    [client, words, message],
  );
}

/** Tells the supervisor that a whisper was on the screen of a page in sight. */
function useSeen(whisper: Whisper | undefined, mine: boolean, answer: (whisper: Whisper, mark: WhisperMark) => Promise<void>): void {
  const connected = useSelect((state) => state.connection === "live");
  const [visible, setVisible] = useState(() => document.visibilityState === "visible");
  useEffect(() => {
    const changed = (): void => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, []);
  const unseen = whisper?.status === "sent" ? whisper : undefined;
  const current = useRef(unseen);
  useEffect(() => {
    current.current = unseen;
  }, [unseen]);
  const id = unseen?.id;
  useEffect(() => {
    if (id !== undefined && mine && visible && connected && current.current !== undefined) void answer(current.current, "seen");
  }, [id, mine, visible, connected, answer]);
}

/** A chime and, where the agent wants it, a voice; the voice stops when the whisper goes. */
function useHeard(whisper: Whisper | undefined): void {
  const preferences = usePreferences();
  const wishes = useRef(preferences);
  useEffect(() => {
    wishes.current = preferences;
  }, [preferences]);
  const { id, say, origin } = whisper ?? {};
  useEffect(() => {
    if (origin !== undefined && wishes.current.chime) chime(origin);
  }, [id, origin]);
  useEffect(() => (id !== undefined && say !== undefined && preferences.speak ? speak(say) : undefined), [id, say, preferences.speak]);
}

function useKeys(choose: (choice: Choice) => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const choice = choiceOf(event, takesKeys(event.target));
      if (choice !== null) choose(choice);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [choose]);
}
