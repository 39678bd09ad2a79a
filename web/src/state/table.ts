/** Tables that are never changed in place, so that what did not change keeps its identity. */

/** A table copied when it is first changed: what a batch of events does not touch keeps its identity. */
export class Table<T> {
  private copy: Map<string, T> | undefined;

  constructor(private readonly base: ReadonlyMap<string, T>) {}

  get now(): ReadonlyMap<string, T> {
    return this.copy ?? this.base;
  }

  set(key: string, value: T): void {
    (this.copy ??= new Map(this.base)).set(key, value);
  }

  delete(key: string): void {
    if (this.now.has(key)) (this.copy ??= new Map(this.base)).delete(key);
  }
}

export const put = <T>(table: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> => new Map([...table, [key, value]]);

export const kept = <T>(table: ReadonlyMap<string, T>, keep: (key: string, value: T) => boolean): ReadonlyMap<string, T> =>
  new Map([...table].filter(([key, value]) => keep(key, value)));
