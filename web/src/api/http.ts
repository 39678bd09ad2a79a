import type { Alert, Call, CallDetail, Choice, Owner, Session, Snapshot, Vocabulary, Whisper, WhisperMark } from "./types";

/** What the server (or the network) answered instead of a result. `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const TIMEOUT = 10_000; // milliseconds
export const OLDER = 50; // calls of one answer

/** Milliseconds by which the server's clock is ahead of this computer's; from the Date header, so right to a second. */
let skew = 0;
export const serverNow = (): number => Date.now() + skew;

export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const text = await ask(method, path, body);
  return (text ? JSON.parse(text) : undefined) as T;
}

/** What the server answered, as text. */
export async function ask(method: string, path: string, body?: unknown): Promise<string> {
  const asked = Date.now();
  let response: Response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT),
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new ApiError(0, "unreachable", error instanceof Error ? error.message : String(error));
  }
  learnClock(response, asked);
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  return text;
}

function learnClock(response: Response, asked: number): void {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return;
  const seen = date + 500 - (asked + Date.now()) / 2; // the header drops the milliseconds
  skew = Math.abs(seen) < 2_000 ? 0 : seen;
}

function refusal(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new ApiError(status, error.code, error.message);
  } catch {
    return new ApiError(status, "http", `HTTP ${status}`);
  }
}

export const api = {
  session: () => request<Session>("GET", "session"),
  signIn: (name: string, password: string) => request<Session>("POST", "session", { name, password }),
  signOut: () => request<unknown>("DELETE", "session"),
  state: () => request<Snapshot>("GET", "state"),
  vocabulary: () => request<Vocabulary>("GET", "vocabulary"),
  call: (id: string) => request<CallDetail>("GET", `calls/${encodeURIComponent(id)}`),
  older: async (before: string) =>
    (await request<{ calls: Call[] }>("GET", `calls?limit=${OLDER}&before=${encodeURIComponent(before)}`)).calls,
  /** Refused (409) where the alert no longer is as it was `seen`. */
  mark: async (seen: Alert, choice: Choice, by: string) =>
    (
      await request<{ alert: Alert }>(
        "POST",
        `calls/${encodeURIComponent(seen.call)}/alerts/${encodeURIComponent(seen.id)}`,
        { ...choice, by, was: { status: seen.status, owner: seen.owner } },
      )
    ).alert,
  owners: async (call: string) => (await request<{ owners: Owner[] }>("GET", `calls/${encodeURIComponent(call)}/owners`)).owners,
  takeOver: async (call: string, on: boolean, by: string) =>
    (await request<{ call: Call }>("POST", `calls/${encodeURIComponent(call)}/takeover`, { on, by })).call,
  whisper: async (call: string, text: string) =>
    (await request<{ whisper: Whisper }>("POST", `calls/${encodeURIComponent(call)}/whispers`, { text })).whisper,
  answer: async (call: string, id: string, status: WhisperMark) =>
    (
      await request<{ whisper: Whisper }>(
        "POST",
        `calls/${encodeURIComponent(call)}/whispers/${encodeURIComponent(id)}`,
        { status },
      )
    ).whisper,
  /** Begins a play of a recording; what comes back is what its sound is asked for with. */
  play: async (call: string) => (await request<{ play: string }>("POST", `calls/${encodeURIComponent(call)}/plays`)).play,
};
