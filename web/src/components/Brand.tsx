import { useWords } from "../i18n";

export function Brand() {
  return (
    <span className="brand">
      <img src="/icon.svg" alt="" width="24" height="24" />
      <span className="brand-name">{useWords().product}</span>
    </span>
  );
}
