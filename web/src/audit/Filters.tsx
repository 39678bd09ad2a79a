import { DownloadOutlined, ReloadOutlined } from "@ant-design/icons";
import { App, Button, Select } from "antd";
import { useState } from "react";
import { ApiError } from "../api/http";
import { useWords } from "../i18n";
import { log, type Named, type Wanted } from "./api";
import { GROUPS, type Group } from "./deeds";

export const EVERYTHING: Wanted = { who: null, actions: [], from: "", to: "" };
const LAST_DAY = "2999-12-31"; // also keeps the year at four digits
const ANYBODY = "*"; // no account's name: it has letters, digits and . - _
const GROUP_NAMES = Object.keys(GROUPS) as Group[];

interface Props {
  readonly people: readonly Named[];
  readonly wanted: Wanted;
  readonly change: (wanted: Wanted) => void;
  readonly refresh: () => void;
}

/** Who, what, which days; and what is left of it, taken out. */
export function Filters({ people, wanted, change, refresh }: Props) {
  const words = useWords().audit;
  const narrowed = wanted.who !== null || wanted.actions.length > 0 || wanted.from !== "" || wanted.to !== "";
  const group = GROUP_NAMES.find((name) => GROUPS[name] === wanted.actions);
  return (
    <div className="audit-filters" role="search">
      <Select
        value={wanted.who ?? ANYBODY}
        onChange={(who) => change({ ...wanted, who: who === ANYBODY ? null : who })}
        options={[{ value: ANYBODY, label: words.anybody }, ...people.map((one) => ({ value: one.name, label: called(one, words.nobodyNamed) }))]}
        showSearch={{ optionFilterProp: "label" }}
        popupMatchSelectWidth={false}
        aria-label={words.person}
        data-testid="audit-person"
      />
      <Select<Group | "any">
        value={group ?? "any"}
        onChange={(chosen) => change({ ...wanted, actions: chosen === "any" ? [] : GROUPS[chosen] })}
        options={[{ value: "any", label: words.anyDeed }, ...GROUP_NAMES.map((name) => ({ value: name, label: words.groups[name] }))]}
        listHeight={320} // all of them, without scrolling
        popupMatchSelectWidth={false}
        aria-label={words.deed}
        data-testid="audit-deed"
      />
      <Day label={words.from} value={wanted.from} max={wanted.to} change={(from) => change({ ...wanted, from })} id="audit-from" />
      <Day label={words.to} value={wanted.to} min={wanted.from} change={(to) => change({ ...wanted, to })} id="audit-to" />
      {narrowed && (
        <Button type="text" onClick={() => change(EVERYTHING)} data-testid="audit-clear">
          {words.clear}
        </Button>
      )}
      <span className="audit-tools">
        <Button icon={<ReloadOutlined />} onClick={refresh} data-testid="audit-refresh">
          {words.refresh}
        </Button>
        <Export wanted={wanted} />
      </span>
    </div>
  );
}

const called = ({ name, display }: Named, nobody: string): string =>
  name === "" ? nobody : display === null || display === name ? name : `${display}（${name}）`;

interface DayProps {
  readonly label: string;
  readonly value: string;
  readonly min?: string;
  readonly max?: string;
  readonly change: (day: string) => void;
  readonly id: string;
}

function Day({ label, value, min, max, change, id }: DayProps) {
  return (
    <label className="audit-day">
      <span>{label}</span>
      <input
        type="date"
        value={value}
        min={min}
        max={max || LAST_DAY}
        onChange={(event) => change(event.target.value)}
        data-testid={id}
      />
    </label>
  );
}

function Export({ wanted }: { readonly wanted: Wanted }) {
  const words = useWords().audit;
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const take = async (): Promise<void> => {
    setBusy(true);
    try {
      save(await log.table(wanted));
      void message.success(words.exported);
    } catch (error) {
      void message.error(error instanceof ApiError && error.code === "too_many_entries" ? words.tooMany : words.exportFailed);
    }
    setBusy(false);
  };
  return (
    <Button icon={<DownloadOutlined />} loading={busy} onClick={() => void take()} title={words.exportHint} data-testid="audit-export">
      {words.export}
    </Button>
  );
}

/** As a file. Reading the answer as text took the byte order mark away, by which spreadsheets know UTF-8. */
function save(table: string): void {
  const address = URL.createObjectURL(new Blob(["\ufeff", table], { type: "text/csv;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: "audit.csv" });
  link.click();
  URL.revokeObjectURL(address);
}
