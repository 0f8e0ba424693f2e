import type { MessageInitShape } from '@bufbuild/protobuf';
import { sql } from 'kysely';
import type { Call } from '../call/call.ts';
import { notFound } from '../call/failure.ts';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import type {
  DeleteCredentialRequest,
  DeleteCredentialResponseSchema,
} from '../gen/lightning/projects/v1/directory_service_pb.ts';
import { recordLosses } from '../heads/record-losses.ts';
import { credentials } from './credential-query.ts';
import { rowGone } from './row-changes.ts';

/**
 * Forgets a credential and takes it out of every project; jobs that used it run without one, keychains that fell back
 * on it fall back on nothing. Beyond Lightning, which owns its credentials. Each project that had it gets an event, and
 * each workflow that used it a new version.
 */
export async function deleteCredential(
  { id }: DeleteCredentialRequest,
  call: Call,
): Promise<MessageInitShape<typeof DeleteCredentialResponseSchema>> {
  return await call.change(async (unit) => {
    await lockProjects(unit, id);
    const credential = await credentials(unit.db).where('id', '=', id).forUpdate().executeTakeFirst();
    if (credential === undefined) throw notFound('credential', id);
    // Those that it came into before it was held; whom that makes wait for each other begin again.
    await lockProjects(unit, credential.id);
    const uses = await detach(unit, credential.id);
    await forgetDefault(unit, credential.id);
    await unit.db.deleteFrom('credentials').where('id', '=', credential.id).execute();

    const item = { projectId: null, itemType: 'credential', itemId: credential.id };
    unit.record({ kind: 'credentials_changed', ...item, changes: rowGone(credential) });
    return {
      detachedProjectCount: uses.length,
      detachedJobCount: uses.reduce((jobs, use) => jobs + use.jobs, 0),
    };
  });
}

/**
 * Holds the projects that have the credential, in the order of their ids and before the credential itself, as an
 * import does: what is under way there ends first.
 */
async function lockProjects(unit: UnitOfWork, credentialId: string): Promise<void> {
  await sql`
    select from projects where id in (
      select project_id from project_credentials where credential_id = ${credentialId}
      union all select project_id from keychain_credentials where default_credential_id = ${credentialId}
    ) order by id for no key update`.execute(unit.db);
}

async function detach(unit: UnitOfWork, credentialId: string): Promise<readonly { readonly jobs: number }[]> {
  const { rows } = await sql<{ id: string; project_id: string; jobs: number; workflow_ids: string[] }>`
    with detached as (
      delete from project_credentials where credential_id = ${credentialId} returning id, project_id
    ), used as (
      update jobs set project_credential_id = null, updated_at = ${unit.now}
      from detached where project_credential_id = detached.id
      returning detached.id, workflow_id
    )
    select id, project_id, count(workflow_id)::int as jobs,
           coalesce(array_agg(distinct workflow_id) filter (where workflow_id is not null), '{}') as workflow_ids
    from detached left join used using (id) group by id, project_id order by project_id`.execute(unit.db);
  const losing = rows.filter(({ jobs }) => jobs > 0).map(({ project_id }) => project_id);
  await recordLosses(
    unit,
    losing,
    rows.flatMap(({ workflow_ids }) => workflow_ids),
  );
  for (const { id, project_id } of rows) {
    unit.record({
      kind: 'credentials_changed',
      projectId: project_id,
      itemType: 'project_credential',
      itemId: id,
      changes: { credential_id: { before: credentialId } },
    });
  }
  return rows;
}

async function forgetDefault(unit: UnitOfWork, credentialId: string): Promise<void> {
  const rows = await unit.db
    .updateTable('keychain_credentials')
    .set({ default_credential_id: null, updated_at: unit.now.toISOString() })
    .where('default_credential_id', '=', credentialId)
    .returning(['id', 'project_id'])
    .execute();
  for (const { id, project_id } of rows) {
    unit.record({
      kind: 'credentials_changed',
      projectId: project_id,
      itemType: 'keychain_credential',
      itemId: id,
      changes: { default_credential_id: { before: credentialId, after: null } },
    });
  }
}
