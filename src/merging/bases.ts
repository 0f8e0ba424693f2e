import type { Lineage, Mark } from './lineage.ts';
import { type AfterLosses, afterLosses, type Loss } from './losses.ts';

/** Where a workflow stands: its latest version and its lock_version, which every change of it raises. */
interface Place {
  readonly id: string;
  readonly hash: string | null;
  readonly lockVersion: number;
}

/** Where both stood when they were last the same, or when a merge settled what became of the source's changes. */
export interface Base {
  readonly source: Mark;
  readonly target: Mark;
}

/** What a merge settled of two workflows, in whichever direction. */
export interface SettledPair {
  readonly oneId: string;
  readonly one: Mark;
  readonly otherId: string;
  readonly other: Mark;
}

/** The mark of a side that stood elsewhere: it has moved, wherever it stands. */
export const ELSEWHERE: Mark = { hash: null, lockVersion: -1 };

/** Whether one side won what was a conflict, so that both are settled and differ. */
export function isWon({ one, other }: SettledPair): boolean {
  return [one, other].some(isElsewhere);
}

function isElsewhere({ lockVersion }: Mark): boolean {
  return lockVersion === ELSEWHERE.lockVersion;
}

/** Whether a workflow has changed since it stood at the mark. */
export function hasMoved({ hash, lockVersion }: Omit<Place, 'id'>, mark: Mark): boolean {
  return hash !== mark.hash || (mark.lockVersion !== null && lockVersion !== mark.lockVersion);
}

/** A base, and whether what the source stands for there has lost something that the target had. */
interface FoundBase extends Base {
  readonly hasLost: boolean;
}

/**
 * Finds the base of a workflow of the source and one of the target, undefined where they never were the same.
 *
 * There may be two: what merges settled between them, and what follows from whose copies they are. Each is true, so the
 * one counts from which fewer sides have moved, and of two alike the later one: what a side was before that it may have
 * become again.
 *
 * What the source has lost without an edit, itself or as what it is a copy of, is no move: its mark goes along. The
 * target, which may have it still, stands elsewhere then. What the target lost is a move, so that no edit of the source
 * brings it back unasked.
 */
export function basesOf(
  lineage: readonly Lineage[],
  settled: readonly SettledPair[],
  losses: readonly Loss[],
): (source: Place, target: Place) => Base | undefined {
  const byCopy = new Map(lineage.map((link) => [link.copyId, link]));
  const bySides = new Map(
    settled.flatMap(({ oneId, one, otherId, other }) => [
      [`${oneId} ${otherId}`, { source: one, target: other, hasLost: false }],
      [`${otherId} ${oneId}`, { source: other, target: one, hasLost: false }],
    ]),
  );
  const later = afterLosses(losses);
  return (source, target) => {
    const movedFrom = (base: Base) =>
      Number(hasMoved(source, base.source)) + Number(hasMoved(target, base.target));
    const along = (base: FoundBase | undefined): FoundBase | undefined => {
      if (base === undefined) return undefined;
      const mark = later(source.id, base.source);
      return { ...base, source: mark, hasLost: base.hasLost || mark !== base.source };
    };
    const better = (one: FoundBase, other: FoundBase) => {
      const fewer = movedFrom(one) - movedFrom(other);
      return fewer < 0 || (fewer === 0 && !isLater(other, one)) ? one : other;
    };
    const settledBase = along(bySides.get(`${source.id} ${target.id}`));
    const own = along(inherited(byCopy, later, source.id, target.id));
    const base = settledBase && own ? better(settledBase, own) : (settledBase ?? own);
    if (base === undefined) return undefined;
    const lacks = base.hasLost && !hasMoved(source, base.source);
    return { source: base.source, target: lacks ? ELSEWHERE : base.target };
  };
}

/** By the side of which both know where it stood. */
function isLater(base: Base, other: Base): boolean {
  for (const side of ['source', 'target'] as const) {
    const [version, otherVersion] = [base[side].lockVersion, other[side].lockVersion];
    if (version === null || otherVersion === null || isElsewhere(base[side]) || isElsewhere(other[side]))
      continue;
    if (version !== otherVersion) return version > otherVersion;
  }
  return false;
}

/** The base of two workflows of one origin: from the one up to what both descend from, and down to the other. */
function inherited(
  byCopy: ReadonlyMap<string, Lineage>,
  later: AfterLosses,
  sourceId: string,
  targetId: string,
): FoundBase | undefined {
  const [up, down] = [ancestry(byCopy, sourceId), ancestry(byCopy, targetId)];
  // Above what both descend from they have all in common.
  while (up.length > 0 && up.at(-1) === down.at(-1)) {
    up.pop();
    down.pop();
  }
  if ((up.at(-1)?.sourceId ?? sourceId) !== (down.at(-1)?.sourceId ?? targetId)) return undefined;
  const start = { hasLost: false, hasTargetMoved: false };
  const [first, ...others]: Way[] = [
    ...up.map((link) => ({ ...start, source: link.copy, targetId: link.sourceId, target: link.source })),
    ...down
      .reverse()
      .map((link) => ({ ...start, source: link.source, targetId: link.copyId, target: link.copy })),
  ];
  const way = others.reduce((base, next) => base && through(base, next, later), first);
  return (
    way && { source: way.source, target: way.hasTargetMoved ? ELSEWHERE : way.target, hasLost: way.hasLost }
  );
}

/** What a workflow is a copy of, what that is one of, and so on. */
function ancestry(byCopy: ReadonlyMap<string, Lineage>, id: string): Lineage[] {
  const links: Lineage[] = [];
  for (let link = byCopy.get(id); link !== undefined; link = byCopy.get(link.sourceId)) links.push(link);
  return links;
}

/** From one workflow to another one, by copies. */
interface Way extends FoundBase {
  readonly targetId: string;
  readonly hasTargetMoved: boolean;
}

/**
 * The way between two workflows over a third one, which was the same as either of them once. If it changed in between,
 * then so has the one that had it later, unless that was a loss; undefined where nobody knows which one that is.
 */
function through(first: Way, second: Way, later: AfterLosses): Way | undefined {
  const [one, other] = [first.target, second.source];
  const way = { ...first, targetId: second.targetId, target: second.target };
  if (isSame(one, other)) return way;
  if (one.lockVersion === null || other.lockVersion === null) return undefined;
  if (one.lockVersion < other.lockVersion) return { ...way, hasTargetMoved: true };
  const wasLoss = isSame(later(first.targetId, one), later(first.targetId, other));
  return wasLoss ? { ...way, hasLost: true } : { ...way, source: ELSEWHERE };
}

function isSame(one: Mark, other: Mark): boolean {
  return (
    one.hash === other.hash &&
    (one.lockVersion ?? other.lockVersion) === (other.lockVersion ?? one.lockVersion)
  );
}
