import { serverNow } from "../api/http";
import { useLocale } from "../i18n";
import { timeOfDay } from "../lib/time";

/** Says an instant as the reader's clock shows it, with the date where it is not today. */
export function useMoment(): (iso: string) => string {
  const locale = useLocale();
  return (iso) => timeOfDay(iso, serverNow(), locale);
}
