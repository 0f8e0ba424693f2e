import fc from 'fast-check';

/** A filter by a list: often none, now and then with repeats. */
export function filterBy<T>(values: readonly T[], maxLength: number): fc.Arbitrary<T[]> {
  const some = fc.array(fc.constantFrom(...values), { minLength: 1, maxLength });
  return fc.oneof(fc.constant<T[]>([]), some);
}

/** Whether a filter lets the value pass. */
export function passes<T>(filter: readonly T[], value: T): boolean {
  return filter.length === 0 || filter.includes(value);
}

/** Whether the moment is within the bounds of a filter. */
export function isWithin(at: number, from: number | undefined, before: number | undefined): boolean {
  return (from === undefined || at >= from) && (before === undefined || at < before);
}
