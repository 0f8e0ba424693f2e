import type { FieldViolation } from './failure.ts';

/** One violation for each entry whose key an earlier entry of the same list has. `path` names the field by index. */
export function repeats(keys: readonly string[], path: (index: number) => string): FieldViolation[] {
  const first = new Map<string, number>();
  return keys.flatMap((key, index) => {
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return [];
    }
    return [{ field: path(index), description: `is the same as ${path(earlier)}`, rule: 'REPEATED' }];
  });
}
