import { App, Button, Input, Popover, type InputRef } from "antd";
import { CheckOutlined, EditOutlined, SendOutlined } from "@ant-design/icons";
import { useEffect, useRef, useState } from "react";
import type { Whisper } from "../api/types";
import { useClient, useSession } from "../components/context";
import { useWords } from "../i18n";
import { settings, useSettings } from "../lib/settings";
import { clock } from "../lib/time";
import { keyOf } from "./keys";
import { PHRASE, PHRASES, phrasesIn, sentBySupervisors } from "./whispering";

interface Props {
  readonly call: string;
  readonly whispers: ReadonlyMap<string, Whisper>;
}

/** A line to the agent of a live call, and what became of those sent before. */
export function WhisperBox({ call, whispers }: Props) {
  const words = useWords().desk;
  const { notStored } = useWords();
  const client = useClient();
  const { rights } = useSession();
  const { message } = App.useApp();
  const [text, setText] = useState("");
  const field = useRef<InputRef>(null);
  const phrases = useSettings().phrases ?? words.defaults;
  const send = (line: string, clear: boolean): void => {
    if (line.trim() === "") return;
    if (clear) setText("");
    client.whisper(call, line.trim()).catch((error: unknown) => {
      if (clear) setText((now) => now || line); // nothing that was typed is lost
      void message.error(`${notStored}：${error instanceof Error ? error.message : String(error)}`);
    });
  };
  useAltDigits((index) => send(phrases[index] ?? "", false));
  if (!rights.includes("whisper")) return null;
  return (
    <section className="whisper-box" aria-label={words.whisper} data-testid="whisper-box">
      <Sent whispers={sentBySupervisors(whispers.values())} />
      <div className="whisper-phrases" role="group" aria-label={words.phrases}>
        {phrases.map((phrase, index) => (
          <button key={index} type="button" className="plain whisper-phrase" onClick={() => send(phrase, false)} title={`Alt+${index + 1}`} data-testid="phrase">
            {phrase}
          </button>
        ))}
        <EditPhrases phrases={phrases} />
      </div>
      <div className="whisper-line">
        <Input
          ref={field}
          value={text}
          maxLength={PHRASE}
          onChange={(event) => setText(event.target.value)}
          onPressEnter={(event) => !event.nativeEvent.isComposing && send(text, true)}
          placeholder={words.whisperTo}
          aria-label={words.whisperTo}
          aria-keyshortcuts={keyOf("whisper")}
          data-testid="whisper-text"
        />
        <Button icon={<SendOutlined />} disabled={text.trim() === ""} onClick={() => send(text, true)} data-testid="whisper-send">
          {words.send}
        </Button>
      </div>
    </section>
  );
}

function Sent({ whispers }: { readonly whispers: readonly Whisper[] }) {
  const words = useWords().desk;
  if (whispers.length === 0) return null;
  return (
    <ul className="whisper-sent" aria-label={words.lastWhispers} aria-live="polite">
      {whispers.map(({ id, say, by, at, status }) => (
        <li key={id} data-testid="sent-whisper" data-status={status}>
          <time className="number">{clock(at)}</time>
          <span className="whisper-say" title={by ?? undefined}>
            {say}
          </span>
          <b data-status={status}>
            {status === "used" && <CheckOutlined aria-hidden="true" />} {words.sentMarks[status]}
          </b>
        </li>
      ))}
    </ul>
  );
}

function EditPhrases({ phrases }: { readonly phrases: readonly string[] }) {
  const words = useWords().desk;
  const editor = (
    <label className="phrases">
      <Input.TextArea
        defaultValue={phrases.join("\n")}
        rows={PHRASES}
        onChange={(event) => settings.set({ phrases: phrasesIn(event.target.value) })}
        aria-label={words.editPhrases}
        data-testid="phrases"
      />
      <small>{words.phrasesHint}</small>
      <Button size="small" onClick={() => settings.set({ phrases: null })}>
        {words.phrasesReset}
      </Button>
    </label>
  );
  return (
    <Popover trigger="click" placement="topRight" title={words.editPhrases} content={editor} destroyOnHidden>
      <Button size="small" type="text" icon={<EditOutlined />} aria-label={words.editPhrases} title={words.editPhrases} data-testid="edit-phrases" />
    </Popover>
  );
}

/** Alt and a digit, wherever the focus is. By the key's place: with Alt some keyboards write other signs. */
function useAltDigits(chosen: (index: number) => void): void {
  const current = useRef(chosen);
  useEffect(() => {
    current.current = chosen;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
      if (digit === undefined || !event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
      event.preventDefault();
      current.current(Number(digit) - 1);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}
