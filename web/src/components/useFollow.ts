import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

const NEAR = 48; // pixels from the end that still count as at the end

interface Follow {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  readonly following: boolean;
  readonly follow: () => void;
  readonly letGo: () => void;
}

/** Keeps the end of growing content in view until the reader scrolls away from it, and again once back there. */
export function useFollow(): Follow {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const wish = useRef(true);

  const set = useCallback((to: boolean) => {
    wish.current = to;
    setFollowing(to);
  }, []);
  const toEnd = useCallback(() => {
    const view = scroller.current;
    if (view !== null && wish.current) view.scrollTop = view.scrollHeight;
  }, []);
  const follow = useCallback(() => {
    set(true);
    toEnd();
  }, [set, toEnd]);
  const letGo = useCallback(() => set(false), [set]);

  useEffect(() => {
    const view = scroller.current;
    if (view === null || content.current === null) return undefined;
    let top = view.scrollTop;
    const scrolled = (): void => {
      const up = view.scrollTop < top;
      top = view.scrollTop;
      const near = view.scrollHeight - view.clientHeight - top < NEAR;
      if (near && !up) set(true);
      else if (!near && up) set(false);
    };
    const grown = new ResizeObserver(toEnd);
    grown.observe(content.current);
    grown.observe(view);
    view.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      grown.disconnect();
      view.removeEventListener("scroll", scrolled);
    };
  }, [set, toEnd]);

  return { scroller, content, following, follow, letGo };
}
