/** Rows of each kind of history in the project whose lists are read: hundreds of pages. */
const ROWS = 6000;
/** The project, one beside it that holds as much, a workflow and a job in which much ran, and who did it all. */
export const projectId = '00000000-0000-4000-8000-00000000000a';
const otherId = '00000000-0000-4000-8000-00000000000b';
export const busyWorkflow = '00000000-0000-4000-a000-000000000001';
export const busyJob = '00000000-0000-4000-a001-000000000001';
export const userId = '00000000-0000-4000-8000-00000000000c';

/**
 * Both projects with 400 workflows of ten jobs, triggers and edges each, things having run in twenty of them; all
 * rows of history, audit trail and files a second apart.
 */
export function largeHistory(): string[] {
  const moment = `'2026-01-01'::timestamptz + n * interval '1 second'`;
  const id = (kind: string, number: string) =>
    `overlay('00000000-0000-4000-${kind}-000000000000' placing lpad((${number})::text, 12, '0') from 25)::uuid`;
  return [
    `insert into projects (id, name) values ('${projectId}', 'large'), ('${otherId}', 'other')`,
    `insert into workflows (id, project_id, name)
       select ${id('a000', 'n')}, case when n % 2 = 1 then '${projectId}' else '${otherId}' end::uuid, 'Workflow ' || n
       from generate_series(1, 800) n`,
    `insert into workflows (project_id, name) select '${otherId}', 'Empty ' || n from generate_series(1, 3000) n`,
    `insert into jobs (id, workflow_id, name, body, adaptor)
       select ${id('a001', 'w + 800 * (n - 1)')}, ${id('a000', 'w')}, 'Job ' || n, repeat('x', 100), 'common'
       from generate_series(1, 800) w, generate_series(1, 10) n`,
    'insert into triggers (workflow_id) select workflow_id from jobs',
    'insert into workflow_edges (workflow_id, source_job_id, target_job_id) select workflow_id, id, id from jobs',
    `insert into dataclips (project_id, name, type, inserted_at)
       select id, case when n % 5 = 0 then 'Name ' || n end, (array['global', 'kafka', 'step_result'])[1 + n % 3],
         ${moment}
       from projects, generate_series(1, ${ROWS}) n`,
    `insert into project_files (project_id, type, inserted_at)
       select id, 'archive', ${moment} from projects, generate_series(1, ${ROWS}) n`,
    `insert into audit_events (kind, item_type, item_id, project_id, actor_id, method, inserted_at)
       select (array['project_updated', 'members_changed', 'head_appended'])[1 + n % 3], 'project', id, id,
         '${userId}', 'm', ${moment}
       from projects, generate_series(1, ${ROWS}) n`,
    `insert into work_orders (workflow_id, state, inserted_at, last_activity)
       select ${id('a000', '1 + n % 40')}, (array['success', 'success', 'success', 'failed', 'lost'])[1 + n / 40 % 5],
         ${moment}, ${moment}
       from generate_series(1, ${2 * ROWS}) n`,
    'insert into runs (id, work_order_id, state, inserted_at) select id, id, state, inserted_at from work_orders',
    `insert into steps (id, job_id, inserted_at)
       select id, overlay(workflow_id::text placing 'a001' from 20)::uuid, inserted_at from runs`,
    'insert into run_steps (run_id, step_id) select id, id from steps',
    'vacuum analyze',
  ];
}
