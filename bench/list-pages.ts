import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { ResourcesService } from '../src/gen/lightning/projects/v1/resources_service_pb.ts';
import { RunState } from '../src/gen/lightning/projects/v1/run_history_pb.ts';
import { pageByHand } from './peers/list-pages-peer.ts';
import { startChild } from './support/child.ts';
import { openBenchDatabase } from './support/database.ts';
import { bearer, Connection, tokenEnv, unary } from './support/grpc.ts';
import { interleaved, load, median, ratio, report, rounded, undisturbed } from './support/measure.ts';
import { seedUser } from './support/seed.ts';

const ROWS = 1_000_000;
const WORKFLOWS = 20;
const PAGE = 50;
const FAR = 1000;
const ROUNDS = 9;
const SLICE_MS = 500;
const WARM_UP_MS = 1500;

type Page = (pageToken: string) => Promise<{ readonly nextPageToken: string }>;

/**
 * The first page of fifty and the thousandth of a million dataclips, of a million runs, and of the failed ones among
 * these, against the same two pages by hand. Target: the thousandth within 1.2 of the first.
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
  await compare('dataclips', (pageToken) => dataclips({ ...request, pageToken }), {
    byHand: pageByHand(client, 'dataclips', 'project_id, name, type, wiped_at, updated_at', projectId),
  });
  const columns =
    'work_order_id, snapshot_id, starting_job_id, starting_trigger_id, dataclip_id, state, priority';
  await compare('runs', (pageToken) => runs({ ...request, pageToken }), {
    byHand: pageByHand(client, 'runs', `${columns}, started_at, finished_at`, projectId),
  });
  const states = [RunState.FAILED, RunState.LOST];
  await compare('failed runs', (pageToken) => runs({ ...request, states, pageToken }), {});
}

async function compare(
  list: string,
  page: Page,
  { byHand }: { readonly byHand?: ReturnType<typeof pageByHand> },
): Promise<void> {
  let pageToken = '';
  for (let number = 1; number < FAR; number += 1) ({ nextPageToken: pageToken } = await page(pageToken));
  const [before] = (await byHand?.(undefined, PAGE * (FAR - 1)))?.slice(-1) ?? [];
  const sides = {
    first: () => page(''),
    far: () => page(pageToken),
    peerFirst: async () => await byHand?.(undefined, PAGE + 1),
    peerFar: async () => before && (await byHand?.([before.moment, before.id], PAGE + 1)),
  };
  for (const call of Object.values(sides)) await load(call, 1, WARM_UP_MS);
  const slice = (call: () => Promise<unknown>) => async () =>
    undisturbed((await load(call, 1, SLICE_MS)).latencies);
  const ms = await interleaved(ROUNDS, {
    first: slice(sides.first),
    far: slice(sides.far),
    peerFirst: slice(sides.peerFirst),
    peerFar: slice(sides.peerFar),
  });
  report('list_pages', {
    list,
    rows: ROWS,
    page_size: PAGE,
    ms_page_1: rounded(median(ms.first)),
    ms_page_1000: rounded(median(ms.far)),
    ratio: rounded(ratio(ms.far, ms.first)),
    target: 1.2,
    ...(byHand === undefined
      ? {}
      : {
          peer_ms_page_1: rounded(median(ms.peerFirst)),
          peer_ms_page_1000: rounded(median(ms.peerFar)),
          ratio_to_peer: rounded(ratio(ms.far, ms.peerFar)),
        }),
  });
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
