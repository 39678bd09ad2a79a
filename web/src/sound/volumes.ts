/** How loud this browser's user likes each side. */
import { fields, keep, useKept } from "../lib/kept";

export type Volumes = Readonly<Record<string, number>>; // by speaker, 0..LOUDEST, 1 as it came

export const LOUDEST = 2;

export const volumes = keep("callmonitor.volumes", parse);

export const useVolumes = (): Volumes => useKept(volumes);

/** What is stored; what is no volume is left out. */
export function parse(stored: string | null): Volumes {
  const fits = ([, volume]: [string, unknown]): boolean => typeof volume === "number" && volume >= 0 && volume <= LOUDEST;
  return Object.fromEntries(Object.entries(fields(stored)).filter(fits)) as Volumes;
}
