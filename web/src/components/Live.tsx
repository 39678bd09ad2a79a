import { useEffect, useMemo, useState, type ReactNode } from "react";
import { api } from "../api/http";
import type { Vocabulary } from "../api/types";
import { VocabularyContext } from "../i18n";
import { Client } from "../live/client";
import { Store, StoreContext, useSelect } from "../state/store";
import { ClientContext, useSession } from "./context";

/** What every page of somebody who is in stands on: the state, kept fresh over the live socket, and the names of things. */
export function Live({ signedOut, children }: { readonly signedOut: () => void; readonly children: ReactNode }) {
  const { name } = useSession().who;
  const [store] = useState(() => new Store());
  const client = useMemo(() => new Client(store, name, signedOut), [store, name, signedOut]);
  useEffect(() => client.start(), [client]);
  return (
    <StoreContext value={store}>
      <ClientContext value={client}>
        <Named>{children}</Named>
      </ClientContext>
    </StoreContext>
  );
}

/** The names of kinds, rules and alerts, read as soon as there is a connection, and again after one was lost. */
function Named({ children }: { readonly children: ReactNode }) {
  const connection = useSelect((state) => state.connection);
  const [vocabulary, setVocabulary] = useState<Vocabulary>({ kinds: {}, rules: {}, alerts: {} });
  useEffect(() => {
    if (connection !== "live") return;
    api.vocabulary().then(setVocabulary, () => undefined); // ids stand for names until the next time
  }, [connection]);
  return <VocabularyContext value={vocabulary}>{children}</VocabularyContext>;
}
