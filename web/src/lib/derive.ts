/** `make` with its last result kept while its arguments are identical: what is derived from the state keeps its identity. */
export function memo<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  let last: { readonly args: A; readonly value: T } | undefined;
  return (...args) => {
    if (last === undefined || args.some((arg, index) => !Object.is(arg, last?.args[index]))) last = { args, value: make(...args) };
    return last.value;
  };
}

export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
