import { documentKey } from '../exchange/write-keys.ts';

interface Entry {
  readonly key: string;
  readonly name: string;
}

/**
 * Pairs a document's entries with stored rows: by key and name, else by key (a renamed entry keeps its key), else by
 * name. Each row is taken once; an entry that matches none is undefined.
 *
 * A row of an entry's very name that no other entry takes goes before the one of its key: so no two rows can end up
 * with one name, taken or not. Entries must have distinct keys and distinct names.
 */
export function matchEntries<Row extends { readonly name: string }>(
  entries: readonly Entry[],
  rows: readonly Row[],
): (Row | undefined)[] {
  const byKey = Map.groupBy(rows, ({ name }) => documentKey(name));
  const byName = Map.groupBy(rows, ({ name }) => name);
  const indexByName = new Map(entries.map(({ name }, index) => [name, index]));
  const taken = new Set<Row>();
  const matches: (Row | undefined)[] = entries.map(() => undefined);
  const firstFree = (candidates: readonly Row[] = []) => candidates.find((row) => !taken.has(row));

  function take(index: number, row: Row | undefined): void {
    if (row === undefined) return;
    taken.add(row);
    matches[index] = row;
  }

  /** Gives an entry the row of its name, then the row that it had to the entry of that row's name, and so on. */
  function preferName(start: number): void {
    for (let index: number | undefined = start; index !== undefined; ) {
      const name = entries[index]?.name ?? '';
      const present: Row | undefined = matches[index];
      const row = present?.name === name ? undefined : firstFree(byName.get(name));
      if (row === undefined) return;
      take(index, row);
      if (present !== undefined) taken.delete(present);
      index = present && indexByName.get(present.name);
    }
  }

  entries.forEach(({ key, name }, index) => {
    if (documentKey(name) === key) take(index, firstFree(byName.get(name)));
  });
  entries.forEach(({ key }, index) => {
    if (matches[index] === undefined) take(index, firstFree(byKey.get(key)));
  });
  for (const index of entries.keys()) preferName(index);
  return matches;
}
