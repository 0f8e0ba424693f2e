import type { Migration } from './migration.ts';

/**
 * The root of the workspace that a project belongs to: the project itself when it has no parent, null when its parents
 * run in a circle.
 *
 * PL/pgSQL, so that a statement which needs it for few of its rows does not set up the walk for all of them; SQL would
 * be written into the statement, or planned at every call.
 */
export const m0012ProjectRoot: Migration = {
  name: '0012_project_root',
  sql: `
create function project_root(start uuid) returns uuid
language plpgsql stable parallel safe as $$
begin
  return (
    with recursive above as (
      select id, parent_id from projects where id = start
      union
      select parent.id, parent.parent_id from above cross join lateral (
        select id, parent_id from projects where id = above.parent_id offset 0
      ) parent
    )
    select id from above where parent_id is null
  );
end
$$;
`,
};
