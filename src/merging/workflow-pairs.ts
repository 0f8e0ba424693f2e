import { byteOrder } from '../exchange/byte-order.ts';
import { type Base, basesOf, type SettledPair } from './bases.ts';
import { type Lineage, originOf } from './lineage.ts';

/** A workflow of one of the two projects, as far as matching goes. */
export interface WorkflowHead {
  readonly id: string;
  readonly name: string;
  /** Of its latest version; null when there is none. */
  readonly hash: string | null;
  readonly lockVersion: number;
  readonly deleted: boolean;
}

/** A workflow of the source and its counterpart in the target; one of the two may be missing or deleted. */
export interface WorkflowPair {
  readonly source: WorkflowHead | undefined;
  readonly target: WorkflowHead | undefined;
  /** The deleted one, where it is known what one of the two was a counterpart of. */
  readonly gone: WorkflowHead | undefined;
  /** Whether both have one origin; otherwise they share no more than a name. */
  readonly isKin: boolean;
  readonly base: Base | undefined;
}

/**
 * Which workflow of the source is which one of the target: by where they were copied from, then by name. Deleted ones
 * match nothing, but tell what became of the counterpart of one that is still there. Sorted by name, the source's
 * first, then by id.
 */
export function pairWorkflows(
  sources: readonly WorkflowHead[],
  targets: readonly WorkflowHead[],
  lineage: readonly Lineage[],
  settled: readonly SettledPair[] = [],
): WorkflowPair[] {
  const origin = originOf(lineage);
  const baseOf = basesOf(lineage, settled);
  const matches = matchPresent(sources.filter(isPresent), targets.filter(isPresent), origin);
  const taken = new Set(matches.values());
  const gone = (heads: readonly WorkflowHead[]) =>
    Map.groupBy(
      heads.filter(({ deleted }) => deleted),
      ({ id }) => origin(id),
    );
  const [goneSources, goneTargets] = [gone(sources), gone(targets)];

  const pairs: WorkflowPair[] = [];
  for (const source of sources.filter(isPresent)) {
    const target = matches.get(source);
    if (target !== undefined) {
      const isKin = origin(source.id) === origin(target.id);
      pairs.push({ source, target, gone: undefined, isKin, base: baseOf(source, target) });
      continue;
    }
    const before = goneTargets.get(origin(source.id)) ?? [];
    pairs.push({ source, target, isKin: false, ...counterpart(before, (head) => baseOf(source, head)) });
  }
  for (const target of targets.filter(isPresent)) {
    if (taken.has(target)) continue;
    const before = goneSources.get(origin(target.id)) ?? [];
    pairs.push({
      source: undefined,
      target,
      isKin: false,
      ...counterpart(before, (head) => baseOf(head, target)),
    });
  }
  return pairs.sort((a, b) => comparePlaces(placeOf(a), placeOf(b)));
}

/** By what pairs are sorted. No two have the same. */
export function placeOf({ source, target }: WorkflowPair): readonly [name: string, id: string] {
  const { name = '', id = '' } = source ?? target ?? {};
  return [name, id];
}

export function comparePlaces(
  [name, id]: readonly [name: string, id: string],
  [otherName, otherId]: readonly [name: string, id: string],
): number {
  return byteOrder(name, otherName) || byteOrder(id, otherId);
}

function isPresent({ deleted }: WorkflowHead): boolean {
  return !deleted;
}

function matchPresent(
  sources: readonly WorkflowHead[],
  targets: readonly WorkflowHead[],
  origin: (id: string) => string,
): Map<WorkflowHead, WorkflowHead> {
  const matches = new Map<WorkflowHead, WorkflowHead>();
  const taken = new Set<WorkflowHead>();
  for (const keyOf of [({ id }: WorkflowHead) => origin(id), ({ name }: WorkflowHead) => name]) {
    const free = new Map(
      targets.filter((target) => !taken.has(target)).map((target) => [keyOf(target), target]),
    );
    for (const source of sources) {
      const target = matches.has(source) ? undefined : free.get(keyOf(source));
      if (target === undefined || taken.has(target)) continue;
      matches.set(source, target);
      taken.add(target);
    }
  }
  return matches;
}

/** The first of the deleted workflows that has a base in common with the one that is there. */
function counterpart(
  deleted: readonly WorkflowHead[],
  baseOf: (head: WorkflowHead) => Base | undefined,
): Pick<WorkflowPair, 'gone' | 'base'> {
  for (const gone of deleted) {
    const base = baseOf(gone);
    if (base !== undefined) return { gone, base };
  }
  return { gone: undefined, base: undefined };
}
