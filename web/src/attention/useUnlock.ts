import { useEffect } from "react";
import { unlock } from "./sound";

/** Unlocks the sound at every touch of the page, for as long as what uses this is shown. */
export function useUnlock(): void {
  useEffect(() => {
    window.addEventListener("pointerdown", unlock);
    window.addEventListener("keydown", unlock);
    return () => {
      window.removeEventListener("pointerdown", unlock);
      window.removeEventListener("keydown", unlock);
    };
  }, []);
}
