import { useCallback, useEffect, useRef, useState } from "react";
import { log, PAGE, type Entry, type Wanted } from "./api";

export interface Entries {
  readonly list: readonly Entry[];
  readonly end: boolean; // there is nothing older
  readonly state: "reading" | "ready" | "failed";
  readonly older: () => void;
  readonly refresh: () => void;
  readonly again: () => void; // the read that failed
}

interface Found extends Pick<Entries, "list" | "end" | "state"> {
  readonly wanted: Wanted;
  readonly before: number | null; // what the last read asked for: the newest, or what is older than this entry
}

const begun = (wanted: Wanted): Found => ({ wanted, list: [], end: false, state: "reading", before: null });

/** The part of the log that is wanted, the newest first, read a page at a time. */
export function useEntries(wanted: Wanted): Entries {
  const [kept, setKept] = useState(() => begun(wanted));
  const found = kept.wanted === wanted ? kept : begun(wanted); // what another filter found never stands under this one
  const newest = useRef(0); // only the answer to the last question counts

  const read = useCallback(
    async (before: number | null) => {
      const asked = ++newest.current;
      const change = (next: (known: Found) => Partial<Found>): void => {
        if (asked !== newest.current) return;
        setKept((last) => {
          const known = last.wanted === wanted ? last : begun(wanted);
          return { ...known, ...next(known) };
        });
      };
      change(() => ({ state: "reading", before }));
      try {
        const page = await log.entries(wanted, before);
        change(({ list }) => ({ list: before === null ? page : [...list, ...page], end: page.length < PAGE, state: "ready" }));
      } catch {
        change(() => ({ state: "failed" }));
      }
    },
    [wanted],
  );

  useEffect(() => {
    void read(null);
    return () => void newest.current++;
  }, [read]);

  const { list, end, state, before } = found;
  return {
    list,
    end,
    state,
    older: () => void read(list.at(-1)?.id ?? null),
    refresh: () => void read(null),
    again: () => void read(before),
  };
}
