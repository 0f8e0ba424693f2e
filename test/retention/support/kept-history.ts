import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { execute } from '../../support/database.ts';

/** Days on both sides of every period that is tested, and far from it. */
const age = fc.constantFrom(0, 6.9, 7.1, 29.9, 30.1, 89.9, 90.1, 400);
/** A place in a list that may be too short for it, which stands for none. */
const maybe = fc.nat({ max: 8 });

/** What ran in a project, by places in these lists. Ages are days. */
export interface KeptHistory {
  /** The lock_versions of which there are snapshots, for each of the workflows; each is at lock_version 3. */
  readonly snapshots: readonly { readonly workflow: number; readonly lockVersion: number }[];
  readonly dataclips: readonly {
    readonly age: number;
    readonly isNamed: boolean;
    readonly isWiped: boolean;
  }[];
  readonly workOrders: readonly {
    readonly workflow: number;
    readonly age: number;
    readonly dataclip: number;
    readonly snapshot: number;
  }[];
  readonly runs: readonly {
    readonly workOrder: number;
    readonly dataclip: number;
    readonly snapshot: number;
    readonly logLines: number;
  }[];
  readonly steps: readonly {
    readonly age: number;
    readonly runs: readonly number[];
    readonly input: number;
    readonly output: number;
    readonly snapshot: number;
  }[];
  readonly files: readonly { readonly age: number }[];
}

export const anyHistory: fc.Arbitrary<KeptHistory> = fc.record({
  snapshots: fc.uniqueArray(
    fc.record({ workflow: fc.nat({ max: 1 }), lockVersion: fc.integer({ min: 1, max: 3 }) }),
    {
      selector: ({ workflow, lockVersion }) => 3 * workflow + lockVersion,
    },
  ),
  dataclips: fc.array(fc.record({ age, isNamed: fc.boolean(), isWiped: fc.boolean() }), { maxLength: 8 }),
  workOrders: fc.array(fc.record({ workflow: fc.nat({ max: 1 }), age, dataclip: maybe, snapshot: maybe }), {
    minLength: 1,
    maxLength: 6,
  }),
  runs: fc.array(
    fc.record({
      workOrder: fc.nat({ max: 5 }),
      dataclip: maybe,
      snapshot: maybe,
      logLines: fc.nat({ max: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  steps: fc.array(
    fc.record({
      age,
      runs: fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 3 }),
      input: maybe,
      output: maybe,
      snapshot: maybe,
    }),
    { maxLength: 8 },
  ),
  files: fc.array(fc.record({ age }), { maxLength: 4 }),
});

/** A history with each place resolved: none where the list was too short, the nearest where there must be one. */
export function resolved(history: KeptHistory): KeptHistory {
  const { workOrders, runs, steps } = history;
  return {
    ...history,
    runs: runs.map((run) => ({ ...run, workOrder: run.workOrder % workOrders.length })),
    steps: steps.map((step) => ({ ...step, runs: [...new Set(step.runs.map((run) => run % runs.length))] })),
  };
}

/** What is there, in the same places; null where a row is gone. */
export interface Rest {
  readonly snapshots: readonly (true | null)[];
  readonly dataclips: readonly ('whole' | 'wiped' | null)[];
  readonly workOrders: readonly (true | null)[];
  readonly runs: readonly (number | null)[];
  readonly steps: readonly (readonly number[] | null)[];
  readonly files: readonly (true | null)[];
}

export interface Periods {
  readonly history: number | null;
  readonly dataclips: number | null;
}

type Ids = { readonly [List in keyof KeptHistory]: readonly string[] };

/** A project with the history, whose ages are those at the moment of writing. */
export async function writeHistory(url: string, periods: Periods, history: KeptHistory) {
  const projectId = randomUUID();
  const workflows = [randomUUID(), randomUUID()];
  const lists = ['snapshots', 'dataclips', 'workOrders', 'runs', 'steps', 'files'] as const;
  const [snapshots = [], dataclips = [], workOrders = [], runs = [], steps = [], files = []] = lists.map(
    (list) => history[list].map(() => randomUUID()),
  );
  const ids: Ids = { snapshots, dataclips, workOrders, runs, steps, files };
  const at = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const project_id = projectId;
  const rowsOf = {
    projects: [
      {
        id: projectId,
        name: 'kept',
        history_retention_period: periods.history,
        dataclip_retention_period: periods.dataclips,
      },
    ],
    workflows: workflows.map((id, index) => ({ id, project_id, name: `w${index}`, lock_version: 3 })),
    workflow_snapshots: history.snapshots.map(({ workflow, lockVersion }, index) => ({
      id: snapshots[index],
      workflow_id: workflows[workflow],
      lock_version: lockVersion,
      name: 'w',
    })),
    dataclips: history.dataclips.map(({ age: days, isNamed, isWiped }, index) => ({
      id: dataclips[index],
      project_id,
      type: 'http_request',
      name: isNamed ? 'named' : null,
      body: isWiped ? null : { some: 'body' },
      request: isWiped ? null : { some: 'request' },
      wiped_at: isWiped ? at(days) : null,
      inserted_at: at(days),
    })),
    work_orders: history.workOrders.map(({ workflow, age: days, dataclip, snapshot }, index) => ({
      id: workOrders[index],
      project_id,
      workflow_id: workflows[workflow],
      dataclip_id: dataclips[dataclip] ?? null,
      snapshot_id: snapshots[snapshot] ?? null,
      last_activity: at(days),
      inserted_at: at(500),
    })),
    runs: history.runs.map(({ workOrder, dataclip, snapshot }, index) => ({
      id: runs[index],
      work_order_id: workOrders[workOrder],
      dataclip_id: dataclips[dataclip] ?? null,
      snapshot_id: snapshots[snapshot] ?? null,
      inserted_at: at(500),
    })),
    steps: history.steps.map(({ age: days, input, output, snapshot }, index) => ({
      id: steps[index],
      project_id,
      job_id: randomUUID(),
      input_dataclip_id: dataclips[input] ?? null,
      output_dataclip_id: dataclips[output] ?? null,
      snapshot_id: snapshots[snapshot] ?? null,
      inserted_at: at(days),
    })),
    run_steps: history.steps.flatMap((step, index) =>
      step.runs.map((run) => ({ run_id: runs[run], step_id: steps[index] })),
    ),
    log_lines: history.runs.flatMap(({ logLines }, run) =>
      Array.from({ length: logLines }, (_, line) => ({
        run_id: runs[run],
        // One of the run's own steps, or none.
        step_id: steps[history.steps.findIndex((step) => line > 0 && step.runs.includes(run))] ?? null,
        timestamp: at(500),
        message: 'line',
      })),
    ),
    project_files: history.files.map(({ age: days }, index) => ({
      id: files[index],
      project_id,
      type: 'archive',
      path: index === 0 ? null : `${files[index]}.zip`,
      inserted_at: at(days),
    })),
  };
  await execute(url, ...Object.entries(rowsOf).flatMap(([table, rows]) => insertion(table, rows)));
  return { projectId, rest: () => restOf(url, projectId, ids) };
}

function insertion(table: string, rows: readonly object[]): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const columns = Object.keys(first).join(', ');
  const json = JSON.stringify(rows);
  return [
    `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, '${json}')`,
  ];
}

async function restOf(url: string, projectId: string, ids: Ids): Promise<Rest> {
  const found = async (sql: string) => {
    const rows = await execute(url, sql);
    return new Map(rows.map(({ id, what }) => [String(id), what]));
  };
  const of = `where project_id = '${projectId}'`;
  const [snapshots, dataclips, workOrders, runs, steps, files] = await Promise.all([
    found(
      `select s.id, true as what from workflow_snapshots s join workflows on workflows.id = workflow_id ${of}`,
    ),
    found(`select id, case when body is null and request is null and wiped_at is not null then 'wiped'
             when body is not null and request is not null and wiped_at is null then 'whole' end as what
           from dataclips ${of}`),
    found(`select id, true as what from work_orders ${of}`),
    found(`select id, (select count(*)::int from log_lines where run_id = runs.id) as what from runs ${of}`),
    found(`select id, array(select run_id from run_steps where step_id = steps.id) as what from steps ${of}`),
    found(`select id, true as what from project_files ${of}`),
  ]);
  const places = <T>(list: readonly string[], rows: ReadonlyMap<string, unknown>) =>
    // Each query says what it gives.
    list.map((id) => (rows.get(id) ?? null) as T | null);
  return {
    snapshots: places<true>(ids.snapshots, snapshots),
    dataclips: places<'whole' | 'wiped'>(ids.dataclips, dataclips),
    workOrders: places<true>(ids.workOrders, workOrders),
    runs: places<number>(ids.runs, runs),
    steps: places<readonly string[]>(ids.steps, steps).map((linked) =>
      linked === null ? null : linked.map((run) => ids.runs.indexOf(run)).toSorted((a, b) => a - b),
    ),
    files: places<true>(ids.files, files),
  };
}
