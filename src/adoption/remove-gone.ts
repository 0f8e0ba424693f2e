import { sql } from 'kysely';
import type { UnitOfWork } from '../database/unit-of-work.ts';
import { type AdoptedTable, keyOf } from './adopted-table.ts';
import { members, triggerAuthMethods, versions } from './adopted-tables.ts';
import { columnsOf } from './sql-text.ts';
import { keyOfRow, type Written } from './write-rows.ts';
import type { WriteAnswer } from './write-statement.ts';

/**
 * Removes what of the wholes, projects or workflows, Lightning has no more: rows of a part that are not among `rows`.
 * Members and versions that did not come by adoption came here, and stay.
 */
export async function removeGone(
  unit: UnitOfWork,
  part: AdoptedTable,
  wholeIds: readonly string[],
  rows: readonly string[],
): Promise<Written> {
  if (wholeIds.length === 0) return { table: part, read: 0, answers: [] };
  const keys = rows.map((row) => keyOfRow(part, row));
  const key = sql.raw(`concat_ws(' ', ${columnsOf('gone', keyOf(part))})`);
  const { rows: answers } = await sql<WriteAnswer>`
    with gone as (
      delete from ${sql.table(part.name)} gone
      where ${whole(part)} = any(${wholeIds}::uuid[]) and ${key} <> all(${keys}::text[]) ${cameByAdoption(part)}
      returning ${key} as key, ${sql.raw(part.project ?? 'null::uuid')} as project_id
    )
    select 'removed' as what, project_id, null as lacks, null as reason, array_agg(key) as keys, '{}'::text[] as missing
    from gone group by project_id`.execute(unit.db);
  return { table: part, read: 0, answers };
}

function whole(part: AdoptedTable) {
  if (part === members) return sql.ref('gone.project_id');
  if (part !== triggerAuthMethods) return sql.ref('gone.workflow_id');
  return sql`(select workflow_id from triggers where triggers.id = gone.trigger_id)`;
}

function cameByAdoption(part: AdoptedTable) {
  if (part === versions) return sql`and not ${wasRecordedHere}`;
  return part === members ? sql`and ${cameWithProjectOrSince}` : sql``;
}

/** Looked for in the index on a project's events of a kind; `offset 0` keeps it from being joined to those of all projects. */
const wasRecordedHere = sql`exists (
  select from audit_events
  where project_id = (select project_id from workflows where workflows.id = gone.workflow_id)
    and kind = 'workflow_version_recorded' and item_id = gone.workflow_id and changes -> 'hash' ->> 'after' = gone.hash
  offset 0
)`;

/** With the project, or told of as new by an adoption since. */
const cameWithProjectOrSince = sql`(
  gone.inserted_at <= (
    select min(inserted_at) from audit_events
    where project_id = gone.project_id and kind = 'project_created' and method = 'adopt'
  ) or exists (
    select from audit_events
    where project_id = gone.project_id and kind = 'members_changed' and method = 'adopt' and item_id = gone.id
      and changes -> 'user_id' ? 'after' and not changes -> 'user_id' ? 'before'
  )
)`;
