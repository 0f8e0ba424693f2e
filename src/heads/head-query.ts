import { type RawBuilder, sql } from 'kysely';
import type { Queries } from '../database/queries.ts';

/** The head of a project that has no version of any workflow: the digest of `[]`. */
export const EMPTY_HEAD = '4f53cda18c2b';

/**
 * The head of the workflows that `w` ranges over, as an aggregate: what `headHash` computes, in SQL. Their latest
 * versions come from the index on (workflow_id, inserted_at desc, id desc), one probe a workflow, so that the cost
 * does not grow with the number of versions.
 */
const head: RawBuilder<string> = sql`
  left(encode(sha256(convert_to('[' || coalesce(string_agg(
    '["' || w.id || '","' || latest.hash || '"]', ',' order by w.id), '') || ']', 'UTF8')), 'hex'), 12)`;
const latestVersions: RawBuilder<unknown> = sql`
  left join lateral (
    select v.hash from workflow_versions v
    where v.workflow_id = w.id
    order by v.inserted_at desc, v.id desc
    limit 1
  ) latest on true`;

/**
 * The present heads of projects, computed from the latest version of each of their workflows
 * (compute_project_head_hash/1; soft-deleted workflows count). Projects that do not exist are left out. One statement.
 */
export async function headHashes(db: Queries, projectIds: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; head_hash: string }>`
    select p.id, ${head} as head_hash
    from projects p
    left join workflows w on w.project_id = p.id
    ${latestVersions}
    where p.id = any(${projectIds}::uuid[]) and p.deletion_started_at is null
    group by p.id`.execute(db);
  return new Map(rows.map(({ id, head_hash }) => [id, head_hash]));
}

/**
 * The same over the workflows of a project and of its direct sandboxes together; undefined when there is no such
 * project.
 */
export async function workspaceHead(db: Queries, projectId: string): Promise<string | undefined> {
  const { rows } = await sql<{ head_hash: string }>`
    select ${head} as head_hash
    from projects parent
    join projects p on (p.id = parent.id or p.parent_id = parent.id) and p.deletion_started_at is null
    left join workflows w on w.project_id = p.id
    ${latestVersions}
    where parent.id = ${projectId} and parent.deletion_started_at is null
    group by parent.id`.execute(db);
  return rows[0]?.head_hash;
}

/**
 * Computes a project's head and keeps it on its row. Call it in the transaction that changed the project's versions,
 * after them; the row must be locked, so that two such transactions come one after the other.
 */
export async function refreshHead(db: Queries, projectId: string): Promise<string> {
  const hash = (await headHashes(db, [projectId])).get(projectId) ?? EMPTY_HEAD;
  await sql`update projects set head_hash = ${hash} where id = ${projectId}`.execute(db);
  return hash;
}
