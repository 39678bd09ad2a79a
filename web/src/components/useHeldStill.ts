import { useState, type PointerEvent } from "react";
import { steady } from "../state/views";

/**
 * `ids` in an order that does not change under a mouse: a row must not slip away from the click that is meant for it.
 * A new `reason` (another filter) orders anew at once.
 */
export function useHeldStill(ids: readonly string[], reason: unknown): { order: readonly string[]; hold: Hold } {
  const [held, setHeld] = useState<{ readonly order: readonly string[]; readonly reason: unknown } | null>(null);
  const order = held !== null && held.reason === reason ? steady(held.order, ids) : ids;
  return {
    order,
    hold: {
      onPointerEnter: (event) => event.pointerType === "mouse" && setHeld({ order: ids, reason }),
      onPointerLeave: () => setHeld(null),
    },
  };
}

interface Hold {
  readonly onPointerEnter: (event: PointerEvent) => void;
  readonly onPointerLeave: () => void;
}
