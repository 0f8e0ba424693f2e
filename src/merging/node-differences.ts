import { isDeepStrictEqual } from 'node:util';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  DifferenceKind,
  type NodeDifferenceSchema,
  NodeType,
} from '../gen/lightning/projects/v1/comparison_pb.ts';
import type { RowPlan } from '../workflows/row-plan.ts';
import type { StoredEdge, StoredWorkflow } from '../workflows/stored-workflows.ts';
import type { BodyChanges } from './body-changes.ts';
import type { MergedWorkflow } from './merged-workflow.ts';

type NodeDifference = MessageInitShape<typeof NodeDifferenceSchema>;

/**
 * What differs in a workflow that both projects have, part by part: the workflow itself, jobs, triggers, edges. It is
 * told from what a merge would write, so that the two cannot disagree.
 *
 * @param bodies undefined: the lines of bodies are not compared
 */
export function nodeDifferences(
  { plan, sourceIds }: MergedWorkflow,
  source: StoredWorkflow,
  target: StoredWorkflow,
  bodies?: BodyChanges,
): NodeDifference[] {
  const { name, concurrency, enableJobLogs, state } = plan;
  const fields = differingFields({ name, concurrency, enableJobLogs, positions: state.positions }, target);
  const own: NodeDifference = {
    type: NodeType.WORKFLOW,
    kind: DifferenceKind.UPDATED,
    sourceId: source.id,
    targetId: target.id,
    sourceName: source.name,
    targetName: target.name,
    fields,
  };
  const jobs = differencesOf(NodeType.JOB, plan.jobs, source.jobs, target.jobs, ({ name }) => name);
  if (bodies !== undefined) addBodyChanges(jobs, source, target, bodies);
  return [
    ...(fields.length === 0 ? [] : [own]),
    ...jobs,
    ...differencesOf(NodeType.TRIGGER, plan.triggers, source.triggers, target.triggers, ({ type }) => type),
    ...differencesOf(NodeType.EDGE, plan.edges, source.edges, target.edges, edgeNames(source, target)),
  ];

  function differencesOf<Row extends { readonly id: string }>(
    type: NodeType,
    { created, updated, deleted }: RowPlan<Row>,
    sources: readonly Row[],
    targets: readonly Row[],
    nameOf: (row: Row) => string,
  ): NodeDifference[] {
    const sourceById = new Map(sources.map((row) => [row.id, row]));
    const targetById = new Map(targets.map((row) => [row.id, row]));
    const nameIn = (row: Row | undefined) => (row === undefined ? '' : nameOf(row));
    const told = (kind: DifferenceKind) => (row: Row) => {
      const sourceRow = sourceById.get(sourceIds.get(row.id) ?? '');
      const targetRow = targetById.get(row.id);
      return {
        type,
        kind,
        sourceId: sourceRow?.id ?? '',
        targetId: targetRow?.id ?? '',
        sourceName: nameIn(sourceRow),
        targetName: nameIn(targetRow),
        fields: kind === DifferenceKind.UPDATED ? differingFields(row, targetRow ?? {}) : [],
      };
    };
    return [
      ...created.map(told(DifferenceKind.CREATED)),
      ...updated.map(told(DifferenceKind.UPDATED)),
      ...deleted.map(told(DifferenceKind.DELETED)),
    ];
  }
}

function addBodyChanges(
  jobs: readonly NodeDifference[],
  source: StoredWorkflow,
  target: StoredWorkflow,
  bodies: BodyChanges,
): void {
  const [sourceBodies, targetBodies] = [source, target].map(
    (workflow) => new Map(workflow.jobs.map(({ id, body }) => [id, body])),
  );
  for (const job of jobs) {
    if (job.fields?.includes('body') !== true) continue;
    const [before, after] = [targetBodies?.get(job.targetId ?? ''), sourceBodies?.get(job.sourceId ?? '')];
    const changes = bodies.between(before ?? '', after ?? '');
    if (changes === undefined) job.bodyChangesOmitted = true;
    job.bodyChanges = (changes ?? []).map(({ beforeStart, beforeLines, afterStart, afterLines }) => ({
      sourceLine: afterStart + 1,
      sourceLines: [...afterLines],
      targetLine: beforeStart + 1,
      targetLines: [...beforeLines],
    }));
  }
}

/** Names of the columns in which what is wanted is another than what there is. */
function differingFields(wanted: object, present: object): string[] {
  return Object.entries(wanted)
    .filter(([field, value]) => !isDeepStrictEqual(value, Reflect.get(present, field)))
    .map(([field]) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** `source->target`, by the names of the nodes of either workflow. */
function edgeNames(...workflows: readonly StoredWorkflow[]): (edge: StoredEdge) => string {
  const names = new Map(
    workflows.flatMap(({ jobs, triggers }) => [
      ...jobs.map(({ id, name }) => [id, name] as const),
      ...triggers.map(({ id, type }) => [id, type] as const),
    ]),
  );
  return ({ sourceTriggerId, sourceJobId, targetJobId }) =>
    `${names.get(sourceTriggerId ?? sourceJobId ?? '')}->${names.get(targetJobId)}`;
}
