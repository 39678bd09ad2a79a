import "./audit.css";
import { LeftOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { useEffect, useState } from "react";
import { Brand } from "../components/Brand";
import { useSession } from "../components/context";
import { ConnectionState } from "../components/ConnectionState";
import { WhoIsIn } from "../components/Header";
import { LanguageSwitch } from "../components/LanguageSwitch";
import { Live } from "../components/Live";
import { useWords } from "../i18n";
import { hashOf } from "../lib/route";
import { stamp } from "../lib/time";
import { log, type Entry, type Named } from "./api";
import { deed, facts } from "./deeds";
import { EVERYTHING, Filters } from "./Filters";
import { useEntries } from "./useEntries";

/** Who did what, for administrators. The live socket under it ends the page with the session. */
export function AuditPage({ signedOut }: { readonly signedOut: () => void }) {
  const words = useWords().audit;
  const { rights } = useSession();
  useEffect(() => {
    document.title = words.title;
  }, [words]);
  return (
    <Live signedOut={signedOut}>
      <header className="header">
        <Brand />
        <h1 className="audit-title">{words.title}</h1>
        <div className="header-tools">
          <Button type="text" href="/" icon={<LeftOutlined />} className="audit-back" aria-label={words.back} data-testid="audit-back">
            <span>{words.back}</span>
          </Button>
          <ConnectionState />
          <LanguageSwitch />
          <WhoIsIn signedOut={signedOut} />
        </div>
      </header>
      {rights.includes("audit") ? (
        <Log />
      ) : (
        <main className="nothing" data-testid="audit-forbidden">
          <p>{words.forbidden}</p>
        </main>
      )}
    </Live>
  );
}

function Log() {
  const words = useWords().audit;
  const [wanted, setWanted] = useState(EVERYTHING);
  const [people, setPeople] = useState<readonly Named[]>([]);
  const { list, end, state, older, refresh, again } = useEntries(wanted);
  useEffect(() => {
    log.people().then(setPeople, () => undefined); // names stand for people until the next time
  }, []);
  return (
    <main className="audit" data-testid="audit-page" data-state={state}>
      <Filters people={people} wanted={wanted} change={setWanted} refresh={refresh} />
      <div className="audit-scroll" role="region" aria-label={words.title} tabIndex={0} aria-busy={state === "reading"}>
        {list.length > 0 && <Table entries={list} people={people} />}
        {state === "reading" && list.length === 0 && <Skeleton active className="audit-reading" paragraph={{ rows: 8 }} />}
        <div className="audit-end">
          <p role="status" data-testid="audit-count">
            {state === "ready" && (list.length === 0 ? words.none : words.listed(list.length, end))}
          </p>
          {state === "failed" && <Failed again={again} />}
          {list.length > 0 && !end && (
            <Button onClick={older} loading={state === "reading"} data-testid="audit-older">
              {words.older}
            </Button>
          )}
        </div>
      </div>
    </main>
  );
}

function Failed({ again }: { readonly again: () => void }) {
  const words = useWords();
  return (
    <p role="alert">
      {words.audit.failed} <Button onClick={again}>{words.retry}</Button>
    </p>
  );
}

/** With its roles spelt out: on a phone its rows are cards, and a browser may take a table laid out otherwise for none. */
function Table({ entries, people }: { readonly entries: readonly Entry[]; readonly people: readonly Named[] }) {
  const words = useWords().audit;
  const known = new Map(people.map((one) => [one.name, one]));
  return (
    <table role="table" className="audit-table">
      <caption className="unseen">{words.title}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {[words.when, words.person, words.deed, words.call, words.detail, words.address].map((name) => (
            <th key={name} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} display={known.get(entry.who)?.display ?? null} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ entry, display }: { readonly entry: Entry; readonly display: string | null }) {
  const words = useWords();
  return (
    <tr role="row" data-testid="audit-entry" data-action={entry.action} data-who={entry.who}>
      <td role="cell" className="number audit-when">
        <time dateTime={entry.when}>{stamp(entry.when)}</time>
      </td>
      <td role="cell" className="audit-who">
        <Who entry={entry} display={display} />
      </td>
      <td role="cell" className="audit-deed">{deed(entry, words)}</td>
      <td role="cell" className="audit-call">{entry.call !== null && <a href={`/${hashOf(entry.call)}`}>{entry.call}</a>}</td>
      <td role="cell">
        <dl className="audit-facts">
          {facts(entry, words).map(({ key, label, value }) => (
            <div key={key}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </td>
      <td role="cell" className="number audit-address">{entry.address}</td>
    </tr>
  );
}

/** By the name on the page, and the account's where that is another. */
function Who({ entry: { who, role }, display }: { readonly entry: Entry; readonly display: string | null }) {
  const words = useWords();
  if (who === "") return <span>{role === null ? words.audit.nobodyKnown : words.audit.noAccounts}</span>;
  const place = role === null ? "" : role === "console" ? words.audit.console : words.roles[role];
  return (
    <>
      <b>{display ?? who}</b> <small>{[display === null || display === who ? "" : who, place].filter(Boolean).join(" · ")}</small>
    </>
  );
}
