import { App, ConfigProvider } from "antd";
import enGB from "antd/locale/en_GB";
import zhCN from "antd/locale/zh_CN";
import { useCallback, useEffect, useState } from "react";
import { api } from "../api/http";
import { useLocale, useWords } from "../i18n";
import { useSettings } from "../lib/settings";
import { theme } from "../theme";
import { Boot } from "./Boot";
import { Console } from "./Console";
import { SignIn } from "./SignIn";

type Stage = "asking" | "unreachable" | "sign_in" | "signed_in";

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
  const [guarded, setGuarded] = useState(false);

  const ask = useCallback(async () => {
    try {
      const session = await api.session();
      setGuarded(session.password_needed);
      setStage(session.password_needed && !session.signed_in ? "sign_in" : "signed_in");
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

  const leave = useCallback(() => {
    setGuarded(true);
    setStage("sign_in");
  }, []);

  switch (stage) {
    case "asking":
      return <Boot text={words.booting} />;
    case "unreachable":
      return <Boot text={words.unreachable} />;
    case "sign_in":
      return <SignIn done={() => setStage("signed_in")} />;
    case "signed_in":
      return <Console guarded={guarded} signedOut={leave} />;
  }
}
