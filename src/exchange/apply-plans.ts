import { sql } from 'kysely';
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
  if (updated.length > 0) {
    await sql`
      update workflows w set name = new.name, lock_version = w.lock_version + 1, updated_at = ${now}
      from unnest(${updated.map(({ id }) => id)}::uuid[], ${updated.map(({ name }) => name)}::text[]) as new (id, name)
      where w.id = new.id`.execute(unit.db);
  }
  if (created.length > 0) {
    await sql`
      insert into workflows (id, project_id, name, inserted_at, updated_at)
      select id, ${projectId}::uuid, name, ${now}, ${now}
      from unnest(${created.map(({ id }) => id)}::uuid[], ${created.map(({ name }) => name)}::text[])
        as new (id, name)`.execute(unit.db);
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
      select id, workflow_id, name, adaptor, body, project_credential_id, keychain_credential_id, ${now}, ${now}
      from unnest(${columns(created)}, ${created.map(({ workflowId }) => workflowId)}::uuid[])
        as new (id, name, adaptor, body, project_credential_id, keychain_credential_id, workflow_id)`.execute(
      unit.db,
    );
  }
}

async function writeTriggers(unit: UnitOfWork, { created, updated }: Rows<StoredTrigger>): Promise<void> {
  const now = unit.now.toISOString();
  const columns = (rows: readonly StoredTrigger[]) => sql`
    ${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ type }) => type)}::text[],
    ${rows.map(({ enabled }) => enabled)}::boolean[], ${rows.map((row) => row.cronExpression)}::text[],
    ${rows.map((row) => row.cronCursorJobId)}::uuid[], ${rows.map((row) => row.webhookReply)}::text[],
    ${rows.map((row) => json(row.webhookResponseConfig))}::text[],
    ${rows.map((row) => json(row.kafkaConfiguration))}::text[]`;
  const names = sql`id, type, enabled, cron_expression, cron_cursor_job_id, webhook_reply,
    webhook_response_config, kafka_configuration`;
  if (updated.length > 0) {
    await sql`
      update triggers t set enabled = new.enabled, cron_expression = new.cron_expression,
        cron_cursor_job_id = new.cron_cursor_job_id, webhook_reply = new.webhook_reply,
        webhook_response_config = new.webhook_response_config::jsonb,
        kafka_configuration = new.kafka_configuration::jsonb, updated_at = ${now}
      from unnest(${columns(updated)}) as new (${names})
      where t.id = new.id`.execute(unit.db);
  }
  if (created.length > 0) {
    await sql`
      insert into triggers (id, workflow_id, type, enabled, cron_expression, cron_cursor_job_id, webhook_reply,
                            webhook_response_config, kafka_configuration, inserted_at, updated_at)
      select id, workflow_id, type, enabled, cron_expression, cron_cursor_job_id, webhook_reply,
             webhook_response_config::jsonb, kafka_configuration::jsonb, ${now}, ${now}
      from unnest(${columns(created)}, ${created.map(({ workflowId }) => workflowId)}::uuid[])
        as new (${names}, workflow_id)`.execute(unit.db);
  }
}

async function writeEdges(unit: UnitOfWork, { created, updated }: Rows<StoredEdge>): Promise<void> {
  const now = unit.now.toISOString();
  if (updated.length > 0) {
    await sql`
      update workflow_edges e set condition_type = new.condition_type,
        condition_expression = new.condition_expression, condition_label = new.condition_label,
        enabled = new.enabled, updated_at = ${now}
      from unnest(${updated.map(({ id }) => id)}::uuid[], ${updated.map((row) => row.conditionType)}::text[],
                  ${updated.map((row) => row.conditionExpression)}::text[],
                  ${updated.map((row) => row.conditionLabel)}::text[], ${updated.map(({ enabled }) => enabled)}::boolean[])
        as new (id, condition_type, condition_expression, condition_label, enabled)
      where e.id = new.id`.execute(unit.db);
  }
  if (created.length > 0) {
    await sql`
      insert into workflow_edges (id, workflow_id, source_trigger_id, source_job_id, target_job_id, condition_type,
                                  condition_expression, condition_label, enabled, inserted_at, updated_at)
      select id, workflow_id, source_trigger_id, source_job_id, target_job_id, condition_type,
             condition_expression, condition_label, enabled, ${now}, ${now}
      from unnest(${created.map(({ id }) => id)}::uuid[], ${created.map(({ workflowId }) => workflowId)}::uuid[],
                  ${created.map((row) => row.sourceTriggerId)}::uuid[], ${created.map((row) => row.sourceJobId)}::uuid[],
                  ${created.map((row) => row.targetJobId)}::uuid[], ${created.map((row) => row.conditionType)}::text[],
                  ${created.map((row) => row.conditionExpression)}::text[],
                  ${created.map((row) => row.conditionLabel)}::text[], ${created.map(({ enabled }) => enabled)}::boolean[])
        as new (id, workflow_id, source_trigger_id, source_job_id, target_job_id, condition_type,
                condition_expression, condition_label, enabled)`.execute(unit.db);
  }
}

function json(value: Readonly<Record<string, unknown>> | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
