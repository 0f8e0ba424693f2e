import { randomUUID } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { aProject } from '../../support/projects.ts';
import { rows } from '../../support/rows.ts';
import type { TestService } from '../../support/service.ts';

/** Something with an id that was made `at` seconds after {@link start}. */
interface Made {
  readonly id: string;
  readonly at: number;
}

export interface MadeWorkOrder extends Made {
  readonly workflowId: string;
  readonly state: string;
  readonly activeAt: number;
}

export interface MadeRun extends Made {
  readonly workflowId: string;
  readonly workOrderId: string;
  readonly state: string;
}

export interface MadeStep extends Made {
  readonly jobId: string;
  readonly runIds: readonly string[];
}

/** What ran in a project. */
export interface History {
  readonly projectId: string;
  /** Of three workflows; the last one is deleted. */
  readonly workflowIds: readonly string[];
  /** Of two jobs that exist, then of two that are gone. */
  readonly jobIds: readonly string[];
  readonly workOrders: readonly MadeWorkOrder[];
  readonly runs: readonly MadeRun[];
  readonly steps: readonly MadeStep[];
}

const start = Date.UTC(2026, 2, 1);
/** As many different moments as there are, so that many rows share each. */
const MOMENTS = 12;

/** The moment as a request has it. */
export const moment = (at: number) => timestampFromDate(new Date(start + at * 1000));
/** The moment as the database reads it. */
export const text = (at: number) => new Date(start + at * 1000).toISOString();

/** Moments before, among and after those of a {@link History}. */
const anyMoment = fc.integer({ min: -1, max: MOMENTS + 1 });

/** The newest first, then by id: how lists of history are sorted. */
export function newestFirst<Row extends Made>(list: readonly Row[]): Row[] {
  return list.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
}

/** A project in which things ran, different each time; `seed` repeats one. Of each kind about a hundred rows. */
export async function aHistory(service: TestService, seed: number): Promise<History> {
  const { id: projectId } = await aProject(service);
  const workflowIds = [randomUUID(), randomUUID(), randomUUID()];
  const jobIds = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const at = fc.nat({ max: MOMENTS });
  const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number) =>
    fc.sample(arbitrary, { seed, numRuns: count });
  const of = <T>(list: readonly T[]) => fc.constantFrom(...list);

  const workOrders = sample(
    fc.record({
      id: fc.uuid(),
      at,
      activeAt: at,
      workflowId: of(workflowIds),
      state: of(['pending', 'running', 'success', 'failed', 'rejected']),
    }),
    90,
  );
  const runs = sample(
    fc.record({
      id: fc.uuid(),
      at,
      workOrder: of(workOrders),
      state: of(['available', 'started', 'success', 'failed']),
    }),
    110,
  ).map(({ workOrder, ...run }) => ({ ...run, workOrderId: workOrder.id, workflowId: workOrder.workflowId }));
  const steps = sample(
    fc.record({
      id: fc.uuid(),
      at,
      jobId: of(jobIds),
      runIds: fc.uniqueArray(of(runs.slice(0, 80).map(({ id }) => id)), { minLength: 1, maxLength: 3 }),
    }),
    100,
  );
  const history = { projectId, workflowIds, jobIds, workOrders, runs, steps };
  await write(service, history);
  return history;
}

async function write(service: TestService, history: History): Promise<void> {
  const { projectId, workflowIds, jobIds, workOrders, runs, steps } = history;
  await rows(
    service,
    `insert into workflows (id, project_id, name, deleted_at)
     select id, $1, 'Workflow ' || n, case when n = 3 then now() end
     from unnest($2::uuid[]) with ordinality as row (id, n)`,
    [projectId, workflowIds],
  );
  await rows(
    service,
    `insert into jobs (id, workflow_id, name, body, adaptor)
     select id, $1, 'Job ' || n, '', 'common' from unnest($2::uuid[]) with ordinality as row (id, n)`,
    [workflowIds[0], jobIds.slice(0, 2)],
  );
  const made = (list: readonly Made[]) =>
    JSON.stringify(list.map((row) => ({ ...row, inserted_at: text(row.at) })));
  await rows(
    service,
    `insert into work_orders (id, workflow_id, state, inserted_at, last_activity)
     select id, "workflowId", state, inserted_at, last_activity from jsonb_to_recordset($1::jsonb)
       as row (id uuid, "workflowId" uuid, state text, inserted_at timestamptz, last_activity timestamptz)`,
    [made(workOrders.map((row) => ({ ...row, last_activity: text(row.activeAt) })))],
  );
  await rows(
    service,
    `insert into runs (id, work_order_id, state, inserted_at)
     select id, "workOrderId", state, inserted_at from jsonb_to_recordset($1::jsonb)
       as row (id uuid, "workOrderId" uuid, state text, inserted_at timestamptz)`,
    [made(runs)],
  );
  await rows(
    service,
    `insert into steps (id, job_id, inserted_at)
     select id, "jobId", inserted_at from jsonb_to_recordset($1::jsonb)
       as row (id uuid, "jobId" uuid, inserted_at timestamptz)`,
    [made(steps)],
  );
  await rows(
    service,
    `insert into run_steps (run_id, step_id)
     select "runId", "stepId" from jsonb_to_recordset($1::jsonb) as row ("runId" uuid, "stepId" uuid)`,
    [JSON.stringify(steps.flatMap(({ id, runIds }) => runIds.map((runId) => ({ runId, stepId: id }))))],
  );
}

/** Bounds of a time range and a size of pages. */
export const anyRange = {
  from: fc.option(anyMoment, { nil: undefined }),
  before: fc.option(anyMoment, { nil: undefined }),
  pageSize: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(200)),
};

/** The bounds as a request has them. */
export function insertedWithin(from: number | undefined, before: number | undefined) {
  return {
    ...(from === undefined ? {} : { insertedFrom: moment(from) }),
    ...(before === undefined ? {} : { insertedBefore: moment(before) }),
  };
}

export const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id);
