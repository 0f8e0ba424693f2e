import type { DocumentEdge, DocumentJob, DocumentWorkflow } from '../exchange/document.ts';
import { bodyScalar } from '../exchange/yaml-scalar.ts';
import type { JobState, WorkflowState } from '../heads/workflow-hash.ts';
import { matchEntries } from './match-entries.ts';
import { changesRows, matchInOrder, planRows, type RowPlan, remainingRows } from './row-plan.ts';
import type { StoredEdge, StoredTrigger, StoredWorkflow } from './stored-workflows.ts';
import { planTriggers } from './trigger-plan.ts';

/** What an import or a merge does to one workflow, and what the workflow is afterwards. */
export interface WorkflowPlan {
  readonly id: string;
  readonly name: string;
  readonly fate: 'created' | 'updated' | 'unchanged';
  /** The most runs at a time; null for no limit of its own. */
  readonly concurrency: number | null;
  readonly enableJobLogs: boolean;
  readonly jobs: RowPlan<JobState>;
  readonly triggers: RowPlan<StoredTrigger>;
  readonly edges: RowPlan<StoredEdge>;
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
 *
 * A row that the document would show as it says it is unchanged, even where the database has something that
 * documents do not tell.
 *
 * @param stored undefined for a new workflow
 */
export function planWorkflow(
  document: DocumentWorkflow,
  stored: StoredWorkflow | undefined,
  options: PlanOptions,
): WorkflowPlan {
  const jobs = planJobs(document.jobs, stored?.jobs ?? [], options);
  const triggers = planTriggers(document.triggers, stored?.triggers ?? [], jobs.idByKey, options);
  const ends: Ends = { jobs: jobs.idByKey, triggers: triggers.idByKey };
  const edges = planEdges(document.edges, stored?.edges ?? [], ends, options);

  const plans = [jobs.plan, triggers.plan, edges];
  const isTouched = stored?.name !== document.name || plans.some(changesRows);
  return {
    id: stored?.id ?? options.newId(),
    name: document.name,
    fate: stored === undefined ? 'created' : isTouched ? 'updated' : 'unchanged',
    concurrency: stored?.concurrency ?? null,
    enableJobLogs: stored?.enableJobLogs ?? true,
    jobs: jobs.plan,
    triggers: triggers.plan,
    edges,
    state: {
      name: document.name,
      positions: stored?.positions ?? null,
      jobs: remainingRows(jobs.plan),
      triggers: remainingRows(triggers.plan),
      edges: remainingRows(edges),
    },
  };
}

function planJobs(
  entries: readonly DocumentJob[],
  rows: readonly JobState[],
  { prune, credentialId, newId }: PlanOptions,
): { readonly plan: RowPlan<JobState>; readonly idByKey: ReadonlyMap<string, string> } {
  const matches = matchEntries(entries, rows);
  const wanted = entries.map(({ name, adaptor, body, credential }, index): JobState => {
    const row = matches[index];
    const projectCredentialId = credential === null ? null : credentialId(credential);
    return {
      id: row?.id ?? newId(),
      name,
      adaptor,
      body: storedCode(body, row?.body ?? null),
      projectCredentialId,
      // A document has no words for keychain credentials: without another credential the job keeps its own.
      keychainCredentialId: projectCredentialId === null ? (row?.keychainCredentialId ?? null) : null,
    };
  });
  return {
    plan: planRows(wanted, matches, rows, prune),
    idByKey: new Map(entries.map(({ key }, index) => [key, wanted[index]?.id ?? ''])),
  };
}

interface Ends {
  readonly jobs: ReadonlyMap<string, string>;
  readonly triggers: ReadonlyMap<string, string>;
}

/** The edges of a node that is deleted are deleted too: a document's own edges lead to its own nodes. */
function planEdges(
  entries: readonly DocumentEdge[],
  rows: readonly StoredEdge[],
  { jobs, triggers }: Ends,
  { prune, newId }: PlanOptions,
): RowPlan<StoredEdge> {
  const said = entries.map((entry) => ({
    sourceTriggerId: entry.sourceTrigger === null ? null : (triggers.get(entry.sourceTrigger) ?? null),
    sourceJobId: entry.sourceJob === null ? null : (jobs.get(entry.sourceJob) ?? null),
    targetJobId: jobs.get(entry.targetJob) ?? '',
    conditionType: entry.conditionType,
    conditionExpression: entry.conditionExpression,
    conditionLabel: entry.conditionLabel,
    enabled: entry.enabled,
  }));
  const matches = matchInOrder(said.map(endsText), rows, endsText);
  const wanted = said.map((edge, index): StoredEdge => {
    const row = matches[index];
    const conditionExpression = storedCode(edge.conditionExpression, row?.conditionExpression ?? null);
    return { id: row?.id ?? newId(), ...edge, conditionExpression };
  });
  return planRows(wanted, matches, rows, prune);
}

/** The ends of an edge, by which edges are matched. */
export function endsText(edge: Pick<StoredEdge, 'sourceJobId' | 'sourceTriggerId' | 'targetJobId'>): string {
  return `${edge.sourceTriggerId ?? edge.sourceJobId}>${edge.targetJobId}`;
}

/** The stored body or condition when a document shows it as this one: one final newline is no content. */
function storedCode<Code extends string | null>(said: Code, stored: string | null): Code | string {
  if (said === null || stored === null || Math.abs(said.length - stored.length) !== 1) return said;
  return bodyScalar(said, '') === bodyScalar(stored, '') ? stored : said;
}
