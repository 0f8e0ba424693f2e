import { isDeepStrictEqual } from 'node:util';
import type { JobState } from '../heads/workflow-hash.ts';
import { KAFKA_SECRETS } from '../workflows/kafka-configuration.ts';
import { changesRows, matchInOrder, planRows, type RowPlan, remainingRows } from '../workflows/row-plan.ts';
import type { StoredEdge, StoredTrigger, StoredWorkflow } from '../workflows/stored-workflows.ts';
import { endsText, type WorkflowPlan } from '../workflows/workflow-plan.ts';
import type { OriginOf } from './lineage.ts';
import { matchNodes, type NodeMatches } from './match-nodes.ts';

export type JobCredential = Pick<JobState, 'projectCredentialId' | 'keychainCredentialId'>;

export interface MergeOptions {
  readonly origin: OriginOf;
  /** The target's credential that a job of the source uses. */
  readonly credentialOf: (job: JobState) => JobCredential;
  readonly newId: () => string;
}

/** What a merge makes of a workflow of the target. */
export interface MergedWorkflow {
  readonly plan: WorkflowPlan;
  /** Which node of the source each is: the plan's id → the source's. */
  readonly sourceIds: ReadonlyMap<string, string>;
}

type Positions = StoredWorkflow['positions'];

/**
 * What has to be written so that the target's workflow is as the source's. Rows that match keep the target's ids; of its
 * triggers also whether they are enabled and what they sign in with. New triggers are disabled and know no secrets.
 *
 * @param target undefined for one that is to be created
 */
export function mergedWorkflow(
  source: StoredWorkflow,
  target: StoredWorkflow | undefined,
  options: MergeOptions,
): MergedWorkflow {
  const none: NodeMatches = { jobs: new Map(), triggers: new Map() };
  const matches = target === undefined ? none : matchNodes(source, target, options.origin);
  const idOf = new Map([
    ...source.jobs.map(({ id }): [string, string] => [id, matches.jobs.get(id)?.id ?? options.newId()]),
    ...source.triggers.map(({ id }): [string, string] => [
      id,
      matches.triggers.get(id)?.id ?? options.newId(),
    ]),
  ]);
  const jobs = planJobs(source, target, matches, idOf, options);
  const triggers = planTriggers(source, target, matches, idOf);
  const { plan: edges, sourceIds } = planEdges(source, target, idOf, options.newId);

  const { name, concurrency, enableJobLogs } = source;
  const positions = movedPositions(source.positions, target, idOf);
  const own = { name, concurrency, enableJobLogs, positions };
  const isTouched =
    [jobs, triggers, edges].some(changesRows) ||
    Object.entries(own).some(([field, value]) => !isDeepStrictEqual(value, Reflect.get(target ?? {}, field)));
  return {
    plan: {
      id: target?.id ?? options.newId(),
      name,
      concurrency,
      enableJobLogs,
      fate: target === undefined ? 'created' : isTouched ? 'updated' : 'unchanged',
      jobs,
      triggers,
      edges,
      state: {
        name,
        positions,
        jobs: remainingRows(jobs),
        triggers: remainingRows(triggers),
        edges: remainingRows(edges),
      },
    },
    sourceIds: new Map([...[...idOf].map(([id, moved]): [string, string] => [moved, id]), ...sourceIds]),
  };
}

type Ids = ReadonlyMap<string, string>;

function planJobs(
  source: StoredWorkflow,
  target: StoredWorkflow | undefined,
  { jobs: matches }: NodeMatches,
  idOf: Ids,
  { credentialOf }: MergeOptions,
): RowPlan<JobState> {
  const wanted = source.jobs.map(
    (job): JobState => ({ ...job, ...credentialOf(job), id: moved(idOf, job.id) }),
  );
  const matched = source.jobs.map(({ id }) => matches.get(id));
  return planRows(wanted, matched, target?.jobs ?? [], true);
}

function planTriggers(
  source: StoredWorkflow,
  target: StoredWorkflow | undefined,
  { triggers: matches }: NodeMatches,
  idOf: Ids,
): RowPlan<StoredTrigger> {
  const matched = source.triggers.map(({ id }) => matches.get(id));
  const wanted = source.triggers.map((trigger, index): StoredTrigger => {
    const match = matched[index];
    const { cronCursorJobId } = trigger;
    return {
      ...trigger,
      id: moved(idOf, trigger.id),
      enabled: match?.enabled ?? false,
      cronCursorJobId: cronCursorJobId === null ? null : (idOf.get(cronCursorJobId) ?? null),
      kafkaConfiguration: withSecretsOf(trigger.kafkaConfiguration, match?.kafkaConfiguration ?? null),
    };
  });
  return planRows(wanted, matched, target?.triggers ?? [], true);
}

/** Edges have no identity but their ends; several of the same ends are matched in their order. */
function planEdges(
  source: StoredWorkflow,
  target: StoredWorkflow | undefined,
  idOf: Ids,
  newId: () => string,
): { readonly plan: RowPlan<StoredEdge>; readonly sourceIds: readonly [string, string][] } {
  const rows = target?.edges ?? [];
  const movedEdges = source.edges.map((edge): StoredEdge => {
    const end = (id: string | null) => (id === null ? null : moved(idOf, id));
    return {
      ...edge,
      sourceTriggerId: end(edge.sourceTriggerId),
      sourceJobId: end(edge.sourceJobId),
      targetJobId: moved(idOf, edge.targetJobId),
    };
  });
  const matched = matchInOrder(movedEdges.map(endsText), rows, endsText);
  const wanted = movedEdges.map((edge, index) => ({ ...edge, id: matched[index]?.id ?? newId() }));
  return {
    plan: planRows(wanted, matched, rows, true),
    sourceIds: wanted.map(({ id }, index) => [id, source.edges[index]?.id ?? '']),
  };
}

/** Composite keys keep the ends of edges within their workflow, so that each of them has been given an id. */
function moved(idOf: Ids, id: string): string {
  const found = idOf.get(id);
  if (found === undefined) throw new RangeError(`${id} is not a node of its workflow`);
  return found;
}

/** The places of nodes that there are; what else the target's hold is left as it is while the nodes stay in place. */
function movedPositions(positions: Positions, target: StoredWorkflow | undefined, idOf: Ids): Positions {
  const places = Object.entries(positions ?? {}).flatMap(([id, place]) => {
    const node = idOf.get(id);
    return node === undefined ? [] : [[node, place] as const];
  });
  const wanted = places.length === 0 ? null : Object.fromEntries(places);
  const nodes = new Set([...(target?.jobs ?? []), ...(target?.triggers ?? [])].map(({ id }) => id));
  const present = Object.entries(target?.positions ?? {}).filter(([id]) => nodes.has(id));
  return isDeepStrictEqual(wanted ?? {}, Object.fromEntries(present)) ? (target?.positions ?? null) : wanted;
}

type Kafka = StoredTrigger['kafkaConfiguration'];

function withSecretsOf(configuration: Kafka, match: Kafka): Kafka {
  const secrets = Object.entries(match ?? {}).filter(([key]) => KAFKA_SECRETS.includes(key));
  const shown = Object.entries(configuration ?? {}).filter(([key]) => !KAFKA_SECRETS.includes(key));
  if (configuration === null && secrets.length === 0) return null;
  return Object.fromEntries([...shown, ...secrets]);
}
