import { isDeepStrictEqual } from 'node:util';
import type { EdgeState, JobState, TriggerState, WorkflowState } from '../heads/workflow-hash.ts';
import type { DocumentEdge, DocumentJob, DocumentTrigger, DocumentWorkflow, KafkaConfiguration } from './document.ts';
import { matchEntries } from './match-entries.ts';

/** A workflow with its graph as the database has it, each list in the order of insertion. */
export interface StoredWorkflow {
  readonly id: string;
  readonly name: string;
  readonly positions: Readonly<Record<string, unknown>> | null;
  readonly jobs: readonly JobState[];
  readonly triggers: readonly StoredTrigger[];
  readonly edges: readonly EdgeState[];
}

export interface StoredTrigger extends TriggerState {
  readonly kafkaConfiguration: Readonly<Record<string, unknown>> | null;
}

/** What becomes of the rows of one kind. */
export interface RowPlan<Row> {
  readonly created: readonly Row[];
  readonly updated: readonly Row[];
  readonly deleted: readonly Row[];
  readonly unchanged: readonly Row[];
}

/** What an import does to one workflow, and what the workflow is afterwards. */
export interface WorkflowPlan {
  readonly id: string;
  readonly name: string;
  readonly fate: 'created' | 'updated' | 'unchanged';
  readonly renamed: boolean;
  readonly jobs: RowPlan<JobState>;
  readonly triggers: RowPlan<StoredTrigger>;
  readonly edges: RowPlan<EdgeState>;
  readonly state: WorkflowState;
}

export interface PlanOptions {
  /** Whether rows that the document does not have are deleted. */
  readonly prune: boolean;
  /** The project credential of a document's credential key; null when there is none. */
  readonly credentialId: (key: string) => string | null;
  readonly newId: () => string;
}

/**
 * What has to be written so that a workflow is as the document says. Rows keep their ids: jobs are matched by key or
 * name, triggers by type and then order, edges by their ends and then order.
 */
export function planWorkflow(
  document: DocumentWorkflow,
  stored: StoredWorkflow | undefined,
  options: PlanOptions,
): WorkflowPlan {
  const { prune, newId } = options;
  const jobs = planJobs(document.jobs, stored?.jobs ?? [], options);
  const triggers = planTriggers(document.triggers, stored?.triggers ?? [], jobs.idByKey, options);
  const ends: Ends = { jobs: jobs.idByKey, triggers: triggers.idByKey };
  const gone = new Set([...jobs.plan.deleted, ...triggers.plan.deleted].map(({ id }) => id));
  const edges = planEdges(document.edges, stored?.edges ?? [], ends, gone, prune, newId);

  const plans = [jobs.plan, triggers.plan, edges];
  const renamed = stored !== undefined && stored.name !== document.name;
  const touched = renamed || plans.some((plan) => plan.created.length + plan.updated.length + plan.deleted.length > 0);
  return {
    id: stored?.id ?? newId(),
    name: document.name,
    fate: stored === undefined ? 'created' : touched ? 'updated' : 'unchanged',
    renamed,
    jobs: jobs.plan,
    triggers: triggers.plan,
    edges,
    state: {
      name: document.name,
      positions: stored?.positions ?? null,
      jobs: remaining(jobs.plan),
      triggers: remaining(triggers.plan),
      edges: remaining(edges),
    },
  };
}

interface Ends {
  readonly jobs: ReadonlyMap<string, string>;
  readonly triggers: ReadonlyMap<string, string>;
}

function planJobs(
  entries: readonly DocumentJob[],
  rows: readonly JobState[],
  { prune, credentialId, newId }: PlanOptions,
): { plan: RowPlan<JobState>; idByKey: Map<string, string> } {
  const matches = matchEntries(entries, rows);
  const wanted = entries.map(({ name, adaptor, body, credential }, index): JobState => {
    const row = matches[index];
    const projectCredentialId = credential === null ? null : credentialId(credential);
    // A document has no words for keychain credentials: without another credential the job keeps its own.
    const keychainCredentialId = projectCredentialId === null ? (row?.keychainCredentialId ?? null) : null;
    return { id: row?.id ?? newId(), name, adaptor, body, projectCredentialId, keychainCredentialId };
  });
  return {
    plan: planRows(wanted, matches, rows, prune),
    idByKey: new Map(entries.map(({ key }, index) => [key, wanted[index]?.id ?? ''])),
  };
}

function planTriggers(
  entries: readonly DocumentTrigger[],
  rows: readonly StoredTrigger[],
  jobs: ReadonlyMap<string, string>,
  { prune, newId }: PlanOptions,
): { plan: RowPlan<StoredTrigger>; idByKey: Map<string, string> } {
  const matches = inOrder(
    entries.map(({ type }) => type),
    rows,
    ({ type }) => type,
  );
  const wanted = entries.map((entry, index): StoredTrigger => {
    const row = matches[index];
    return {
      id: row?.id ?? newId(),
      type: entry.type,
      enabled: entry.enabled,
      cronExpression: entry.cronExpression,
      cronCursorJobId: entry.cronCursorJob === null ? null : (jobs.get(entry.cronCursorJob) ?? null),
      webhookReply: entry.webhookReply,
      webhookResponseConfig: entry.webhookResponseConfig,
      kafkaConfiguration: storedKafka(entry.kafkaConfiguration, row?.kafkaConfiguration ?? {}),
    };
  });
  return {
    plan: planRows(wanted, matches, rows, prune),
    idByKey: new Map(entries.map(({ key }, index) => [key, wanted[index]?.id ?? ''])),
  };
}

function planEdges(
  entries: readonly DocumentEdge[],
  rows: readonly EdgeState[],
  { jobs, triggers }: Ends,
  gone: ReadonlySet<string>,
  prune: boolean,
  newId: () => string,
): RowPlan<EdgeState> {
  const bare = entries.map((entry) => ({
    sourceTriggerId: entry.sourceTrigger === null ? null : (triggers.get(entry.sourceTrigger) ?? null),
    sourceJobId: entry.sourceJob === null ? null : (jobs.get(entry.sourceJob) ?? null),
    targetJobId: jobs.get(entry.targetJob) ?? '',
    conditionType: entry.conditionType,
    conditionExpression: entry.conditionExpression,
    conditionLabel: entry.conditionLabel,
    enabled: entry.enabled,
  }));
  const endsOf = (edge: Pick<EdgeState, 'sourceJobId' | 'sourceTriggerId' | 'targetJobId'>) =>
    `${edge.sourceTriggerId ?? edge.sourceJobId}>${edge.targetJobId}`;
  const matches = inOrder(bare.map(endsOf), rows, endsOf);
  const wanted = bare.map((edge, index): EdgeState => ({ id: matches[index]?.id ?? newId(), ...edge }));
  const plan = planRows(wanted, matches, rows, prune);
  // An edge goes with the node at either of its ends.
  const loose = plan.unchanged.filter(
    (edge) => gone.has(edge.sourceJobId ?? '') || gone.has(edge.sourceTriggerId ?? '') || gone.has(edge.targetJobId),
  );
  return {
    ...plan,
    deleted: [...plan.deleted, ...loose],
    unchanged: plan.unchanged.filter((edge) => !loose.includes(edge)),
  };
}

/** Pairs entries with rows that sort alike, in the order of both. */
function inOrder<Row>(
  sorts: readonly string[],
  rows: readonly Row[],
  sortOf: (row: Row) => string,
): (Row | undefined)[] {
  const queues = Map.groupBy(rows, sortOf);
  return sorts.map((sort) => queues.get(sort)?.shift());
}

/** Rows that the document does not have stay as they are, unless it prunes. */
function planRows<Row extends { readonly id: string }>(
  wanted: readonly Row[],
  matches: readonly (Row | undefined)[],
  rows: readonly Row[],
  prune: boolean,
): RowPlan<Row> {
  const pairs = wanted.map((row, index) => ({ row, match: matches[index] }));
  const matched = new Set(matches);
  const absent = rows.filter((row) => !matched.has(row));
  const isSame = ({ row, match }: (typeof pairs)[number]) => match !== undefined && sameRow(row, match);
  return {
    created: pairs.filter(({ match }) => match === undefined).map(({ row }) => row),
    updated: pairs.filter((pair) => pair.match !== undefined && !isSame(pair)).map(({ row }) => row),
    deleted: prune ? absent : [],
    unchanged: [...pairs.filter(isSame).map(({ row }) => row), ...(prune ? [] : absent)],
  };
}

function sameRow(a: object, b: object): boolean {
  return isDeepStrictEqual({ ...a }, { ...b });
}

function remaining<Row>({ created, updated, unchanged }: RowPlan<Row>): Row[] {
  return [...created, ...updated, ...unchanged];
}

/** A document never holds what a Kafka trigger signs in with: that stays as it is stored. */
function storedKafka(
  kafka: KafkaConfiguration | null,
  stored: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | null {
  if (kafka === null) return null;
  const said = {
    hosts: kafka.hosts.map(([host, port]) => [host, port]),
    topics: [...kafka.topics],
    initial_offset_reset_policy: kafka.initialOffsetResetPolicy,
    connect_timeout: kafka.connectTimeout,
  };
  const present = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
  const { hosts: _hosts, topics: _topics, initial_offset_reset_policy: _policy, connect_timeout: _timeout, ...kept } =
    stored;
  return { ...kept, ...present };
}
