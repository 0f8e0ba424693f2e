import { byteOrder } from '../database/byte-order.ts';
import { type Base, basesOf, ELSEWHERE, hasMoved, type SettledPair } from './bases.ts';
import { type Lineage, originOf } from './lineage.ts';
import type { Loss } from './losses.ts';

/** A workflow of one of the two projects, as far as matching goes. */
export interface WorkflowHead {
  readonly id: string;
  readonly name: string;
  /** Of its latest version; null when there is none. */
  readonly hash: string | null;
  readonly lockVersion: number;
  readonly deleted: boolean;
  /** Of its jobs and edges, in bytes; undefined where it was not asked for. */
  readonly codeBytes?: number | undefined;
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
  losses: readonly Loss[] = [],
): WorkflowPair[] {
  const origin = originOf(lineage);
  const partners = partnersOf(lineage, settled);
  const baseOf = basesOf(lineage, settled, losses);
  const matches = matchPresent(sources.filter(isPresent), targets.filter(isPresent), origin, partners);
  const taken = new Set(matches.values());
  const goneSources = deletedCounterparts(sources, origin, partners);
  const goneTargets = deletedCounterparts(targets, origin, partners);

  const pairs: WorkflowPair[] = [];
  for (const source of sources.filter(isPresent)) {
    const target = matches.get(source);
    if (target !== undefined) {
      const isKin = origin(source.id) === origin(target.id);
      pairs.push({ source, target, gone: undefined, isKin, base: baseOf(source, target) });
      continue;
    }
    const before = goneTargets(source).map((gone) => ({ gone, base: baseOf(source, gone) }));
    pairs.push({
      source,
      target,
      isKin: false,
      ...latest(before, ({ source: mark }) => !hasMoved(source, mark)),
    });
  }
  for (const target of targets.filter(isPresent)) {
    if (taken.has(target)) continue;
    const before = goneSources(target).map((gone) => ({ gone, base: baseOf(gone, target) }));
    pairs.push({
      source: undefined,
      target,
      isKin: false,
      ...latest(before, ({ target: mark }) => !hasMoved(target, mark)),
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

/** With what a workflow was paired: what it is a copy of, its copies, and those that merges settled with it. */
function partnersOf(
  lineage: readonly Lineage[],
  settled: readonly SettledPair[],
): (id: string) => readonly string[] {
  const pairs = [
    ...lineage.map(({ copyId, sourceId }) => [copyId, sourceId] as const),
    ...settled.map(({ oneId, otherId }) => [oneId, otherId] as const),
  ];
  const partners = Map.groupBy(
    [...pairs, ...pairs.map(([one, other]) => [other, one] as const)],
    ([id]) => id,
  );
  return (id) => (partners.get(id) ?? []).map(([, partner]) => partner);
}

/** Each at most once: first with a partner, then with one of the same origin, then of the same name. */
function matchPresent(
  sources: readonly WorkflowHead[],
  targets: readonly WorkflowHead[],
  origin: (id: string) => string,
  partners: (id: string) => readonly string[],
): Map<WorkflowHead, WorkflowHead> {
  const matches = new Map<WorkflowHead, WorkflowHead>();
  const taken = new Set<WorkflowHead>();
  const match = (find: (source: WorkflowHead) => WorkflowHead | undefined) => {
    for (const source of sources) {
      const target = matches.has(source) ? undefined : find(source);
      if (target === undefined || taken.has(target)) continue;
      matches.set(source, target);
      taken.add(target);
    }
  };
  const byId = new Map(targets.map((target) => [target.id, target]));
  match(({ id }) =>
    partners(id)
      .map((partner) => byId.get(partner))
      .find((target) => target !== undefined && !taken.has(target)),
  );
  for (const keyOf of [({ id }: WorkflowHead) => origin(id), ({ name }: WorkflowHead) => name]) {
    const free = new Map(
      targets.filter((target) => !taken.has(target)).map((target) => [keyOf(target), target]),
    );
    match((source) => free.get(keyOf(source)));
  }
  return matches;
}

/** Finds the deleted workflows that one of the other project was a counterpart of. */
function deletedCounterparts(
  heads: readonly WorkflowHead[],
  origin: (id: string) => string,
  partners: (id: string) => readonly string[],
): (head: WorkflowHead) => readonly WorkflowHead[] {
  const deleted = heads.filter((head) => head.deleted);
  const byId = new Map(deleted.map((head) => [head.id, head]));
  const byOrigin = Map.groupBy(deleted, ({ id }) => origin(id));
  return ({ id }) => [
    ...new Set([
      ...partners(id).flatMap((partner) => byId.get(partner) ?? []),
      ...(byOrigin.get(origin(id)) ?? []),
    ]),
  ];
}

/**
 * Of the deleted counterparts the one that the present workflow has not moved away from, or the first with a base. Where
 * none has one nobody knows who changed what: both have.
 */
function latest(
  before: readonly { readonly gone: WorkflowHead; readonly base: Base | undefined }[],
  isUnmoved: (base: Base) => boolean,
): Pick<WorkflowPair, 'gone' | 'base'> {
  const found =
    before.find(({ base }) => base !== undefined && isUnmoved(base)) ??
    before.find(({ base }) => base !== undefined);
  if (found !== undefined) return found;
  const [first] = before;
  if (first === undefined) return { gone: undefined, base: undefined };
  return { gone: first.gone, base: { source: ELSEWHERE, target: ELSEWHERE } };
}
