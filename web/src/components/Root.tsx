import { App, ConfigProvider } from "antd";
import enGB from "antd/locale/en_GB";
import zhCN from "antd/locale/zh_CN";
import { lazy, Suspense, useCallback, useEffect, useState, type ComponentType } from "react";
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
const AuditPage = lazy(async () => ({ default: (await import("../audit/AuditPage")).AuditPage }));

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
  const Page = pageAt(location.pathname);
  return (
    <SessionContext value={{ who: stage.who, rights: stage.rights }}>
      <Suspense fallback={<Boot text={words.booting} />}>
        <Page signedOut={left} />
      </Suspense>
    </SessionContext>
  );
}

const PAGES: Readonly<Record<string, ComponentType<{ readonly signedOut: () => void }>>> = {
  "/agent": AgentPage, // whoever else opens it looks over an agent's shoulder
  "/audit": AuditPage, // whoever else opens it is told that it is not theirs
};

const pageAt = (path: string) => PAGES[path.replace(/\/$/, "")] ?? Console;
