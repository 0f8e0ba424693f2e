import { sql } from 'kysely';
import { Failure, invalidArgument } from '../call/failure.ts';
import type { Queries } from '../database/queries.ts';
import type { ConditionType, TriggerType } from './document.ts';
import type { StoredKafka } from './kafka-configuration.ts';
import type { StoredWorkflow } from './stored-workflows.ts';

/** A workflow as a snapshot keeps it: rows of its graph under their columns' names, in the order of insertion. */
interface SnapshotRow {
  readonly workflow_id: string;
  readonly name: string;
  readonly jobs: readonly {
    readonly id: string;
    readonly name: string;
    readonly adaptor: string;
    readonly body: string;
    readonly project_credential_id: string | null;
    readonly keychain_credential_id: string | null;
  }[];
  readonly triggers: readonly {
    readonly id: string;
    readonly type: TriggerType;
    readonly enabled: boolean;
    readonly cron_expression: string | null;
    readonly cron_cursor_job_id: string | null;
    readonly webhook_reply: string | null;
    readonly webhook_response_config: Readonly<Record<string, unknown>> | null;
    readonly kafka_configuration: StoredKafka | null;
  }[];
  readonly edges: readonly {
    readonly id: string;
    readonly source_trigger_id: string | null;
    readonly source_job_id: string | null;
    readonly target_job_id: string;
    readonly condition_type: ConditionType;
    readonly condition_expression: string | null;
    readonly condition_label: string | null;
    readonly enabled: boolean;
  }[];
}

/**
 * Workflows as they were in snapshots, by key. The next one is read when the last one was taken. `read` must be a
 * transaction.
 */
export async function* exportedSnapshots(
  read: Queries,
  snapshotIds: readonly string[],
): AsyncGenerator<StoredWorkflow> {
  await sql`
    declare exported_snapshots no scroll cursor for
    select s.workflow_id, s.name, s.jobs, s.triggers, s.edges
    from workflow_snapshots s
    where s.id = any(${snapshotIds}::uuid[])
    order by replace(s.name, ' ', '-') collate "C", s.id`.execute(read);
  for (;;) {
    const { rows } = await sql<SnapshotRow>`fetch next from exported_snapshots`.execute(read);
    const [row] = rows;
    if (row === undefined) return;
    yield fromSnapshot(row);
  }
}

/**
 * Requires that snapshots are of the project, and no two of them of one workflow.
 *
 * @throws Failure SNAPSHOT_NOT_FOUND, VALIDATION_FAILED
 */
export async function requireSnapshots(
  read: Queries,
  projectId: string,
  snapshotIds: readonly string[],
): Promise<void> {
  const rows = await read
    .selectFrom('workflow_snapshots')
    .innerJoin('workflows', 'workflows.id', 'workflow_snapshots.workflow_id')
    .select(['workflow_snapshots.id', 'workflow_snapshots.workflow_id'])
    .where('workflow_snapshots.id', 'in', snapshotIds)
    .where('workflows.project_id', '=', projectId)
    .execute();
  const workflows = new Map(rows.map(({ id, workflow_id }) => [id, workflow_id]));
  const asked = snapshotIds.map((id) => id.toLowerCase());
  const missing = asked.filter((id) => !workflows.has(id));
  if (missing.length > 0) throw snapshotsNotFound(missing);

  const seen = new Map<string, number>();
  asked.forEach((id, index) => {
    const workflow = workflows.get(id) ?? '';
    const twin = seen.get(workflow);
    seen.set(workflow, index);
    if (twin === undefined) return;
    const description = `is a snapshot of the same workflow as snapshot_ids[${twin}]`;
    throw invalidArgument([{ field: `snapshot_ids[${index}]`, description, rule: 'REPEATED' }]);
  });
}

function snapshotsNotFound(ids: readonly string[]): Failure {
  const description = `not snapshots of this project: ${ids.join(', ')}`;
  return new Failure('not_found', 'SNAPSHOT_NOT_FOUND', `snapshot_ids: ${description}`, {
    fields: [{ field: 'snapshot_ids', description }],
  });
}

function fromSnapshot({ workflow_id: id, name, jobs, triggers, edges }: SnapshotRow): StoredWorkflow {
  return {
    id,
    name,
    positions: null,
    jobs: jobs.map((job) => ({
      id: job.id,
      name: job.name,
      adaptor: job.adaptor,
      body: job.body,
      projectCredentialId: job.project_credential_id,
      keychainCredentialId: job.keychain_credential_id,
    })),
    triggers: triggers.map((trigger) => ({
      id: trigger.id,
      type: trigger.type,
      enabled: trigger.enabled,
      cronExpression: trigger.cron_expression,
      cronCursorJobId: trigger.cron_cursor_job_id,
      webhookReply: trigger.webhook_reply,
      webhookResponseConfig: trigger.webhook_response_config,
      kafkaConfiguration: trigger.kafka_configuration,
    })),
    edges: edges.map((edge) => ({
      id: edge.id,
      sourceTriggerId: edge.source_trigger_id,
      sourceJobId: edge.source_job_id,
      targetJobId: edge.target_job_id,
      conditionType: edge.condition_type,
      conditionExpression: edge.condition_expression,
      conditionLabel: edge.condition_label,
      enabled: edge.enabled,
    })),
  };
}
