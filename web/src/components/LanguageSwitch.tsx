import { Button } from "antd";
import { useWords } from "../i18n";
import { settings } from "../lib/settings";

export function LanguageSwitch() {
  const words = useWords();
  const turn = (): void => settings.set({ language: settings.get().language === "zh" ? "en" : "zh" });
  return (
    <Button type="text" onClick={turn} title={words.languageHint} data-testid="lang-switch">
      {words.language}
    </Button>
  );
}
