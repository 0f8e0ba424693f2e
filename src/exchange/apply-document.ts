import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { v7 as uuid } from '../database/uuid.ts';
import { recordVersions } from '../heads/record-versions.ts';
import { snapshotWorkflows } from '../heads/snapshot-workflows.ts';
import { workflowHash } from '../heads/workflow-hash.ts';
import type { CheckedDocument } from './check-document.ts';
import type { DocumentWorkflow } from './document.ts';
import { credentialFates, settleCredentials } from './import-credentials.ts';
import { Counts } from './import-counts.ts';
import type { ImportOptions, ImportSource } from './import-options.ts';
import { matchEntries } from './match-entries.ts';
import { readDocument } from './read-document.ts';
import { storedWorkflows } from './stored-workflows.ts';
import { planWorkflow, type WorkflowPlan } from './workflow-plan.ts';
import { writePlans } from './write-plans.ts';

/** Workflows that are written together, and the characters of bodies after which a batch is full. */
const BATCH_WORKFLOWS = 100;
const BATCH_CHARACTERS = 1024 * 1024;

/**
 * Brings a project's collections, credentials and workflows to what the document says; the project must be locked.
 * Reads the document again, batch by batch, so that memory holds a batch or the largest workflow.
 */
export async function applyDocument(
  unit: UnitOfWork,
  call: Call,
  projectId: string,
  checked: CheckedDocument,
  options: ImportOptions,
  source: ImportSource,
): Promise<Counts> {
  const counts = new Counts();
  await applyCollections(unit, projectId, checked, options, counts);
  const fates = await credentialFates(unit.db, call, options, checked.credentials, checked.referenced);
  const { ids, created, attached } = await settleCredentials(unit, projectId, fates);
  counts.created.credentials += created;
  counts.updated.credentials += attached;

  const named = new Set<string>();
  for await (const batch of batches(source, options)) {
    const plans = await planBatch(unit, projectId, batch, ids, options.prune);
    await applyBatch(unit, projectId, plans);
    for (const plan of plans) {
      named.add(plan.id);
      counts.add(plan);
    }
  }
  const isWholeProject = checked.shape === 'v1_project' || checked.shape === 'v2_project';
  if (options.prune && isWholeProject) counts.deleted.workflows += await deleteOthers(unit, projectId, named);
  return counts;
}

async function* batches(source: ImportSource, options: ImportOptions): AsyncGenerator<DocumentWorkflow[]> {
  let batch: DocumentWorkflow[] = [];
  let characters = 0;
  for await (const part of readDocument(source.open(), {
    files: source.files,
    allowMissingFiles: options.allowMissingFiles,
  })) {
    if (part.kind !== 'workflow') continue;
    batch.push(part.value);
    characters += part.value.jobs.reduce((sum, { body }) => sum + body.length, 0);
    if (batch.length < BATCH_WORKFLOWS && characters < BATCH_CHARACTERS) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

async function planBatch(
  unit: UnitOfWork,
  projectId: string,
  batch: readonly DocumentWorkflow[],
  credentials: ReadonlyMap<string, string>,
  prune: boolean,
): Promise<WorkflowPlan[]> {
  const stored = matchEntries(batch, await storedWorkflows(unit, projectId, batch));
  const options = {
    prune,
    credentialId: (key: string) => credentials.get(key) ?? null,
    newId: () => uuid(unit.now),
  };
  return batch.map((document, index) => planWorkflow(document, stored[index], options));
}

async function applyBatch(unit: UnitOfWork, projectId: string, plans: readonly WorkflowPlan[]): Promise<void> {
  const touched = plans.filter(({ fate }) => fate !== 'unchanged');
  if (touched.length === 0) return;
  await writePlans(unit, projectId, touched);
  await recordVersions(
    unit,
    'cli',
    touched.map(({ id, state }) => ({ workflowId: id, hash: workflowHash(state) })),
  );
  await snapshotWorkflows(
    unit,
    touched.map(({ id }) => id),
  );
}

async function applyCollections(
  unit: UnitOfWork,
  projectId: string,
  { collections, shape }: CheckedDocument,
  { prune }: ImportOptions,
  counts: Counts,
): Promise<void> {
  const names = collections.map(({ name }) => name);
  const present = await unit.db.selectFrom('collections').select('name').where('project_id', '=', projectId).execute();
  const known = new Set(present.map(({ name }) => name));
  const fresh = names.filter((name) => !known.has(name));
  counts.unchanged.collections += names.length - fresh.length;
  if (fresh.length > 0) {
    await sql`
      insert into collections (id, project_id, name)
      select id, ${projectId}::uuid, name
      from unnest(${fresh.map(() => uuid(unit.now))}::uuid[], ${fresh}::text[]) as new (id, name)`.execute(unit.db);
    counts.created.collections += fresh.length;
  }
  const others = present.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  if (!prune || others.length === 0 || !(shape === 'v1_project' || shape === 'v2_project')) return;
  await sql`delete from collections where project_id = ${projectId} and name = any(${others}::text[])`.execute(unit.db);
  counts.deleted.collections += others.length;
}

/** Deletes, softly, the workflows that the document does not have; what would start them is turned off. */
async function deleteOthers(unit: UnitOfWork, projectId: string, named: ReadonlySet<string>): Promise<number> {
  const now = unit.now.toISOString();
  const { rows } = await sql`
    with gone as (
      update workflows set deleted_at = ${now}, updated_at = ${now}, lock_version = lock_version + 1
      where project_id = ${projectId} and deleted_at is null and id <> all(${[...named]}::uuid[])
      returning id
    ), silenced as (
      update triggers set enabled = false, updated_at = ${now}
      from gone where triggers.workflow_id = gone.id and triggers.enabled
    )
    select id from gone`.execute(unit.db);
  return rows.length;
}
