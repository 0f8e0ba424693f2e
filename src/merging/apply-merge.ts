import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { applyCollections } from '../exchange/apply-collections.ts';
import { Counts } from '../exchange/import-counts.ts';
import { appendHead } from '../heads/append-head.ts';
import { refreshHead } from '../heads/head-query.ts';
import { applyWorkflows } from '../workflows/apply-workflows.ts';
import { deleteWorkflows, vacateNames } from '../workflows/claim-workflows.ts';
import { weightOf, workflowBatches } from '../workflows/workflow-batches.ts';
import type { LackingCredential } from './credential-map.ts';
import { moveBases } from './move-bases.ts';
import { deletedIds, type PlannedMerge, plansOf } from './planned-merge.ts';

/**
 * Carries out what was planned, in the target, which must be locked as must the sandbox. Where there is nothing to do
 * nothing but the bases is written; otherwise the target gets its new head, and what happened is recorded. Answers the
 * ids of the credentials that were attached.
 */
export async function applyMerge(
  unit: UnitOfWork,
  sandboxId: string,
  targetId: string,
  merge: PlannedMerge,
): Promise<string[]> {
  const { steps, addedCollections, lackingCredentials } = merge;
  const [plans, deleted] = [plansOf(steps), deletedIds(steps)];
  if (plans.length + deleted.length + addedCollections.length === 0) {
    await moveBases(unit, targetId, steps);
    return [];
  }

  const counts = new Counts();
  await applyCollections(unit, targetId, addedCollections, false, counts);
  const attached = await addCredentials(unit, targetId, lackingCredentials);
  counts.updated.credentials += attached.length;
  await deleteWorkflows(unit, deleted);
  counts.deleted.workflows += deleted.length;
  // Names may pass from one workflow to another, and the unique index looks at each row by itself.
  const renamed = steps.filter(({ target, merged }) => target !== undefined && merged !== undefined);
  await vacateNames(
    unit,
    renamed.flatMap(({ target, merged }) => (target?.name === merged?.plan.name ? [] : (target?.id ?? []))),
  );
  for await (const batch of workflowBatches(plans, ({ state }) => weightOf(state)))
    await applyWorkflows(unit, targetId, batch);
  for (const plan of plans) counts.add(plan);
  await moveBases(unit, targetId, steps);

  const headHash = await refreshHead(unit.db, targetId);
  await appendHead(unit, targetId, headHash);
  unit.record({
    kind: 'sandbox_merged',
    projectId: targetId,
    itemType: 'project',
    itemId: targetId,
    changes: {
      sandbox_id: { after: sandboxId },
      created: counts.created,
      updated: counts.updated,
      deleted: counts.deleted,
      head_hash: headHash,
    },
  });
  return attached;
}

/**
 * Attaches the credentials, and copies the keychains with what they fall back to, as provisioning does. Answers the ids
 * of the credentials that were attached.
 */
async function addCredentials(
  unit: UnitOfWork,
  targetId: string,
  lacking: readonly LackingCredential[],
): Promise<string[]> {
  if (lacking.length === 0) return [];
  const now = unit.now.toISOString();
  const of = (kind: LackingCredential['kind']) => lacking.filter((credential) => credential.kind === kind);
  const [credentials, keychains] = [of('credential'), of('keychain')];
  await sql`
    insert into keychain_credentials
      (id, project_id, name, path, default_credential_id, created_by_id, inserted_at, updated_at)
    select new.id, ${targetId}::uuid, k.name, k.path, k.default_credential_id, ${unit.author.actorId}::uuid, ${now}, ${now}
    from unnest(${keychains.map(({ newId }) => newId)}::uuid[], ${keychains.map(({ id }) => id)}::uuid[])
      as new (id, source_id)
    join keychain_credentials k on k.id = new.source_id`.execute(unit.db);
  const { rows } = await sql<{ credential_id: string }>`
    insert into project_credentials (id, project_id, credential_id, inserted_at, updated_at)
    select id, ${targetId}::uuid, credential_id, ${now}, ${now}
    from unnest(${credentials.map(({ newId }) => newId)}::uuid[], ${credentials.map(({ identity }) => identity)}::uuid[])
      as new (id, credential_id)
    returning credential_id`.execute(unit.db);
  const { rows: defaults } = await sql<{ credential_id: string }>`
    insert into project_credentials (id, project_id, credential_id, inserted_at, updated_at)
    select uuid_v7(), ${targetId}::uuid, default_credential_id, ${now}, ${now}
    from (
      select distinct default_credential_id from keychain_credentials
      where id = any(${keychains.map(({ newId }) => newId)}::uuid[]) and default_credential_id is not null
    ) fallback
    on conflict (project_id, credential_id) do nothing
    returning credential_id`.execute(unit.db);
  return [...rows, ...defaults].map(({ credential_id }) => credential_id);
}
