import type { JobState } from '../heads/workflow-hash.ts';
import type { StoredEdge, StoredTrigger, StoredWorkflow } from '../workflows/stored-workflows.ts';
import type { OriginOf } from './lineage.ts';

/** The counterparts in the target of a workflow's nodes, by id; what has none is left out. */
export interface NodeMatches {
  readonly jobs: ReadonlyMap<string, JobState>;
  readonly triggers: ReadonlyMap<string, StoredTrigger>;
}

/**
 * Which job and trigger of the source is which one of the target: both by where they were copied from; then triggers by
 * their type, jobs by name, by their place in the graph, by their body. The latter two only where there is no other
 * choice.
 *
 * Triggers of different types are never the same: what was a schedule would go on as an enabled webhook.
 */
export function matchNodes(source: StoredWorkflow, target: StoredWorkflow, origin: OriginOf): NodeMatches {
  const typed = (key: (trigger: StoredTrigger) => string) => (trigger: StoredTrigger) =>
    `${trigger.type} ${key(trigger)}`;
  const triggers = new Matching(source.triggers, target.triggers);
  triggers.inOrder(typed(({ id }) => origin(id)));
  triggers.inOrder(typed(() => ''));

  const jobs = new Matching(source.jobs, target.jobs);
  jobs.inOrder(({ id }) => origin(id));
  jobs.inOrder(({ name }) => name);
  const known = new Map([...triggers.found, ...jobs.found].map(([id, row]) => [id, row.id]));
  const targetIds = new Set(known.values());
  jobs.onlyOnes(
    placeIn(source.edges, (id) => known.get(id)),
    placeIn(target.edges, (id) => (targetIds.has(id) ? id : undefined)),
  );
  const bodyOf = ({ body }: JobState) => (body.trim() === '' ? undefined : body);
  jobs.onlyOnes(bodyOf, bodyOf);
  return { jobs: jobs.found, triggers: triggers.found };
}

/**
 * Where a job stands: what leads to it and where it leads, as ids of the target. Undefined for one that stands alone, or
 * among nothing that is known: those of a new workflow would all stand alike.
 */
function placeIn(
  edges: readonly StoredEdge[],
  known: (id: string) => string | undefined,
): (job: JobState) => string | undefined {
  const into = Map.groupBy(edges, ({ targetJobId }) => targetJobId);
  const outOf = Map.groupBy(edges, ({ sourceJobId }) => sourceJobId);
  return ({ id }) => {
    const before = (into.get(id) ?? []).map((edge) => known(edge.sourceTriggerId ?? edge.sourceJobId ?? ''));
    const after = (outOf.get(id) ?? []).map(({ targetJobId }) => known(targetJobId));
    if ([...before, ...after].every((neighbour) => neighbour === undefined)) return undefined;
    const text = (neighbours: readonly (string | undefined)[]) =>
      neighbours
        .map((neighbour) => neighbour ?? '?')
        .sort()
        .join(' ');
    return `${text(before)} > ${text(after)}`;
  };
}

/** Pairs rows, each of either side once. */
class Matching<Row extends { readonly id: string }> {
  /** The target's row by the source's id. */
  readonly found = new Map<string, Row>();
  readonly #sources: readonly Row[];
  readonly #targets: readonly Row[];
  readonly #taken = new Set<Row>();

  constructor(sources: readonly Row[], targets: readonly Row[]) {
    this.#sources = sources;
    this.#targets = targets;
  }

  /** Pairs what has the same key, in the order of both. */
  inOrder(keyOf: (row: Row) => string): void {
    const { sources, targets } = this.#left();
    const queues = new Map([...Map.groupBy(targets, keyOf)].map(([key, alike]) => [key, alike.values()]));
    for (const row of sources) this.#take(row, queues.get(keyOf(row))?.next().value);
  }

  /** Pairs what has the same key, when nothing else on either side has it. */
  onlyOnes(sourceKey: (row: Row) => string | undefined, targetKey: (row: Row) => string | undefined): void {
    const { sources, targets } = this.#left();
    const alikeSources = Map.groupBy(sources, sourceKey);
    const alikeTargets = Map.groupBy(targets, targetKey);
    for (const [key, [source, anotherSource]] of alikeSources) {
      const [target, anotherTarget] = alikeTargets.get(key) ?? [];
      if (key === undefined || source === undefined) continue;
      if (anotherSource === undefined && anotherTarget === undefined) this.#take(source, target);
    }
  }

  #left(): { sources: Row[]; targets: Row[] } {
    return {
      sources: this.#sources.filter(({ id }) => !this.found.has(id)),
      targets: this.#targets.filter((row) => !this.#taken.has(row)),
    };
  }

  #take(source: Row, target: Row | undefined): void {
    if (target === undefined) return;
    this.found.set(source.id, target);
    this.#taken.add(target);
  }
}
