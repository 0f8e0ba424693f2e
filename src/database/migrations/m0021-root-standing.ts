import type { Migration } from './migration.ts';

/**
 * What a person is to the root above a project: a JSON array of whether that lets in support, and the person's role
 * there. Null when the parents run in a circle.
 *
 * A function of its own for the same reason as {@link m0012ProjectRoot}, with the walk in it: one statement where most
 * projects need none.
 */
export const m0021RootStanding: Migration = {
  name: '0021_root_standing',
  sql: `
create function root_standing(start uuid, person uuid) returns json
language plpgsql stable parallel safe as $$
begin
  return (
    with recursive above as (
      select id, parent_id, allow_support_access from projects where id = start
      union
      select parent.id, parent.parent_id, parent.allow_support_access from above cross join lateral (
        select id, parent_id, allow_support_access from projects where id = above.parent_id offset 0
      ) parent
    )
    select json_build_array(
      allow_support_access,
      (select role from project_users where project_id = above.id and user_id = person)
    )
    from above where parent_id is null
  );
end
$$;
`,
};
