import { type RawBuilder, sql } from 'kysely';

/** What a clone is told. */
export interface CloneInput {
  readonly parentId: RawBuilder<unknown>;
  readonly sandboxId: RawBuilder<unknown>;
  readonly actorId: RawBuilder<unknown>;
  readonly now: RawBuilder<unknown>;
}

/** The ids of the workflows that are copied, as an array. */
export const clonedWorkflows: RawBuilder<unknown> = sql`array(select id from workflow)`;

/**
 * The rows of the parent that are copied, each with the id of its copy: `workflow`, `job`, `trigger`, `edge`,
 * `credential` and `keychain`. Nothing but what the joins need, so that they stay in memory.
 *
 * Copies of one kind sort by id as their sources by insertion: `uuid_v7` numbers them. Rows of the graph are
 * found by an array of workflow ids, hence through their indexes on workflow_id, however large the tables are
 * otherwise.
 */
export function cloneMaps({ parentId, now }: CloneInput): RawBuilder<unknown> {
  const ofTheWorkflows = sql`workflow_id = any(${clonedWorkflows})`;
  const copyId = sql`uuid_v7(${now}, row_number() over (order by inserted_at, id)) as copy_id`;
  return sql`
    workflow as materialized (
      select id, lock_version, ${copyId},
             (select v from workflow_versions v where v.workflow_id = w.id
              order by v.inserted_at desc, v.id desc limit 1) as latest
      from workflows w
      where project_id = ${parentId} and deleted_at is null
    ), job as materialized (
      select id, workflow_id, keychain_credential_id, ${copyId} from jobs where ${ofTheWorkflows}
    ), trigger as materialized (
      select id, workflow_id, ${copyId} from triggers where ${ofTheWorkflows}
    ), edge as materialized (
      select id, ${copyId} from workflow_edges where ${ofTheWorkflows}
    ), credential as materialized (
      select id, credential_id, ${copyId} from project_credentials where project_id = ${parentId}
    ), keychain as materialized (
      select id, ${copyId} from keychain_credentials
      where project_id = ${parentId} and id in (select keychain_credential_id from job)
    )`;
}
