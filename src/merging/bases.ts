import type { Lineage, Mark } from './lineage.ts';

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

/** The same where nobody chose between the two: the other side lost something without an edit. */
export const APART: Mark = { hash: null, lockVersion: -2 };

/** Whether one side won what was a conflict, so that both are settled and differ. */
export function isWon({ one, other }: SettledPair): boolean {
  return [one, other].some(({ lockVersion }) => lockVersion === ELSEWHERE.lockVersion);
}

function isElsewhere({ lockVersion }: Mark): boolean {
  return lockVersion !== null && lockVersion < 0;
}

/** Whether a workflow has changed since it stood at the mark. */
export function hasMoved({ hash, lockVersion }: Omit<Place, 'id'>, mark: Mark): boolean {
  return hash !== mark.hash || (mark.lockVersion !== null && lockVersion !== mark.lockVersion);
}

/**
 * Finds the base of a workflow of the source and one of the target, undefined where they never were the same.
 *
 * There may be two: what merges settled between them, and what follows from whose copies they are. Each is true, so the
 * one counts from which fewer sides have moved, and of two alike the later one: what a side was before that it may have
 * become again.
 */
export function basesOf(
  lineage: readonly Lineage[],
  settled: readonly SettledPair[],
): (source: Place, target: Place) => Base | undefined {
  const byCopy = new Map(lineage.map((link) => [link.copyId, link]));
  const bySides = new Map(
    settled.flatMap(({ oneId, one, otherId, other }) => [
      [`${oneId} ${otherId}`, { source: one, target: other }],
      [`${otherId} ${oneId}`, { source: other, target: one }],
    ]),
  );
  return (source, target) => {
    const movedFrom = (base: Base) =>
      Number(hasMoved(source, base.source)) + Number(hasMoved(target, base.target));
    const [settledBase, own] = [
      bySides.get(`${source.id} ${target.id}`),
      inherited(byCopy, source.id, target.id),
    ];
    if (settledBase === undefined || own === undefined) return settledBase ?? own;
    const fewer = movedFrom(settledBase) - movedFrom(own);
    return fewer < 0 || (fewer === 0 && !isLater(own, settledBase)) ? settledBase : own;
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
  sourceId: string,
  targetId: string,
): Base | undefined {
  const [up, down] = [ancestry(byCopy, sourceId), ancestry(byCopy, targetId)];
  // Above what both descend from they have all in common.
  while (up.length > 0 && up.at(-1) === down.at(-1)) {
    up.pop();
    down.pop();
  }
  if ((up.at(-1)?.sourceId ?? sourceId) !== (down.at(-1)?.sourceId ?? targetId)) return undefined;
  const [first, ...others] = [
    ...up.map(({ copy, source }) => ({ source: copy, target: source })),
    ...down.reverse().map(({ copy, source }) => ({ source, target: copy })),
  ];
  return others.reduce<Base | undefined>((base, next) => base && through(base, next), first);
}

/** What a workflow is a copy of, what that is one of, and so on. */
function ancestry(byCopy: ReadonlyMap<string, Lineage>, id: string): Lineage[] {
  const links: Lineage[] = [];
  for (let link = byCopy.get(id); link !== undefined; link = byCopy.get(link.sourceId)) links.push(link);
  return links;
}

/**
 * The base of two workflows between which a third one stands, which was the same as either of them once. If it changed
 * in between, then so has the one that had it later; undefined where nobody knows which one that is.
 */
function through(first: Base, second: Base): Base | undefined {
  const [one, other] = [first.target, second.source];
  if (
    one.hash === other.hash &&
    (one.lockVersion ?? other.lockVersion) === (other.lockVersion ?? one.lockVersion)
  ) {
    return { source: first.source, target: second.target };
  }
  if (one.lockVersion === null || other.lockVersion === null) return undefined;
  if (isElsewhere(one) || isElsewhere(other)) return undefined;
  return one.lockVersion < other.lockVersion
    ? { source: first.source, target: ELSEWHERE }
    : { source: ELSEWHERE, target: second.target };
}
