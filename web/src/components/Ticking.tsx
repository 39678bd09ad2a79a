import type { Call } from "../api/types";
import { useNow } from "../lib/now";
import { clock, since } from "../lib/time";

/** How long ago something was, ticking. */
export function Waited({ since: instant }: { readonly since: string | null }) {
  return <time className="number">{clock(since(instant, useNow()))}</time>;
}

export function Duration({ call }: { readonly call: Call }) {
  return call.status === "live" ? <LiveDuration call={call} /> : <time className="number">{clock(call.seconds)}</time>;
}

function LiveDuration({ call }: { readonly call: Call }) {
  return <time className="number">{clock(Math.max(call.seconds, since(call.started, useNow())))}</time>;
}
