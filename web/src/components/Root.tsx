import { App, ConfigProvider } from "antd";
import enGB from "antd/locale/en_GB";
import zhCN from "antd/locale/zh_CN";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { api } from "../api/http";
import type { Session } from "../api/types";
import { useLocale, useWords } from "../i18n";
import { useSettings } from "../lib/settings";
import { theme } from "../theme";
import { Boot } from "./Boot";
import { Console } from "./Console";
import { SessionContext } from "./context";
import { SignIn } from "./SignIn";

const AgentPage = lazy(async () => ({ default: (await import("../agent/AgentPage")).AgentPage }));

type Stage = "asking" | "unreachable" | Session;

const ASK_AGAIN = 3_000; // milliseconds

export function Root() {
  const { language } = useSettings();
  const locale = useLocale();
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return (
    <ConfigProvider theme={theme} locale={language === "zh" ? zhCN : enGB} button={{ autoInsertSpace: false }}>
      <App className="app" message={{ maxCount: 2 }}>
        <Gate />
      </App>
    </ConfigProvider>
  );
}

function Gate() {
  const words = useWords();
  const [stage, setStage] = useState<Stage>("asking");

  const ask = useCallback(async () => {
    try {
      setStage(await api.session());
    } catch {
      setStage("unreachable");
    }
  }, []);

  useEffect(() => {
    if (stage === "asking") void ask();
    if (stage !== "unreachable") return undefined;
    const again = setInterval(() => void ask(), ASK_AGAIN);
    return () => clearInterval(again);
  }, [stage, ask]);

  const left = useCallback(() => setStage("asking"), []);

  if (stage === "asking") return <Boot text={words.booting} />;
  if (stage === "unreachable") return <Boot text={words.unreachable} />;
  if (!stage.signed_in || stage.who === null) return <SignIn done={setStage} />;
  return (
    <SessionContext value={{ who: stage.who, rights: stage.rights }}>
      <Suspense fallback={<Boot text={words.booting} />}>
        {isAgents() ? <AgentPage signedOut={left} /> : <Console signedOut={left} />}
      </Suspense>
    </SessionContext>
  );
}

/** The agent's page is at /agent; whoever else opens it looks over an agent's shoulder. */
const isAgents = (): boolean => location.pathname.replace(/\/$/, "") === "/agent";
