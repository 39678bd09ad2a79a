import { useCallback, useEffect, useState } from "react";
import { useSession } from "../components/context";
import { webhooks, type Webhooks } from "./api";

const EVERY = 30_000; // milliseconds

/** How the webhooks do, read anew from time to time; null before it is known, and for those it does not concern. */
export function useWebhooks(): readonly [Webhooks | null, (now: Webhooks) => void] {
  const { who } = useSession();
  const [state, setState] = useState<Webhooks | null>(null);
  const concerned = who.role === "admin" || who.role === "supervisor";
  const read = useCallback(async () => {
    try {
      setState(await webhooks.state());
    } catch {
      // What was known stays; the page itself says when the service cannot be reached.
    }
  }, []);
  useEffect(() => {
    if (!concerned) return undefined;
    void read();
    const again = setInterval(() => {
      if (document.visibilityState === "visible") void read();
    }, EVERY);
    return () => clearInterval(again);
  }, [concerned, read]);
  return [state, setState];
}
