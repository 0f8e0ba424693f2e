import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/** How much history a made-up project has: as many runs, steps and links as work orders. */
export interface HistorySize {
  readonly workOrders: number;
  readonly logLines: number;
  /** Those in use by the work orders, too. */
  readonly dataclips: number;
  /** Days ago that the oldest row was made; the youngest was made now. */
  readonly days: number;
}

/** A project with a workflow of one job and its history, spread evenly over the days. Set-wise; analyze afterwards. */
export async function seedHistory(client: Client, ownerId: string, size: HistorySize): Promise<string> {
  const id = randomUUID();
  const { workOrders, logLines, dataclips, days } = size;
  const at = (count: number) => `now() - interval '${days} days' * (1 - n::float8 / ${count})`;
  await client.query(`
    begin;
    -- Foreign keys need not be checked row by row of what is made up here.
    set local session_replication_role = replica;
    insert into projects (id, name, env) values ('${id}', 'bench-${id.slice(0, 8)}', 'main');
    insert into project_users (project_id, user_id, role) values ('${id}', '${ownerId}', 'owner');
    create temporary table seed_workflow on commit drop as select uuid_v7() as id, uuid_v7() as job_id;
    insert into workflows (id, project_id, name) select id, '${id}', 'Workflow' from seed_workflow;
    insert into jobs (id, workflow_id, name, adaptor, body) select job_id, id, 'Job', 'x', '' from seed_workflow;
    create temporary table seed_dataclip on commit drop as
      select n, uuid_v7(${at(dataclips)}, n) as id, ${at(dataclips)} as moment from generate_series(1, ${dataclips}) n;
    insert into dataclips (id, project_id, type, body, inserted_at)
      select id, '${id}', 'step_result', '{"data": {"count": 1}}', moment from seed_dataclip;
    create temporary table seed_run on commit drop as
      select n, uuid_v7() as work_order_id, uuid_v7() as id, uuid_v7() as step_id, ${at(workOrders)} as moment
      from generate_series(1, ${workOrders}) n;
    insert into work_orders (id, project_id, workflow_id, dataclip_id, state, last_activity, inserted_at)
      select r.work_order_id, '${id}', w.id, d.id, 'success', r.moment, r.moment
      from seed_run r join seed_dataclip d using (n), seed_workflow w;
    insert into runs (id, work_order_id, project_id, workflow_id, dataclip_id, state, inserted_at)
      select r.id, r.work_order_id, '${id}', w.id, d.id, 'success', r.moment
      from seed_run r join seed_dataclip d using (n), seed_workflow w;
    insert into steps (id, project_id, job_id, input_dataclip_id, inserted_at)
      select r.step_id, '${id}', w.job_id, d.id, r.moment from seed_run r join seed_dataclip d using (n), seed_workflow w;
    insert into run_steps (run_id, step_id) select id, step_id from seed_run;
    insert into log_lines (run_id, step_id, timestamp, message)
      select r.id, r.step_id, r.moment, 'a line of the log, as long as lines are' || n.n
      from seed_run r, generate_series(1, ${Math.round(logLines / Math.max(1, workOrders))}) n;
    commit`);
  return id;
}
