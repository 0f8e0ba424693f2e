import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { type VersionSourceName, versionStep } from './version-rules.ts';

/** What a workflow has become. */
export interface NewVersion {
  readonly workflowId: string;
  /** As `workflowHash` computes it. */
  readonly hash: string;
}

/** A row of `workflow_versions`. */
export interface VersionRow {
  readonly id: string;
  readonly workflow_id: string;
  readonly hash: string;
  readonly source: VersionSourceName;
  readonly inserted_at: string;
}

/** The latest version of a workflow as it is now, and whether it was recorded just now. */
export interface RecordedVersion {
  readonly version: VersionRow;
  readonly recorded: boolean;
}

/**
 * Records versions of workflows, each workflow at most once, by the rules of {@link versionStep}
 * (WorkflowVersions.record_version/3). Answers by workflow id; a deleted or unknown workflow records nothing
 * and has no answer.
 *
 * At most two statements, however many workflows. Their projects must be locked; whatever was recorded makes
 * the heads of these unknown, so call `refreshHead` for each afterwards.
 */
export async function recordVersions(
  unit: UnitOfWork,
  source: VersionSourceName,
  versions: readonly NewVersion[],
): Promise<Map<string, RecordedVersion>> {
  const answer = new Map<string, RecordedVersion>();
  const due: Due[] = [];
  const latest = await latestVersions(unit, versions);
  for (const { workflowId, hash } of versions) {
    const row = latest.get(workflowId);
    if (row === undefined) continue;
    const step = versionStep(row.version && { ...row.version, first: row.first }, hash, source);
    if (step !== 'keep') due.push({ workflowId, hash, latest: row.version, replaces: step === 'replace' });
    else if (row.version !== undefined) answer.set(workflowId, { version: row.version, recorded: false });
  }
  for (const version of await write(unit, source, due))
    answer.set(version.workflow_id, { version, recorded: true });
  return answer;
}

interface Due {
  readonly workflowId: string;
  readonly hash: string;
  readonly latest: VersionRow | undefined;
  readonly replaces: boolean;
}

/**
 * The clock may have stepped back since the latest version was written: the new one sorts after it all the
 * same.
 */
async function write(
  unit: UnitOfWork,
  source: VersionSourceName,
  due: readonly Due[],
): Promise<VersionRow[]> {
  if (due.length === 0) return [];
  const replaced = due.filter(({ replaces }) => replaces).map(({ latest }) => latest?.id);
  const { rows } = await sql<VersionRow>`
    with replaced as (
      delete from workflow_versions where id = any(${replaced}::uuid[])
    )
    insert into workflow_versions (workflow_id, hash, source, inserted_at)
    select workflow_id, hash, ${source}, greatest(clock_timestamp(), latest_at + interval '1 microsecond')
    from unnest(
      ${due.map(({ workflowId }) => workflowId)}::uuid[],
      ${due.map(({ hash }) => hash)}::text[],
      ${due.map(({ latest }) => latest?.inserted_at ?? null)}::timestamptz[]
    ) as due (workflow_id, hash, latest_at)
    returning id, workflow_id, hash, source, inserted_at`.execute(unit.db);
  return rows;
}

interface Latest {
  readonly version: VersionRow | undefined;
  /** Whether the workflow has no other version. */
  readonly first: boolean;
}

/** The latest version of each workflow that is not deleted: two probes of the index on versions each. */
async function latestVersions(
  unit: UnitOfWork,
  versions: readonly NewVersion[],
): Promise<Map<string, Latest>> {
  const { rows } = await sql<{ workflow_id: string; version: VersionRow | null; first: boolean }>`
    select w.id as workflow_id, to_jsonb(latest) as version,
           not exists (
             select from workflow_versions other where other.workflow_id = w.id and other.id <> latest.id
           ) as first
    from workflows w
    left join lateral (
      select v.id, v.workflow_id, v.hash, v.source, v.inserted_at::text from workflow_versions v
      where v.workflow_id = w.id
      order by v.inserted_at desc, v.id desc
      limit 1
    ) latest on true
    where w.id = any(${versions.map(({ workflowId }) => workflowId)}::uuid[]) and w.deleted_at is null`.execute(
    unit.db,
  );
  return new Map(
    rows.map(({ workflow_id, version, first }) => [workflow_id, { version: version ?? undefined, first }]),
  );
}
