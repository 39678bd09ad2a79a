import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { Call } from "../api/types";
import { useSession } from "../components/context";
import { Recording, type Playing } from "./recording";

/** The open call's recording; null while the call is live, or for who may not hear it. */
export const RecordingContext = createContext<Recording | null>(null);

export const useTheRecording = (): Recording | null => useContext(RecordingContext);

/** A call's recording, for as long as the call is open on the page. */
export function useRecording({ id, status, channels, seconds }: Call): Recording | null {
  const may = useSession().rights.includes("listen") && status !== "live";
  const [recording, setRecording] = useState<Recording | null>(null);
  useEffect(() => {
    if (!may) return undefined;
    const made = new Recording(id, channels, seconds);
    setRecording(made);
    return () => {
      made.close();
      setRecording(null);
    };
    // The rest does not change once a call is over.
  }, [id, may]);
  return recording;
}

export const usePlaying = (recording: Recording): Playing => useSyncExternalStore(recording.subscribe, recording.get);

const never = (): (() => void) => () => undefined;

/** What `pick` says of the recording being played; drawn again only when that changes. */
export function usePlayed<T extends string | number | boolean>(pick: (playing: Playing) => T, none: T): T {
  const recording = useTheRecording();
  const get = useCallback(() => (recording === null ? none : pick(recording.get())), [recording, pick, none]);
  return useSyncExternalStore(recording?.subscribe ?? never, get);
}
