import { type RawBuilder, sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type { JobState } from '../heads/workflow-hash.ts';
import type { RowPlan } from './row-plan.ts';
import type { StoredEdge, StoredTrigger } from './stored-workflows.ts';
import type { WorkflowPlan } from './workflow-plan.ts';

/**
 * Writes what the plans of some workflows say: a constant number of statements, each set-wise. The order keeps every
 * foreign key satisfied: deletions, workflows, jobs, triggers, edges.
 */
export async function applyPlans(
  unit: UnitOfWork,
  projectId: string,
  plans: readonly WorkflowPlan[],
): Promise<void> {
  await deleteRows(unit, plans);
  await writeWorkflows(unit, projectId, plans);
  await writeJobs(
    unit,
    rowsOf(plans, ({ jobs }) => jobs),
  );
  await writeTriggers(
    unit,
    rowsOf(plans, ({ triggers }) => triggers),
  );
  await writeEdges(
    unit,
    rowsOf(plans, ({ edges }) => edges),
  );
}

interface Rows<Row> {
  readonly created: readonly (Row & { readonly workflowId: string })[];
  readonly updated: readonly Row[];
}

function rowsOf<Row extends object>(
  plans: readonly WorkflowPlan[],
  kind: (plan: WorkflowPlan) => RowPlan<Row>,
): Rows<Row> {
  return {
    created: plans.flatMap((plan) => kind(plan).created.map((row) => ({ ...row, workflowId: plan.id }))),
    updated: plans.flatMap((plan) => kind(plan).updated),
  };
}

/** Edges of a deleted node go by the foreign key, and so does a cursor that pointed to a deleted job. */
async function deleteRows(unit: UnitOfWork, plans: readonly WorkflowPlan[]): Promise<void> {
  const ids = (kind: (plan: WorkflowPlan) => RowPlan<{ readonly id: string }>) =>
    plans.flatMap((plan) => kind(plan).deleted.map(({ id }) => id));
  const tables = [
    ['workflow_edges', ids(({ edges }) => edges)],
    ['triggers', ids(({ triggers }) => triggers)],
    ['jobs', ids(({ jobs }) => jobs)],
  ] as const;
  for (const [table, doomed] of tables) {
    if (doomed.length === 0) continue;
    await sql`delete from ${sql.table(table)} where id = any(${doomed}::uuid[])`.execute(unit.db);
  }
}

async function writeWorkflows(
  unit: UnitOfWork,
  projectId: string,
  plans: readonly WorkflowPlan[],
): Promise<void> {
  const now = unit.now.toISOString();
  const created = plans.filter(({ fate }) => fate === 'created');
  const updated = plans.filter(({ fate }) => fate === 'updated');
  const columns = (rows: readonly WorkflowPlan[]) => sql`
    ${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ name }) => name)}::text[],
    ${rows.map(({ state }) => json(state.positions))}::text[],
    ${rows.map(({ concurrency }) => concurrency)}::integer[],
    ${rows.map(({ enableJobLogs }) => enableJobLogs)}::boolean[]`;
  if (updated.length > 0) {
    await sql`
      update workflows w set name = new.name, positions = new.positions::jsonb, concurrency = new.concurrency,
        enable_job_logs = new.enable_job_logs, lock_version = w.lock_version + 1, updated_at = ${now}
      from unnest(${columns(updated)}) as new (id, name, positions, concurrency, enable_job_logs)
      where w.id = new.id`.execute(unit.db);
  }
  if (created.length > 0) {
    await sql`
      insert into workflows (id, project_id, name, positions, concurrency, enable_job_logs, inserted_at, updated_at)
      select id, ${projectId}::uuid, name, positions::jsonb, concurrency, enable_job_logs, ${now}, ${now}
      from unnest(${columns(created)}) as new (id, name, positions, concurrency, enable_job_logs)`.execute(
      unit.db,
    );
  }
}

async function writeJobs(unit: UnitOfWork, { created, updated }: Rows<JobState>): Promise<void> {
  const now = unit.now.toISOString();
  const columns = (rows: readonly JobState[]) => sql`
    ${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ name }) => name)}::text[],
    ${rows.map(({ adaptor }) => adaptor)}::text[], ${rows.map(({ body }) => body)}::text[],
    ${rows.map((row) => row.projectCredentialId)}::uuid[], ${rows.map((row) => row.keychainCredentialId)}::uuid[]`;
  if (updated.length > 0) {
    await sql`
      update jobs j set name = new.name, adaptor = new.adaptor, body = new.body,
        project_credential_id = new.project_credential_id, keychain_credential_id = new.keychain_credential_id,
        updated_at = ${now}
      from unnest(${columns(updated)})
        as new (id, name, adaptor, body, project_credential_id, keychain_credential_id)
      where j.id = new.id`.execute(unit.db);
  }
  if (created.length > 0) {
    await sql`
      insert into jobs (id, workflow_id, name, adaptor, body, project_credential_id, keychain_credential_id,
                        inserted_at, updated_at)
      select id, workflow_id, name, adaptor, body, project_credential_id, keychain_credential_id, ${inOrder(now)}, ${now}
      from unnest(${columns(created)}, ${created.map(({ workflowId }) => workflowId)}::uuid[]) with ordinality
        as new (id, name, adaptor, body, project_credential_id, keychain_credential_id, workflow_id, position)`.execute(
      unit.db,
    );
  }
}

async function writeTriggers(unit: UnitOfWork, { created, updated }: Rows<StoredTrigger>): Promise<void> {
  const now = unit.now.toISOString();
  const columns = (rows: readonly StoredTrigger[]) => sql`
    ${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ type }) => type)}::text[],
    ${rows.map(({ comment }) => comment)}::text[], ${rows.map(({ enabled }) => enabled)}::boolean[],
    ${rows.map((row) => row.cronExpression)}::text[],
    ${rows.map((row) => row.cronCursorJobId)}::uuid[], ${rows.map((row) => row.webhookReply)}::text[],
    ${rows.map((row) => json(row.webhookResponseConfig))}::text[],
    ${rows.map((row) => json(row.kafkaConfiguration))}::text[]`;
  const names = sql`id, type, comment, enabled, cron_expression, cron_cursor_job_id, webhook_reply,
    webhook_response_config, kafka_configuration`;
  if (updated.length > 0) {
    await sql`
      update triggers t set type = new.type, comment = new.comment, enabled = new.enabled,
        cron_expression = new.cron_expression,
        cron_cursor_job_id = new.cron_cursor_job_id, webhook_reply = new.webhook_reply,
        webhook_response_config = new.webhook_response_config::jsonb,
        kafka_configuration = new.kafka_configuration::jsonb, updated_at = ${now}
      from unnest(${columns(updated)}) as new (${names})
      where t.id = new.id`.execute(unit.db);
  }
  if (created.length > 0) {
    await sql`
      insert into triggers (id, workflow_id, type, comment, enabled, cron_expression, cron_cursor_job_id,
                            webhook_reply, webhook_response_config, kafka_configuration, inserted_at, updated_at)
      select id, workflow_id, type, comment, enabled, cron_expression, cron_cursor_job_id, webhook_reply,
             webhook_response_config::jsonb, kafka_configuration::jsonb, ${inOrder(now)}, ${now}
      from unnest(${columns(created)}, ${created.map(({ workflowId }) => workflowId)}::uuid[]) with ordinality
        as new (${names}, workflow_id, position)`.execute(unit.db);
  }
}

async function writeEdges(unit: UnitOfWork, { created, updated }: Rows<StoredEdge>): Promise<void> {
  const now = unit.now.toISOString();
  const columns = (rows: readonly StoredEdge[]) => sql`
    ${rows.map(({ id }) => id)}::uuid[], ${rows.map((row) => row.sourceTriggerId)}::uuid[],
    ${rows.map((row) => row.sourceJobId)}::uuid[], ${rows.map((row) => row.targetJobId)}::uuid[],
    ${rows.map((row) => row.conditionType)}::text[], ${rows.map((row) => row.conditionExpression)}::text[],
    ${rows.map((row) => row.conditionLabel)}::text[], ${rows.map(({ enabled }) => enabled)}::boolean[]`;
  const names = sql`id, source_trigger_id, source_job_id, target_job_id, condition_type, condition_expression,
    condition_label, enabled`;
  if (updated.length > 0) {
    await sql`
      update workflow_edges e set source_trigger_id = new.source_trigger_id, source_job_id = new.source_job_id,
        target_job_id = new.target_job_id, condition_type = new.condition_type,
        condition_expression = new.condition_expression, condition_label = new.condition_label,
        enabled = new.enabled, updated_at = ${now}
      from unnest(${columns(updated)}) as new (${names})
      where e.id = new.id`.execute(unit.db);
  }
  if (created.length > 0) {
    await sql`
      insert into workflow_edges (id, workflow_id, source_trigger_id, source_job_id, target_job_id, condition_type,
                                  condition_expression, condition_label, enabled, inserted_at, updated_at)
      select id, workflow_id, source_trigger_id, source_job_id, target_job_id, condition_type,
             condition_expression, condition_label, enabled, ${inOrder(now)}, ${now}
      from unnest(${columns(created)}, ${created.map(({ workflowId }) => workflowId)}::uuid[]) with ordinality
        as new (${names}, workflow_id, position)`.execute(unit.db);
  }
}

/** Rows are shown in the order of insertion, which ids that are the caller's own do not tell. */
function inOrder(now: string): RawBuilder<string> {
  return sql`${now}::timestamptz + position * interval '1 microsecond'`;
}

function json(value: Readonly<Record<string, unknown>> | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
