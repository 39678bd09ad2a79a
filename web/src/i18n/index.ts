import { createContext, useContext } from "react";
import type { Alert, Finding, Names, Vocabulary } from "../api/types";
import { useSettings, type Language } from "../lib/settings";
import { inEnglish, isStated, stated } from "./because";
import { en } from "./en";
import { zh, type Dictionary } from "./zh";

const DICTIONARIES: Record<Language, Dictionary> = { zh, en };
const LOCALES: Record<Language, string> = { zh: "zh-CN", en: "en-GB" };

export function useWords(): Dictionary {
  return DICTIONARIES[useSettings().language];
}

export function useLocale(): string {
  return LOCALES[useSettings().language];
}

export const VocabularyContext = createContext<Vocabulary>({ kinds: {}, rules: {}, alerts: {} });

export interface NameOf {
  readonly alert: (alert: { readonly rule: string; readonly title: string }) => string;
  readonly finding: (finding: Pick<Finding, "kind" | "rule">) => string;
  readonly because: (finding: Pick<Finding, "because">) => string;
  readonly words: (alert: Pick<Alert, "text" | "because">) => { readonly text: string; readonly spoken: boolean };
}

/** Display names and reasons in the page's language; an id the server has no name for stands for itself. */
export function useNames(): NameOf {
  const vocabulary = useContext(VocabularyContext);
  const { language } = useSettings();
  return namesIn(vocabulary, language);
}

export function namesIn(vocabulary: Vocabulary, language: Language): NameOf {
  const pick = (names: Names | undefined): string | undefined => names?.[language] || undefined;
  return {
    alert: ({ rule, title }) => pick(vocabulary.alerts[rule]) ?? (title || rule),
    finding: ({ kind, rule }) =>
      (rule === null ? undefined : pick(vocabulary.rules[`${kind}/${rule}`])) ?? pick(vocabulary.kinds[kind]) ?? rule ?? kind,
    because: ({ because }) => (language === "en" ? inEnglish(because) : because),
    words: ({ text, because }) => {
      const spoken = !isStated(because);
      return { text: language === "en" && !spoken ? stated(text) : text, spoken };
    },
  };
}
