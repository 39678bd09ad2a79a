import { useContext, useEffect, useRef, useState } from "react";
import type { Alert } from "../api/types";
import { arrivals, gravest } from "../attention/arrivals";
import { show } from "../attention/desktop";
import { heed, isQuiet, MANY, minuteOfDay, type News, type Told } from "../attention/heed";
import { play } from "../attention/sound";
import { useUnlock } from "../attention/useUnlock";
import { useNames, useWords, type NameOf } from "../i18n";
import type { Dictionary } from "../i18n/zh";
import { go } from "../lib/route";
import { settings } from "../lib/settings";
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

  useUnlock();

  useEffect(() => {
    if (store === null) return undefined;
    let before = store.get();
    let told: Told = new Map();
    return store.subscribe(() => {
      const state = store.get();
      const fresh = arrivals(before, state);
      before = state;
      if (fresh.length === 0) return;
      const { words, names } = current.current;
      const nameOf = (alert: Alert): string => state.calls.get(alert.call)?.agent ?? words.unknownAgent;
      const heeded = heed(told, fresh, Date.now());
      told = heeded.told;
      const { muted, desktop, quiet } = settings.get();
      const minute = minuteOfDay(new Date());
      const loud = heeded.news.filter(({ worst }) => !isQuiet(quiet, worst, minute));
      const worst = gravest(loud.map(({ alert }) => alert));
      if (worst !== undefined && !muted) play(worst);
      if (desktop && !document.hasFocus()) notify(loud, words, names, nameOf);
      const [first] = fresh;
      setSpoken(
        first !== undefined && fresh.length === 1
          ? words.newAlert(words.severity[first.severity], names.alert(first), nameOf(first))
          : words.newAlerts(fresh.length),
      );
    });
  }, [store]);

  return (
    <div className="unseen" aria-live="assertive" data-testid="announcer">
      {spoken}
    </div>
  );
}

/** One notification a call, which replaces that call's last; of many calls at once, one for all. */
function notify(news: readonly News[], words: Dictionary, names: NameOf, nameOf: (alert: Alert) => string): void {
  if (news.length > MANY) {
    const worst = gravest(news.map(({ alert }) => alert));
    const first = news.find((one) => one.worst === worst) ?? news[0];
    if (first !== undefined) show("many", words.desk.manyCalls(news.length), news.map(({ alert }) => nameOf(alert)).join(" · "), () => go(first.call, first.alert.id));
    return;
  }
  for (const { call, worst, alert, count } of news) {
    const title = `${words.severity[worst]} · ${names.alert(alert)}`;
    show(call, count > 1 ? words.desk.andMore(title, count - 1) : title, nameOf(alert), () => go(call, alert.id));
  }
}
