import { aParent, type Parent } from '../../sandboxes/support/parent.ts';
import { rows } from '../../support/rows.ts';
import { ProjectsService, type TestService } from '../../support/service.ts';

export interface FullProject extends Parent {
  readonly sandboxId: string;
}

/** A project with rows in every table that anything of a project is in, and a sandbox provisioned from it. */
export async function aFullProject(service: TestService): Promise<FullProject> {
  const parent = await aParent(service);
  for (const text of more) await rows(service, text, [parent.id]);
  const { project } = await service
    .client(ProjectsService, parent.owner.token)
    .provisionSandbox({ parentId: parent.id, name: 'a-sandbox' });
  if (project === undefined) throw new Error('ProvisionSandbox answered without a project');
  await rows(service, mergeBase, [parent.id, project.id]);
  await rows(service, loss, [parent.id]);
  return { ...parent, sandboxId: project.id };
}

/** $1 is the project, $2 the sandbox. */
const mergeBase = `
  insert into merge_bases (one_id, one_lock_version, other_id, other_lock_version, updated_at)
  select least(ours.id, theirs.id), 1, greatest(ours.id, theirs.id), 1, now()
  from workflows ours, workflows theirs where ours.project_id = $1 and theirs.project_id = $2`;

/** $1 is the project. */
const loss = `
  insert into workflow_losses (workflow_id, lock_version, inserted_at)
  select id, 1, now() from workflows where project_id = $1`;

/** $1 is the project. A step that two runs need, one that none has, logs of both runs. */
const more = [
  `insert into invitations (project_id, email, role, expires_at) values ($1, 'guest@example.org', 'viewer', now())`,
  `insert into runs (work_order_id, snapshot_id, dataclip_id)
   select w.id, w.snapshot_id, (select id from dataclips where project_id = $1 and name = 'hook')
   from work_orders w where project_id = $1`,
  `with job as (
     select jobs.id from jobs join workflows w on w.id = workflow_id where project_id = $1 and jobs.name = 'first'
   ), step as (
     insert into steps (job_id, input_dataclip_id, output_dataclip_id)
     select job.id, (select id from dataclips where project_id = $1 and name = 'hook'),
            (select id from dataclips where project_id = $1 and name = 'result')
     from job, generate_series(1, 3) returning id
   )
   insert into run_steps (run_id, step_id)
   select runs.id, chosen.id from runs, (select id from step limit 2) chosen where project_id = $1`,
  `insert into steps (job_id, input_dataclip_id)
   select gen_random_uuid(), id from dataclips where project_id = $1 and name = 'hook'`,
  `insert into log_lines (run_id, step_id, timestamp, message)
   select run_id, step_id, now(), 'a line' from run_steps join runs on runs.id = run_id
   cross join generate_series(1, 5) where project_id = $1`,
];

/** Rows of every table but what the service writes down for itself, each as JSON, by table. */
export async function everything(
  service: Pick<TestService, 'databaseUrl'>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const own = ['events', 'audit_events', 'operations', 'idempotency_keys', 'projects_service_migrations'];
  const tables = await rows<{ name: string }>(
    service,
    `select tablename as name from pg_tables where schemaname = 'public' and tablename <> all($1) order by 1`,
    [own],
  );
  const found = tables.map(async ({ name }) => {
    const all = await rows<{ row: string }>(
      service,
      `select to_jsonb(t)::text as row from "${name}" t order by 1`,
    );
    return [name, all.map(({ row }) => row)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}
