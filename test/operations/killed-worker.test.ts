import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MaintenanceService } from '../../src/gen/lightning/projects/v1/maintenance_service_pb.ts';
import { OperationState } from '../../src/gen/lightning/projects/v1/operation_pb.ts';
import { OperationsService } from '../../src/gen/lightning/projects/v1/operations_service_pb.ts';
import { aSite } from '../history/support/engine.ts';
import { addHistory } from '../lifecycle/support/batches.ts';
import { jobsDone } from '../support/jobs.ts';
import { start } from '../support/processes.ts';
import { rows } from '../support/rows.ts';
import { ProjectsService, startTestService, type TestService, testSecret } from '../support/service.ts';
import { startService } from '../support/service-process.ts';

const KILLS = 8;
const WORK_ORDERS = 300;

const open = new AsyncDisposableStack();
let service: TestService;
let look: pg.Client;
beforeAll(async () => {
  service = open.use(await startTestService({ ROLES: 'rpc' }));
  look = new pg.Client(service.databaseUrl);
  await look.connect();
  open.defer(() => look.end());
});
afterAll(() => open.disposeAsync());

async function one<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row> {
  const [row] = (await look.query<Row>(text, values)).rows;
  if (row === undefined) throw new Error(`no row: ${text}`);
  return row;
}

async function aHistory(workOrders: number): Promise<string> {
  const { projectId } = await aSite(service);
  await addHistory(service, projectId, { workOrders, lines: 2 });
  return projectId;
}

/** A history half of which is old; of the steps, too, that an old run and a young one have in common. */
async function aHalfOldHistory(): Promise<string> {
  const projectId = await aHistory(WORK_ORDERS);
  await rows(
    service,
    `insert into run_steps (run_id, step_id)
     select older.id, (select step_id from run_steps where run_id = younger.id limit 1)
     from (select id, row_number() over (order by id) from runs where project_id = $1) older
     join (select id, row_number() over (order by id) from runs where project_id = $1) younger
       on younger.row_number = older.row_number + 1
     where older.row_number % 2 = 0`,
    [projectId],
  );
  await rows(
    service,
    `with old as (
       select work_order_id, dataclip_id from (
         select *, row_number() over (order by id) % 2 as is_young from runs where project_id = $1
       ) run where is_young = 0
     ), clips as (
       update dataclips set inserted_at = '2025-01-01' where id in (select dataclip_id from old)
     )
     update work_orders set last_activity = '2025-01-01' where id in (select work_order_id from old)`,
    [projectId],
  );
  await rows(service, 'update projects set history_retention_period = 7 where id = $1', [projectId]);
  return projectId;
}

/** The tables of which operations count rows; $1 is the project. */
const COUNTED = [
  'from log_lines join runs on runs.id = run_id where project_id = $1',
  'from run_steps join runs on runs.id = run_id where project_id = $1',
  'from steps where project_id = $1',
  'from runs where project_id = $1',
  'from work_orders where project_id = $1',
  'from dataclips where project_id = $1',
  'from workflow_snapshots join workflows on workflows.id = workflow_id where project_id = $1',
  'from triggers join workflows on workflows.id = workflow_id where project_id = $1',
  'from jobs join workflows on workflows.id = workflow_id where project_id = $1',
  'from workflows where project_id = $1',
  'from projects where id = $1',
];

/** How many rows a project has and how many an operation has done, in one look. */
async function leftAndDone(projectId: string, operationId: string): Promise<{ left: number; done: number }> {
  const counts = COUNTED.map((from) => `(select count(*) ${from})`).join(' + ');
  return await one(
    `select (${counts})::int as left, (select done_units::int from operations where id = $2) as done`,
    [projectId, operationId],
  );
}

/** All that belongs to the history of work orders of a project that are young, as one word. */
async function young(projectId: string): Promise<string> {
  const run = `select runs.* from runs join work_orders w on w.id = work_order_id
               where w.project_id = $1 and w.last_activity > '2025-06-01'`;
  const { word } = await one<{ word: string }>(
    `with run as materialized (${run}), part as (
       select to_jsonb(run) as it from run
       union all select to_jsonb(w) from work_orders w where id in (select work_order_id from run)
       union all select to_jsonb(l) from log_lines l where run_id in (select id from run)
       union all select to_jsonb(p) from run_steps p where run_id in (select id from run)
       union all select to_jsonb(s) from steps s
         where id in (select step_id from run_steps where run_id in (select id from run))
       union all select to_jsonb(d) from dataclips d where id in (select dataclip_id from run)
     ) select count(*) || ' ' || md5(string_agg(it::text, ' ' order by it::text)) as word from part`,
    [projectId],
  );
  return word;
}

/** Steps of projects that no run has. */
async function strayed(projectIds: readonly string[]): Promise<number> {
  const { count } = await one<{ count: number }>(
    `select count(*)::int from steps where project_id = any($1)
     and not exists (select from run_steps where step_id = steps.id)`,
    [projectIds],
  );
  return count;
}

/** How many rows the audit trail says that retention deleted. */
async function told(projectId: string): Promise<number> {
  const { sum } = await one<{ sum: number }>(
    `select coalesce(sum(value::int), 0)::int as sum from audit_events, jsonb_each_text(changes)
     where project_id = $1 and kind = 'history_deleted'`,
    [projectId],
  );
  return sum;
}

/** Works until so many rows more are done, and is killed in the midst of whatever comes then. */
async function liveFor(moreRows: number): Promise<void> {
  const done = async () =>
    (await one<{ done: number }>('select sum(done_units)::int as done from operations', [])).done;
  const enough = (await done()) + moreRows;
  await using worker = start(process.execPath, ['test/operations/batch-worker.ts', service.databaseUrl]);
  while ((await done()) < enough) {
    const over = await Promise.race([worker.ended, undefined]);
    if (over !== undefined) throw new Error(`the worker ended: ${over.stderr}`);
    await pause(2);
  }
  worker.kill('SIGKILL');
  await worker.ended;
  // What it had begun to commit is decided once its connections are gone.
  const connections = `select from pg_stat_activity
                       where datname = current_database() and application_name = 'batch worker'`;
  while ((await look.query(connections)).rows.length > 0) await pause(2);
}

it(`Workers killed at ${KILLS} random moments leave no row without what it needs, and the work is done in the end`, async () => {
  const lives = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: KILLS, maxLength: KILLS });
  const property = fc.asyncProperty(lives, async (rowsOfLives) => {
    const [doomed, halfOld, neighbour] = [
      await aHistory(WORK_ORDERS),
      await aHalfOldHistory(),
      await aHistory(20),
    ];
    const kept = { halfOld: await young(halfOld), neighbour: await young(neighbour) };
    const deletion = await service.client(ProjectsService, service.admin).deleteProjectAsync({ id: doomed });
    const retention = await service
      .client(MaintenanceService, service.admin)
      .enforceRetention({ projectId: halfOld });
    const [deletionId, retentionId] = [deletion.operation?.id ?? '', retention.operations[0]?.id ?? ''];
    const total = {
      doomed: (await leftAndDone(doomed, deletionId)).left,
      halfOld: (await leftAndDone(halfOld, retentionId)).left,
    };

    for (const moreRows of rowsOfLives) {
      await liveFor(moreRows);
      const deleted = await leftAndDone(doomed, deletionId);
      const cleared = await leftAndDone(halfOld, retentionId);
      expect(deleted.left + deleted.done).toBe(total.doomed);
      expect(cleared.left + cleared.done).toBe(total.halfOld);
      expect(await told(halfOld)).toBe(cleared.done);
      expect(await strayed([doomed, halfOld, neighbour])).toBe(0);
      expect({ halfOld: await young(halfOld), neighbour: await young(neighbour) }).toEqual(kept);
    }

    // The last one to come is the service itself.
    await using _service = await startService({
      ROLES: 'worker',
      DATABASE_URL: service.databaseUrl,
      AUTH_JWT_SECRET: testSecret,
    });
    await jobsDone(service);
    const operations = service.client(OperationsService, service.admin);
    for (const [id, done] of [
      [deletionId, total.doomed],
      [retentionId, (await leftAndDone(halfOld, retentionId)).done],
    ] as const) {
      const { operation } = await operations.getOperation({ id });
      expect(operation).toMatchObject({ state: OperationState.SUCCEEDED, done: BigInt(done), attempt: 1 });
    }
    expect((await leftAndDone(doomed, deletionId)).left).toBe(0);
    const { old } = await one<{ old: number }>(
      `select count(*)::int as old from work_orders where project_id = $1 and last_activity < '2025-06-01'`,
      [halfOld],
    );
    expect(old).toBe(0);
    expect({ halfOld: await young(halfOld), neighbour: await young(neighbour) }).toEqual(kept);
  });
  // A failure prints the numbers. Others that fail as well would say no more.
  await fc.assert(property, { numRuns: 1, endOnFailure: true });
}, 300_000);
