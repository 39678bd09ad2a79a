import { createContext, useContext } from "react";
import type { Person, Right } from "../api/types";
import type { Client } from "../live/client";

export const ClientContext = createContext<Client | null>(null);

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("useClient outside ClientContext");
  return client;
}

export interface SignedIn {
  readonly who: Person;
  readonly rights: readonly Right[];
}

export const SessionContext = createContext<SignedIn | null>(null);

/** Who is in, and what the page may offer them. */
export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("useSession outside SessionContext");
  return session;
}
