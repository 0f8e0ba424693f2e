import { byteOrder } from '../exchange/byte-order.ts';
import { type Lineage, type Mark, originOf } from './lineage.ts';

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
  /** Whether both have one origin; otherwise they share no more than a name. */
  readonly isKin: boolean;
  readonly base: Base | undefined;
}

/** Where both stood when they were last the same. */
export interface Base {
  readonly source: Mark;
  readonly target: Mark;
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
): WorkflowPair[] {
  const origin = originOf(lineage);
  const baseOf = bases(lineage);
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
    const before = target === undefined ? (goneTargets.get(origin(source.id)) ?? []) : [target];
    const isKin = target !== undefined && origin(source.id) === origin(target.id);
    pairs.push({ source, target, isKin, base: first(before, ({ id }) => baseOf(source.id, id)) });
  }
  for (const target of targets.filter(isPresent)) {
    if (taken.has(target)) continue;
    const before = goneSources.get(origin(target.id)) ?? [];
    const base = first(before, ({ id }) => baseOf(id, target.id));
    pairs.push({ source: undefined, target, isKin: false, base });
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

function bases(lineage: readonly Lineage[]): (sourceId: string, targetId: string) => Base | undefined {
  const byCopy = new Map(lineage.map((link) => [link.copyId, link]));
  return (sourceId, targetId) => {
    const down = byCopy.get(sourceId);
    if (down?.sourceId === targetId) return { source: down.copy, target: down.source };
    const up = byCopy.get(targetId);
    if (up?.sourceId === sourceId) return { source: up.source, target: up.copy };
    return undefined;
  };
}

function first<T, Found>(items: readonly T[], find: (item: T) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
