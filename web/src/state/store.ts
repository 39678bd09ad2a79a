import { createContext, useContext, useRef, useSyncExternalStore } from "react";
import { reduce, type Change } from "./reducer";
import { empty, type State } from "./state";

/** The state and those who watch it. One dispatch is one render of what selects something that changed. */
export class Store {
  private state: State = empty;
  private readonly listeners = new Set<() => void>();

  readonly get = (): State => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  dispatch(change: Change): void {
    const next = reduce(this.state, change);
    if (next === this.state) return;
    this.state = next;
    for (const listener of this.listeners) listener();
  }
}

export const StoreContext = createContext<Store | null>(null);

/** What `select` takes from the state; renders again only when it is no longer `same`. */
export function useSelect<T>(select: (state: State) => T, same: (a: T, b: T) => boolean = Object.is): T {
  const store = useContext(StoreContext);
  if (store === null) throw new Error("useSelect outside StoreContext");
  const last = useRef<{ value: T } | null>(null);
  const read = (): T => {
    const value = select(store.get());
    if (last.current !== null && same(last.current.value, value)) return last.current.value;
    last.current = { value };
    return value;
  };
  return useSyncExternalStore(store.subscribe, read);
}

/** Same keys with identical values. */
export function shallow<T extends object>(a: T, b: T): boolean {
  if (a === b) return true;
  const keys = Object.keys(a) as (keyof T)[];
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}
