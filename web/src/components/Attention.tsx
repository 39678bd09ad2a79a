import { useContext, useEffect, useRef, useState } from "react";
import { arrivals, gravest } from "../attention/arrivals";
import { show } from "../attention/desktop";
import { play, unlock } from "../attention/sound";
import { useNames, useWords } from "../i18n";
import { go } from "../lib/route";
import { settings } from "../lib/settings";
import { alertKey } from "../state/reducer";
import { StoreContext, useSelect } from "../state/store";
import { totals } from "../state/views";

/** Brings new alerts to eye and ear: sound, desktop notification, screen reader, the page's title. */
export function Attention() {
  const words = useWords();
  const names = useNames();
  const store = useContext(StoreContext);
  const [spoken, setSpoken] = useState("");
  const critical = useSelect((state) => totals(state).critical);
  // The language may change at any time; that is no reason to subscribe anew and miss what comes in between.
  const current = useRef({ words, names });
  useEffect(() => {
    current.current = { words, names };
  }, [words, names]);

  useEffect(() => {
    document.title = critical > 0 ? `(${critical}) ${words.product}` : words.product;
  }, [critical, words]);

  useEffect(() => {
    window.addEventListener("pointerdown", unlock);
    window.addEventListener("keydown", unlock);
    return () => {
      window.removeEventListener("pointerdown", unlock);
      window.removeEventListener("keydown", unlock);
    };
  }, []);

  useEffect(() => {
    if (store === null) return undefined;
    let before = store.get();
    return store.subscribe(() => {
      const state = store.get();
      const fresh = arrivals(before, state);
      before = state;
      const worst = gravest(fresh);
      if (worst === undefined) return;
      if (!settings.get().muted) play(worst);
      const { words, names } = current.current;
      const sentences = fresh.map((alert) => {
        const agent = state.calls.get(alert.call)?.agent ?? words.unknownAgent;
        const title = names.alert(alert);
        if (settings.get().desktop && !document.hasFocus()) {
          show(alertKey(alert), `${words.severity[alert.severity]} · ${title}`, agent, () => go(alert.call, alert.id));
        }
        return words.newAlert(words.severity[alert.severity], title, agent);
      });
      setSpoken(sentences.length === 1 ? (sentences[0] ?? "") : words.newAlerts(sentences.length));
    });
  }, [store]);

  return (
    <div className="unseen" aria-live="assertive" data-testid="announcer">
      {spoken}
    </div>
  );
}
