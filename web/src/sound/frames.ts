/** What the listening socket sends (docs/api.md). */

export interface Start {
  readonly rate: number; // Hertz
  readonly channels: readonly string[];
}

export interface Frame {
  readonly at: number; // call time of the first sample
  readonly number: number;
  readonly late: number; // seconds it waited on the server, and the newest confirmed one took there and back
  readonly sound: Int16Array<ArrayBuffer>; // interleaved
}

const HEADER = 20; // bytes

/** null: not what was agreed. */
export function readStart(text: string): Start | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof raw !== "object" || raw === null) return null;
  const { rate, channels } = raw as Record<string, unknown>;
  const fits =
    Number.isInteger(rate) && (rate as number) >= 8000 && (rate as number) <= 48_000 && Array.isArray(channels) && channels.length >= 1 && channels.length <= 2;
  return fits ? { rate: rate as number, channels: (channels as unknown[]).map(String) } : null;
}

/** null: not what was agreed. */
export function readFrame(message: ArrayBuffer, channels: number): Frame | null {
  const bytes = message.byteLength - HEADER;
  if (bytes <= 0 || bytes % (2 * channels) !== 0) return null;
  const view = new DataView(message);
  const [at, number] = [view.getFloat64(0, true), view.getUint32(8, true)];
  if (!Number.isFinite(at) || at < 0) return null;
  const sound = new Int16Array(bytes / 2);
  for (let index = 0; index < sound.length; index++) sound[index] = view.getInt16(HEADER + 2 * index, true);
  return { at, number, late: Math.max(0, view.getFloat32(12, true)) + Math.max(0, view.getFloat32(16, true)), sound };
}
