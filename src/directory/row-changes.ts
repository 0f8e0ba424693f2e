/**
 * What makes `after` differ from the row `before`, column by column, as the audit trail keeps it; undefined when
 * nothing does. A row that is new has no `before`.
 */
export function rowChanges<Row extends object>(
  before: Row | undefined,
  after: Row,
): Record<string, unknown> | undefined {
  const columns = Object.entries(after);
  if (before === undefined)
    return Object.fromEntries(columns.map(([column, value]) => [column, { after: value }]));
  const old = new Map<string, unknown>(Object.entries(before));
  const changed = columns.filter(([column, value]) => old.get(column) !== value);
  if (changed.length === 0) return undefined;
  return Object.fromEntries(
    changed.map(([column, value]) => [column, { before: old.get(column), after: value }]),
  );
}

/** What a row that is gone held, as the audit trail keeps it; its key and its times left out. */
export function rowGone(before: object): Record<string, unknown> {
  const columns = Object.entries(before).filter(([column]) => !UNTOLD.has(column));
  return Object.fromEntries(columns.map(([column, value]) => [column, { before: value }]));
}

const UNTOLD = new Set(['id', 'inserted_at', 'updated_at']);
