import { Button, Input, Modal, Radio } from "antd";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { api } from "../api/http";
import type { Alert, Choice, Mistake, Owner } from "../api/types";
import { AlertWords } from "../components/AlertWords";
import { useNames, useWords } from "../i18n";
import { useDecide, useMe, type Question } from "./context";

const MISTAKES: readonly Mistake[] = ["misheard", "other_sense", "quoted", "joking", "no_breach", "other"];
const NOTE = 1000; // characters

interface Props {
  readonly alert: Alert;
  readonly question: Question;
  readonly close: () => void;
}

/** What has to be asked before an alert is a false alarm, resolved, or somebody's. */
export function Questions({ alert, question, close }: Props) {
  const words = useWords().desk;
  const names = useNames();
  const decide = useDecide();
  const done = (choice: Choice): void => {
    decide(alert, choice);
    close();
  };
  const title = { false_alarm: words.falseWhy, resolve: words.resolve, assign: words.assignTo }[question];
  const Body = { false_alarm: FalseAlarm, resolve: Resolve, assign: Assign }[question];
  return (
    <Modal open title={title} footer={null} onCancel={close} width={420} className="question" afterOpenChange={(open) => open && focusFirst()}>
      <div data-testid="question" data-question={question}>
        <p className="question-about">
          <b>{names.alert(alert)}</b>
          <AlertWords alert={alert} />
        </p>
        <Body alert={alert} done={done} close={close} />
      </div>
    </Modal>
  );
}

/** The dialog takes the focus for itself while it opens. */
const focusFirst = (): void => document.querySelector<HTMLElement>(".question :is([data-first], input[type='radio'])")?.focus();

interface BodyProps {
  readonly alert: Alert;
  readonly done: (choice: Choice) => void;
  readonly close: () => void;
}

function FalseAlarm({ alert, done, close }: BodyProps) {
  const words = useWords().desk;
  const [why, setWhy] = useState<Mistake | null>(alert.why);
  const [note, setNote] = useState("");
  const save = why === null ? undefined : () => done({ status: "false_alarm", why, ...noteIn(note) });
  const pressed = (event: KeyboardEvent): void => {
    const chosen = event.target instanceof HTMLTextAreaElement ? undefined : MISTAKES[Number(event.key) - 1];
    if (chosen !== undefined) setWhy(chosen);
  };
  return (
    <Form save={save} close={close} pressed={pressed}>
      <Radio.Group className="question-why" value={why} onChange={(event) => setWhy(event.target.value as Mistake)} aria-label={words.falseWhy}>
        {MISTAKES.map((mistake, index) => (
          <Radio key={mistake} value={mistake} data-testid="why" data-why={mistake}>
            <kbd>{index + 1}</kbd> {words.why[mistake]}
          </Radio>
        ))}
      </Radio.Group>
      <Note label={words.note} value={note} change={setNote} />
    </Form>
  );
}

function Resolve({ done, close }: BodyProps) {
  const words = useWords().desk;
  const [note, setNote] = useState("");
  return (
    <Form save={() => done({ status: "resolved", ...noteIn(note) })} close={close}>
      <Note label={words.resolveHow} value={note} change={setNote} focused />
    </Form>
  );
}

const noteIn = (note: string): Choice => (note.trim() === "" ? {} : { note: note.trim() });

function Note({ label, value, change, focused = false }: { readonly label: string; readonly value: string; readonly change: (note: string) => void; readonly focused?: boolean }) {
  const words = useWords().desk;
  return (
    <label className="question-note">
      <span>{label}</span>
      <Input.TextArea value={value} onChange={(event) => change(event.target.value)} maxLength={NOTE} rows={3} data-first={focused || undefined} data-testid="note" />
      <small>{words.noteHint}</small>
    </label>
  );
}

interface FormProps {
  readonly save: (() => void) | undefined;
  readonly close: () => void;
  readonly pressed?: (event: KeyboardEvent) => void;
  readonly children: ReactNode;
}

/** Enter saves outside of a note, Ctrl+Enter everywhere; wherever in the dialog the focus is. */
function Form({ save, close, pressed, children }: FormProps) {
  const words = useWords().desk;
  const current = useRef({ save, pressed });
  useEffect(() => {
    current.current = { save, pressed };
  });
  useEffect(() => {
    const heard = (event: KeyboardEvent): void => {
      const onButton = event.target instanceof HTMLButtonElement;
      if (event.key !== "Enter") return current.current.pressed?.(event);
      if (event.isComposing || onButton || (event.target instanceof HTMLTextAreaElement && !event.ctrlKey && !event.metaKey)) return;
      event.preventDefault();
      current.current.save?.();
    };
    window.addEventListener("keydown", heard);
    return () => window.removeEventListener("keydown", heard);
  }, []);
  return (
    <div className="question-form">
      {children}
      <div className="question-end">
        <small>{words.saveHint}</small>
        <Button onClick={close}>{words.cancel}</Button>
        <Button type="primary" disabled={save === undefined} onClick={save} data-testid="question-save">
          {words.save}
        </Button>
      </div>
    </div>
  );
}

function Assign({ alert, done }: BodyProps) {
  const words = useWords().desk;
  const me = useMe();
  const [known, setKnown] = useState<readonly Owner[] | null>(null);
  const [text, setText] = useState("");
  useEffect(() => {
    let here = true;
    api.owners(alert.call).then((owners) => here && setKnown(owners), () => undefined); // one may still take it, or let it go
    return () => {
      here = false;
    };
  }, [alert.call]);
  const others = (known ?? []).filter(({ name }) => name !== me);
  const wanted = text.trim().toLowerCase();
  const found = others.filter(({ name, display }) => name.toLowerCase().includes(wanted) || display.toLowerCase().includes(wanted));
  const rows: readonly { readonly owner: string | null; readonly label: string }[] = [
    ...(wanted === "" && alert.owner !== me ? [{ owner: me, label: `${words.me}（${me}）` }] : []),
    ...found.map(({ name, display }) => ({ owner: name, label: display === name ? name : `${display}（${name}）` })),
    // Without accounts anybody may be named.
    ...(wanted !== "" && known?.length === 0 ? [{ owner: text.trim(), label: text.trim() }] : []),
    ...(wanted === "" && alert.owner !== null ? [{ owner: null, label: words.nobody }] : []),
  ];
  const first = rows[0];
  return (
    <div className="question-form">
      <Input
        value={text}
        onChange={(event) => setText(event.target.value)}
        onPressEnter={(event) => !event.nativeEvent.isComposing && first !== undefined && done({ owner: first.owner })}
        maxLength={64}
        placeholder={words.assignSearch}
        aria-label={words.assignSearch}
        data-first
        data-testid="owner-search"
      />
      <ul className="owners">
        {rows.map(({ owner, label }) => (
          <li key={owner ?? ""}>
            <button type="button" className="plain" onClick={() => done({ owner })} data-testid="owner" data-owner={owner ?? ""}>
              {label}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
