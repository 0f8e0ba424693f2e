import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { ResourcesService } from '../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { RunState } from '../src/gen/lightning/projects/v1/run_history_pb.ts';
import { pageByHand } from './peers/list-pages-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { atMost, median, ratio, report, undisturbedRounds } from './support/measure.ts';
import { seedUser } from './support/seed.ts';

const ROWS = 1_000_000;
const WORKFLOWS = 20;
const PAGE = 50;
const FAR = 1000;
const ROUNDS = 9;
const SLICE_MS = 400;
const WARM_UP_MS = 1000;

/** What a page by hand shows besides id and moment: as much as the service does. */
const DATACLIP = 'project_id, name, type, wiped_at, updated_at';
const RUN =
  'work_order_id, snapshot_id, starting_job_id, starting_trigger_id, dataclip_id, state, priority, started_at, finished_at';

/**
 * The first page of fifty and the thousandth of a million dataclips, of a million runs, and of the failed ones among
 * these, against the first two by hand. Target: the thousandth page within 1.2 of the first.
 */
export async function listPagesFigure(): Promise<void> {
  await using database = await openBenchDatabase();
  const { client } = database;
  const user = await seedUser(client);
  const projectId = await seedHistory(client, user);
  await using service = await startChild(new URL('./support/service-process.ts', import.meta.url), {
    DATABASE_URL: database.url,
    ...tokenEnv,
  });
  using connection = new Connection(service.ready.grpc ?? '');
  const metadata = await bearer(user);
  const { listDataclips, listRuns } = ResourcesService.method;
  const [dataclips, runs] = [
    unary(connection, listDataclips, metadata),
    unary(connection, listRuns, metadata),
  ];
  const request = { projectId, pageSize: PAGE };
  const states = [RunState.FAILED, RunState.LOST];

  const pages = {
    dataclips: await twoPages((pageToken) => dataclips({ ...request, pageToken })),
    runs: await twoPages((pageToken) => runs({ ...request, pageToken })),
    'failed runs': await twoPages((pageToken) => runs({ ...request, states, pageToken })),
    'dataclips by hand': await twoPagesByHand(pageByHand(client, 'dataclips', DATACLIP, projectId)),
    'runs by hand': await twoPagesByHand(pageByHand(client, 'runs', RUN, projectId)),
  };
  for (const [list, [first, far]] of Object.entries(pages)) {
    const ms = await undisturbedRounds(
      { first, far },
      { rounds: ROUNDS, sliceMs: SLICE_MS, warmUpMs: WARM_UP_MS },
    );
    const values = {
      list,
      rows: ROWS,
      page_size: PAGE,
      ms_page_1: median(ms.first),
      ms_page_1000: median(ms.far),
    };
    report('list_pages', values, atMost(`times page 1, ${list}`, ratio(ms.far, ms.first), 1.2));
  }
}

/** What reads the first page, and what reads the thousandth. */
type TwoPages = readonly [first: () => Promise<unknown>, far: () => Promise<unknown>];

async function twoPages(
  page: (pageToken: string) => Promise<{ readonly nextPageToken: string }>,
): Promise<TwoPages> {
  let pageToken = '';
  for (let number = 1; number < FAR; number += 1) ({ nextPageToken: pageToken } = await page(pageToken));
  return [() => page(''), () => page(pageToken)];
}

async function twoPagesByHand(page: ReturnType<typeof pageByHand>): Promise<TwoPages> {
  const last = (await page(undefined, PAGE * (FAR - 1))).at(-1);
  if (last === undefined) throw new Error('there are no rows');
  return [() => page(undefined, PAGE), () => page([last.moment, last.id], PAGE)];
}

/** A project with a million dataclips and a million runs, one a second, one of ten failed; a tenth as much of another's. */
async function seedHistory(client: Client, ownerId: string): Promise<string> {
  const id = randomUUID();
  const at = `'2026-01-01'::timestamptz + n * interval '1 second'`;
  await client.query(`
    begin;
    -- Foreign keys need not be checked row by row of what is made up here.
    set local session_replication_role = replica;
    set local maintenance_work_mem = '256MB';
    insert into projects (id, name, env) values ('${id}', 'bench', 'main'), ('${randomUUID()}', 'other', 'main');
    insert into project_users (project_id, user_id, role) select id, '${ownerId}', 'owner' from projects;
    insert into workflows (project_id, name)
      select id, 'Workflow ' || n from projects, generate_series(1, ${WORKFLOWS}) n;
    create temporary table seed_workflow on commit drop as
      select project_id, array_agg(id) as ids from workflows group by project_id;
    insert into dataclips (id, project_id, type, inserted_at)
      select uuid_v7(${at}, n), case when n % 10 = 0 then other.id else '${id}' end,
             (array['step_result', 'http_request'])[1 + n % 2], ${at}
      from generate_series(1, ${ROWS} * 10 / 9) n, (select id from projects where id <> '${id}') other;
    insert into work_orders (id, project_id, workflow_id, inserted_at, last_activity)
      select uuid_v7(${at}, n), w.project_id, w.ids[1 + n % ${WORKFLOWS}], ${at}, ${at}
      from generate_series(1, ${ROWS}, 10) n join seed_workflow w on w.project_id = '${id}' or n % 100 = 1;
    insert into runs (id, work_order_id, project_id, workflow_id, state, inserted_at)
      select uuid_v7(at, n), o.id, o.project_id, o.workflow_id,
             case when n = 3 then 'failed' else 'success' end, at
      from work_orders o, generate_series(0, 9) n, lateral (select o.inserted_at + n * interval '1 second' as at) t;
    commit`);
  await client.query('vacuum analyze');
  return id;
}
