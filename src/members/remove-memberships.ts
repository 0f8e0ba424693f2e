import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { recordLosses } from '../heads/record-losses.ts';

/** What went out of a project with the people who left it. */
export interface Detached {
  readonly credentialIds: readonly string[];
  /** How many jobs lost their credential. */
  readonly jobs: number;
}

/**
 * Ends memberships, and takes the people's own credentials out of the project with them; jobs that used one lose the
 * reference (delete_project_user!/1), and their workflows a new version. The project must be locked.
 */
export async function removeMemberships(
  unit: UnitOfWork,
  projectId: string,
  userIds: readonly string[],
): Promise<Detached> {
  if (userIds.length === 0) return { credentialIds: [], jobs: 0 };
  const { rows } = await sql<Detached & { readonly workflowIds: readonly string[] }>`
    with detached as (
      delete from project_credentials
      where project_id = ${projectId}
        and credential_id in (select id from credentials where user_id = any(${userIds}::uuid[]))
      returning id, credential_id
    ), used as (
      update jobs set project_credential_id = null, updated_at = ${unit.now}
      where project_credential_id in (select id from detached)
      returning workflow_id
    )
    select array(select credential_id from detached order by credential_id) as "credentialIds",
           (select count(*) from used)::int as jobs,
           array(select distinct workflow_id from used order by workflow_id) as "workflowIds"`.execute(
    unit.db,
  );
  const { workflowIds = [], ...detached } = rows[0] ?? { credentialIds: [], jobs: 0 };
  await recordLosses(unit, [projectId], workflowIds);
  // One parameter, however many people leave: a statement takes 65,535.
  await sql`
    delete from project_users where project_id = ${projectId} and user_id = any(${userIds}::uuid[])`.execute(
    unit.db,
  );
  return detached;
}
