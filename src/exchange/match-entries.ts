import { documentKey } from './write-keys.ts';

/**
 * Pairs a document's entries with stored rows: by key and name first, then by key alone (a renamed entry keeps its
 * key), then by name alone. Each row is taken once; an entry that matches none is undefined.
 */
export function matchEntries<Row extends { readonly name: string }>(
  entries: readonly { readonly key: string; readonly name: string }[],
  rows: readonly Row[],
): (Row | undefined)[] {
  const byKey = groups(rows, ({ name }) => documentKey(name));
  const byName = groups(rows, ({ name }) => name);
  const taken = new Set<Row>();
  const matches: (Row | undefined)[] = entries.map(() => undefined);

  function pass(candidates: (entry: { readonly key: string; readonly name: string }) => readonly Row[]): void {
    entries.forEach((entry, index) => {
      if (matches[index] !== undefined) return;
      const free = candidates(entry).find((row) => !taken.has(row));
      if (free === undefined) return;
      taken.add(free);
      matches[index] = free;
    });
  }
  pass(({ key, name }) => (byKey.get(key) ?? []).filter((row) => row.name === name));
  pass(({ key }) => byKey.get(key) ?? []);
  pass(({ name }) => byName.get(name) ?? []);
  return matches;
}

function groups<Row>(rows: readonly Row[], key: (row: Row) => string): Map<string, Row[]> {
  return Map.groupBy(rows, key);
}
