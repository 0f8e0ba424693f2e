import type { Migration } from './migration.ts';

/** A workflow that moves takes its versions along: the heads of both projects are unknown then, as in `0004_head_hash`. */
export const m0020MovedWorkflows: Migration = {
  name: '0020_moved_workflows',
  sql: `
create function forget_heads_of_moved() returns trigger
language plpgsql as $$
begin
  perform forget_project_heads(array[old.project_id, new.project_id]);
  return null;
end
$$;

create trigger forget_head_move after update of project_id on workflows
  for each row when (old.project_id <> new.project_id) execute function forget_heads_of_moved();
`,
};
