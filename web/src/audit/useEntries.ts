import { useCallback, useEffect, useRef, useState } from "react";
import { log, PAGE, type Entry, type Wanted } from "./api";

export interface Entries {
  readonly list: readonly Entry[];
  readonly end: boolean; // there is nothing older
  readonly state: "reading" | "ready" | "failed";
  readonly older: () => void;
  readonly again: () => void;
}

/** The part of the log that is wanted, the newest first, read a page at a time. */
export function useEntries(wanted: Wanted): Entries {
  const [list, setList] = useState<readonly Entry[]>([]);
  const [end, setEnd] = useState(false);
  const [state, setState] = useState<Entries["state"]>("reading");
  const newest = useRef(0); // only the answer to the last question counts

  const read = useCallback(
    async (before: number | null) => {
      const asked = ++newest.current;
      setState("reading");
      try {
        const found = await log.entries(wanted, before);
        if (asked !== newest.current) return;
        setList((known) => (before === null ? found : [...known, ...found]));
        setEnd(found.length < PAGE);
        setState("ready");
      } catch {
        if (asked === newest.current) setState("failed");
      }
    },
    [wanted],
  );

  useEffect(() => {
    void read(null);
    return () => void newest.current++;
  }, [read]);

  const oldest = list.at(-1)?.id ?? null;
  return { list, end, state, older: () => void read(oldest), again: () => void read(null) };
}
